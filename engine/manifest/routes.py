"""The operator's file of routes in, the routes that outgoing events take out; what is wrong with it has a position.

Secrets stand in it as references only, and are followed when a route is opened. An address is https; http is for
this machine only.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath

from engine.errors import SettingMissing, SpecError
from engine.manifest.build.node import Node, Report
from engine.manifest.findings import did_you_mean
from engine.manifest.overlay.settings import followed, is_reference
from engine.manifest.schema.files import schema
from engine.manifest.schema.shape import check
from engine.manifest.yaml.source import Source, read
from engine.redaction import Secret

_TIMEOUT = "20s"
_PUBLIC = re.compile(r"https://([a-z0-9_][a-z0-9_.-]{0,252})(:443)?(/[!-~]*)?", re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)\.?", re.IGNORECASE | re.ASCII)
_PRIVATE = re.compile(r"https://([a-z0-9_.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?(/[!-~]*)?", re.IGNORECASE | re.ASCII)
_LOOPBACK = re.compile(r"https?://(127\.0\.0\.1|localhost|\[::1\]):[0-9]{1,5}(/[!-~]*)?", re.ASCII)
_PREFIX = "whsec_"
_KEY_HINT = "it is whsec_ and 24 to 64 bytes in base64: echo whsec_$(head -c 32 /dev/urandom | base64) makes one"
_SHORTEST_KEY, _LONGEST_KEY = 24, 64


@dataclass(frozen=True, slots=True)
class OutgoingRoute:
    """One route. ``references`` lead to its secrets; no ``tenants`` means all; ``include`` names personal data."""

    name: str
    url: str
    references: tuple[str, ...]
    events: frozenset[str]
    tenants: frozenset[str]
    include: frozenset[str]
    timeout_s: float
    private: bool

    @property
    def is_loopback(self) -> bool:
        """Whether it leads to this machine."""
        return bool(_LOOPBACK.fullmatch(self.url))

    def secrets(self, environment: Mapping[str, str] = os.environ) -> tuple[Secret, ...]:
        """The secrets as they are written, each usable as a key. Raises SettingMissing."""
        found = tuple(Secret(followed("secret", one, environment)) for one in self.references)
        for one in found:
            signing_key(self.name, one)
        return found


def signing_key(route: str, secret: str) -> bytes:
    """The bytes that ``secret`` (``whsec_`` and base64) stands for. Raises SettingMissing."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not (secret.startswith(_PREFIX) and _SHORTEST_KEY <= len(key) <= _LONGEST_KEY):
        raise SettingMissing(f"the secret of the route `{route}` is no key of Standard Webhooks", hint=_KEY_HINT)
    return key


def load_routes(path: FilePath, tenants: Collection[str] | None = None) -> tuple[OutgoingRoute, ...]:
    """The routes of the file at ``path``. ``tenants`` are those there are, where that is known. Raises SpecError."""
    return routes_of(read(path), tenants)


def routes_of(source: Source, tenants: Collection[str] | None = None) -> tuple[OutgoingRoute, ...]:
    """The routes of a file that was read. Raises SpecError with every finding."""
    data, findings = check(source, schema("routes"))
    report = Report(findings=findings, malformed=frozenset(one.line for one in findings))
    root = Node(source, (), data, report)
    nodes = _nodes(root)
    _check_names(nodes)
    for node in nodes:
        _check_address(node)
        _check_secret(node)
        _check_tenants(node, tenants)
    if report.findings:
        raise SpecError(sorted(set(report.findings)))
    return tuple(map(_route, nodes))


def _nodes(root: Node) -> list[Node]:
    """The routes that are mappings, also those with a mistake of form in them: what else is wrong is told too."""
    listed = root.value("routes")
    if not isinstance(listed, list):
        return []
    return [root["routes"][index] for index, one in enumerate(listed) if isinstance(one, dict)]


def _route(node: Node) -> OutgoingRoute:
    secret = node.value("secret")
    return OutgoingRoute(
        name=node.value("name"),
        url=node.value("url"),
        references=(secret,) if isinstance(secret, str) else tuple(secret),
        events=frozenset(node.texts("events")),
        tenants=frozenset(node.texts("tenants")),
        include=frozenset(node.texts("include")),
        timeout_s=node.seconds("timeout", _TIMEOUT) or 0.0,
        private=node.value("private", False),
    )


def _check_names(nodes: Sequence[Node]) -> None:
    seen: set[str] = set()
    for node in nodes:
        name = node.value("name")
        if name is not None and name in seen:
            node["name"].fail("duplicate-route", f"there is a route `{name}` above already", "give each its own name")
        seen.add(str(name))


def _check_address(node: Node) -> None:
    url = node.get("url")
    if url is None or not isinstance(url.data, str) or _LOOPBACK.fullmatch(url.data):
        return
    if node.value("private", False):
        if not _PRIVATE.fullmatch(url.data):
            url.fail("route-address", "a route's address is https, with a host and without a user name")
    elif not _is_public(url.data):
        hint = (
            "such as https://crm.example.com/hooks; in your own network: private: true; here: http://127.0.0.1:9000"
        )
        url.fail(
            "route-address", "a route's address is https with a host name, on port 443, without a user name", hint
        )


def _is_public(url: str) -> bool:
    """Whether the host is a name: what ends in a number is an address, however it is written."""
    found = _PUBLIC.fullmatch(url)
    return found is not None and not _NUMBER.fullmatch(found[1]) and "\\" not in url and "#" not in url


def _check_secret(node: Node) -> None:
    secret = node.get("secret")
    if secret is None:
        return
    places = list(node.elements("secret")) if isinstance(secret.data, list) else [secret]
    for place in places:
        if not is_reference(place.data):
            name = f"{str(node.value('name')).upper().replace('-', '_')}_SECRET"
            hint = f"write ${{env:{name}}} or ${{file:/run/secrets/{name.lower()}}}"
            place.fail("secret-in-file", "a secret's value may not stand in the file", hint)


def _check_tenants(node: Node, known: Collection[str] | None) -> None:
    for place in node.elements("tenants") if known is not None else ():
        if place.data not in (known or ()):
            place.fail("unknown-tenant", f"there is no tenant `{place.data}`", did_you_mean(place.data, known or ()))
