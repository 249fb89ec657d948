"""Which hosts are served: a request that names another one is turned away before anything reads it.

A page elsewhere that had its name point here, or a proxy that passes on what it is given, gets nothing. Only the
``Host`` header counts; what a client says was forwarded is never believed.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

from engine.web.answers import RawHeaders


class Hosts:
    """Addresses by number, this machine's own name, and ``names`` (of hosts, or whole addresses of the web)."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        known = {"localhost", *(_bare(name) for name in names)}
        self._known = frozenset(known)
        self._is_served = lru_cache(maxsize=64)(self._look)

    def serve(self, headers: RawHeaders) -> bool:
        """Whether the one host that a request names is served here."""
        named = [value for name, value in headers if name == b"host"]
        return len(named) == 1 and self._is_served(named[0])

    def _look(self, raw: bytes) -> bool:
        try:
            host = urlsplit(f"//{raw.decode('ascii')}").hostname or ""
        except ValueError:
            return False
        if set(raw) & set(b"/\\@?# \t") or not host:
            return False
        return host.rstrip(".") in self._known or _is_number(host)


def _bare(name: str) -> str:
    """The host of an address such as ``https://x.example``, or of a name, in lower case."""
    return (urlsplit(name if "://" in name else f"//{name}").hostname or "").lower()


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
