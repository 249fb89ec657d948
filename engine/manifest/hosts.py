"""Host names and the patterns that cover them: ``*.example.com`` stands for every host below example.com."""

from __future__ import annotations

import re
from collections.abc import Iterable

_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")


def host_allowed(host: str, patterns: Iterable[str]) -> bool:
    """Whether ``host`` is a plain host name that one of ``patterns`` covers."""
    if not _HOST.fullmatch(host):
        return False
    return any(host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern for pattern in patterns)
