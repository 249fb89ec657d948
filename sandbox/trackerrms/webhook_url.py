"""The one rule for where a sandbox's webhooks may go: plain http to this machine itself."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from engine.errors import InputError


def check_loopback(url: str) -> str:
    """``url`` if it is http to loopback. Raises InputError otherwise."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local or parts.scheme != "http":
        raise InputError("A sandbox sends webhooks to loopback only", hint="Such as http://127.0.0.1:8000/hooks/acme")
    return url
