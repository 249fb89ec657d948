"""Host names and the patterns that cover them: ``*.example.com`` stands for every host below example.com."""

from __future__ import annotations

import re
from collections.abc import Iterable

_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")


def host_allowed(host: str, patterns: Iterable[str]) -> bool:
    """Whether ``host`` is a plain host name that one of ``patterns`` (* stands for one or more labels) covers."""
    if not _HOST.fullmatch(host):
        return False
    as_regex = (re.escape(pattern).replace(r"\*", r"[a-z0-9-]+(\.[a-z0-9-]+)*") for pattern in patterns)
    return any(re.fullmatch(regex, host) for regex in as_regex)
