"""Where requests may go: an address in, its checked parts out, or Refused before anything is sent.

Three rules. An address is https on port 443, with a host name, without userinfo (``parts``). A link stays on the
origin it was given for (``within``). A host's addresses must all be public (``public_addresses``): the name is
resolved once, and what was checked is what is connected to.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote, urljoin

from engine.errors import Refused, Transient

Resolver = Callable[[str, int], list[str]]
"""A host name and port in, its addresses as text out. Raises OSError."""

_URL = re.compile(r"https://([a-z0-9_][a-z0-9_.-]{0,252})(?::443)?([/?][!-~]*)?", re.ASCII | re.IGNORECASE)
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
_DOT_SEGMENT = re.compile(r"/(?:\.|%2e){1,2}(?=[/?]|$)", re.IGNORECASE)
_LONGEST_URL = 16_000

# Address families that carry another address inside, or that is_global says True of on some Python versions.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::ffff:0:0/96", "::/96"),
        *("fec0::/10", "5f00::/16", "192.88.99.0/24"),
    )
)


class Parts(NamedTuple):
    """An address's parts: ``origin`` (``https://host``, lower case) and ``target`` (path and query)."""

    origin: str
    host: str
    target: str


def not_sent(message: str, operation: str = "") -> Refused:
    """A refusal of our own, before anything left."""
    error = Refused("invalid", message, operation=operation)
    error.stage = "before"
    return error


def parts(url: str) -> Parts:
    """The parts of an https address. Raises Refused, saying what is wrong without repeating the address."""
    found = _URL.fullmatch(url) if len(url) <= _LONGEST_URL else None
    if found is None:
        raise not_sent(_problem(url))
    host, target = found[1].lower().removesuffix("."), found[2] or "/"
    if _NUMERIC_LABEL.fullmatch(host.rpartition(".")[2]):
        raise not_sent("the address must have a host name, not a number")
    if "\\" in target or "#" in target or _DOT_SEGMENT.search(target.partition("?")[0]):
        raise not_sent("the address's path has a character or a `..` that is not allowed")
    return Parts(f"https://{host}", host, target if target[0] == "/" else f"/{target}")


def _problem(url: str) -> str:
    if len(url) > _LONGEST_URL:
        return f"the address is longer than {_LONGEST_URL:,} characters"
    if not url.lower().startswith("https://"):
        return "the address must begin with https://"
    authority = re.split(r"[/?#\\]", url[len("https://") :], maxsplit=1)[0]
    if "@" in authority:
        return "the address must not hold a user name or password"
    if authority.startswith("["):
        return "the address must have a host name, not a number"
    if re.search(r":[0-9]*$", authority):
        return "the address must not name a port other than 443"
    return "the address has a host or a character that is not allowed"


def within(link: str, current_url: str) -> str:
    """``link``, taken relative to ``current_url``, as an address of the same origin. Raises Refused."""
    if re.search(r"[\\\s\x00-\x1f\x7f]", link) or link.startswith("///"):
        raise not_sent("the link has a form or a character that may lead off the ATS's own origin")
    own = parts(current_url)
    try:
        there = parts(quote(urljoin(current_url, link), safe="%/:=&?~#+!$,;'@()*[]").partition("#")[0])
    except (Refused, ValueError):
        raise not_sent("the link leaves the ATS's own origin, or is no https address") from None
    if there.origin != own.origin:
        raise not_sent("the link leaves the ATS's own origin")
    return own.origin + there.target


def is_public(address: str) -> bool:
    """Whether ``address`` (IPv4 or IPv6 text) is one that the public internet routes to a single machine."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if not ip.is_global or ip.is_multicast or ip.is_reserved:
        return False
    return not any(ip.version == network.version and ip in network for network in _NOT_PUBLIC)


def public_addresses(host: str, port: int, resolver: Resolver, timeout_s: float) -> list[str]:
    """The addresses of ``host``, each public. Raises Refused when any is not, Transient when none is found."""
    addresses = resolved(host, port, resolver, timeout_s)
    if not all(map(is_public, addresses)):
        raise not_sent(f"{host} leads to an address that is not public; nothing was sent")
    return addresses


def resolved(host: str, port: int, resolver: Resolver, timeout_s: float) -> list[str]:
    """The addresses of ``host`` within ``timeout_s``. Raises Transient."""
    found: list[list[str]] = []

    def look_up() -> None:
        try:
            found.append(resolver(host, port))
        except (OSError, UnicodeError):
            found.append([])

    # The system's resolver has no deadline of its own, so it is waited for from outside.
    looking = threading.Thread(target=look_up, daemon=True, name="resolve")
    looking.start()
    looking.join(max(0.0, timeout_s))
    if not found or not found[0]:
        raise unreachable(f"the name {host} could not be resolved")
    return found[0]


def unreachable(message: str) -> Transient:
    """Nothing left, and the next try may succeed."""
    error = Transient(message)
    error.stage = "before"
    return error


def system_resolver(host: str, port: int) -> list[str]:
    """The machine's own resolver."""
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))
