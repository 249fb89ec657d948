"""Settings and operations: checked nodes → typed objects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from engine.manifest.build import paging as build_paging
from engine.manifest.build.call_nodes import method_of
from engine.manifest.build.node import Node
from engine.manifest.hosts import host_allowed
from engine.manifest.model import (
    ErrorReading,
    Multipart,
    Operation,
    Request,
    Setting,
)
from engine.manifest.types.scope import Scope


def setting(name: str, node: Node, names: dict[str, Any]) -> Setting:
    if node.value("type") == "choice" and not node.value("of"):
        node.fail("missing-key", f"the choice `{name}` needs `of`: its values")
    if node.value("type") == "secret" and "default" in node:
        node["default"].fail(
            "secret-in-file", "a secret has no default: a value would stand in the file", "remove `default`"
        )
    return Setting(
        name=name,
        type=node.value("type"),
        at=node.at,
        description=node.value("description", ""),
        default=node.value("default"),
        required=node.value("required", False),
        when=node.expression("when", {"settings": names}),
        of=node.texts("of"),
        allow=node.texts("allow"),
        pattern=node.pattern("pattern"),
    )


def unreachable() -> Any:
    raise AssertionError("the schema requires this key")


def errors(node: Node | None) -> ErrorReading:
    if node is None:
        return ErrorReading()
    return ErrorReading(
        node.expression("code"), node.value("status", {}), node.value("codes", {}), node.expression("success")
    )


def request(node: Node, known: Scope) -> Request:
    """The composed part of an operation or auth step. Its templates see ``known`` and settings."""
    method = method_of(node) or "get"
    _check_address(node[method])
    bodies = [body for body in ("json", "form", "multipart", "bytes") if body in node]
    for extra in bodies[1:]:
        message = f"a call has one body; `{bodies[0]}` is given already"
        node[extra].fail("two-bodies", message, "keep one of them", at_key=True)
    multipart = node.get("multipart")
    return Request(
        method=method.upper(),  # type: ignore[arg-type]
        path=node.template(method, address_kind(node.value(method)), known) or unreachable(),
        query=node.tree("query", known),
        headers=node.tree("headers", known),
        json=node.tree("json", known),
        form=node.tree("form", known),
        multipart=_multipart(multipart, known) if multipart else None,
        raw_file="bytes" in node,
        follow=node.value("follow", False),
    )


def address_kind(text: str) -> Literal["path", "address"]:
    """``address`` where the whole address comes from data: it begins with a template."""
    return "address" if str(text).startswith("{{") else "path"


def _check_address(node: Node) -> None:
    """A call's path begins with `/`; another host's address with `https://`, or with what data gives."""
    if not str(node.data).startswith(("/", "https://", "{{")):
        hint = "the profile's base_url stands before it" if "://" not in node.data else "only https is spoken"
        node.fail("wrong-form", f"`{str(node.data)[:40]}` is no path: it begins with `/`", hint)


def _check_profile(node: Node, named_api: str | None) -> None:
    """What an operation needs of its profile: hosts for an address out of data, a quota that its cost fits in."""
    profile = node.report.names["api"].get(str(named_api))
    if not isinstance(profile, dict):
        return
    method = method_of(node)
    if method is not None:
        check_host(node[method], profile)
    if method is not None and not profile.get("hosts") and address_kind(node.value(method)) == "address":
        node[method].fail(
            "missing-hosts",
            f"the address comes from data: `hosts` of `{named_api}` must say where it may lead",
            "such as `hosts: ['*.example.com']`",
        )
    if "cost" in node:
        quota = (profile.get("limits") or {}).get("quota")
        if quota is None and not Node(node.source, ("apis", str(named_api)), profile, node.report).is_malformed:
            message = f"nothing is paid with: `{named_api}` has no quota"
            node["cost"].fail("cost-unused", message, "add `limits.quota`, or remove `cost`", at_key=True)
        elif quota is not None and node.value("cost") > quota["credits"]:
            node["cost"].fail("cost-too-high", f"the call could never be made: there are {quota['credits']} credits")


_LITERAL_HOST = re.compile(r"https://([a-z0-9.-]+)(?=[/?]|$)")


def check_host(node: Node, profile: Mapping[str, Any]) -> None:
    """An address written out: its host must be a profile's, or among the ``hosts`` of ``profile``."""
    found = _LITERAL_HOST.match(node.data)
    bases = [base for api in node.report.names["api"].values() if isinstance(api, dict) for base in _bases(api)]
    # What signing in gives is on one of `hosts`; what settings give is not known here.
    homes = [_LITERAL_HOST.match(base) for base in bases if not base.startswith("{{")]
    if found is None or None in homes or found[1] in {home[1] for home in homes if home}:
        return
    hosts = profile.get("hosts")
    if not host_allowed(found[1], hosts if isinstance(hosts, list) else ()):
        node.fail(
            "foreign-host",
            f"nothing may be sent to {found[1]}: it is neither a profile's host nor one of `hosts`",
            f"add it: `hosts: [{found[1]}]`",
        )


def _bases(api: Mapping[str, Any]) -> list[str]:
    """The base URLs of a profile as written."""
    base = api.get("base_url", "")
    return [str(one) for one in base.get("of", {}).values()] if isinstance(base, dict) else [str(base)]


def _multipart(node: Node, known: Scope) -> Multipart:
    fields = node.tree("fields", known)
    if fields is None:
        node.fail("missing-key", "multipart needs `fields`", "write `fields: {}` when there are none")
        fields = node.as_tree({})
    return Multipart(fields, node.value("file"))


def operation(name: str, node: Node, usual_api: str | None, known: Scope) -> Operation:
    """The operation at ``node``; its templates see ``known`` and settings."""
    paging, fetched = node.get("paging"), node.get("fetch")
    called = request(node, known)
    named_api = node.refer("api", "api") if "api" in node else usual_api
    if named_api is None:
        hint = "a profile called `main` is meant where nothing is said"
        node.fail("missing-key", f"`{name}` must say its `api`: there are several", hint)
    _check_profile(node, named_api)
    if "record" in node and "records" in node:
        node["record"].fail("two-shapes", "an answer holds `record` or `records`, not both")
    return Operation(
        name=name,
        api=named_api or "",
        request=called,
        at=node.at,
        says=node.value("says", ""),
        ok=frozenset(node.value("ok", ())),
        empty=frozenset(node.value("empty", ())),
        success=node.expression("success"),
        errors=errors(node.get("errors")),
        binary=node.value("binary", False),
        records=node.expression("records"),
        record=node.expression("record"),
        key=node.expression("key"),
        paging=build_paging.paging(paging, node) if paging else None,
        fetch=build_paging.fetch(fetched, node) if fetched else None,
        must_hold=tuple(element.as_expression() for element in node.elements("must_hold")),
        verified=node.value("verified", "unknown"),
        concurrency=node.value("concurrency"),
        cost=node.value("cost", 1),
        idempotent=node.value("idempotent", called.method in ("GET", "PUT", "DELETE")),
        writes=node.value("writes", called.method != "GET"),
        scopes=node.texts("scopes"),
        lookups=frozenset(chain[1] for chain in called.references if chain[0] == "lookup" and chain[1:]),
    )
