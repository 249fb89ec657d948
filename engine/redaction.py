"""Keeping secrets and people out of what is shown or logged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

MASK = "•••"
_SECRET_NAME = re.compile(
    r"token|secret|authorization|password|api[-_]?key|credential|cookie|signature|^sig$", re.IGNORECASE
)


class Secret(str):
    """A secret's value: usable as text where it is needed, shown as a mask by ``repr``."""

    __slots__ = ()

    def __repr__(self) -> str:
        return MASK


def masked(text: str, secrets: Iterable[str]) -> str:
    """``text`` with each of ``secrets`` replaced by a mask; those under 4 characters are left, they match noise."""
    for secret in sorted((secret for secret in secrets if len(secret) >= 4), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def masked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """``headers`` with the value of each that carries a credential by its name replaced by a mask."""
    return {name: MASK if _SECRET_NAME.search(name) else value for name, value in headers.items()}


def without_password(url: str) -> str:
    """``url`` with its password masked; one that cannot be read is shown by its scheme only."""
    scheme, separator, _ = url.partition("://")
    if not separator:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return f"{scheme}://{MASK}"
    sign_in, at, host = parts.netloc.rpartition("@")
    user, colon, _ = sign_in.partition(":")
    query = "&".join(_shown_option(option) for option in parts.query.split("&")) if parts.query else ""
    return f"{scheme}://{user}{f':{MASK}' if colon else ''}{at}{host}{parts.path}{f'?{query}' if query else ''}"


def _shown_option(option: str) -> str:
    name, equals, _ = option.partition("=")
    return f"{name}={MASK}" if equals and "password" in name.casefold() else option
