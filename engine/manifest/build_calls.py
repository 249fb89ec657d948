"""Settings, API profiles and operations: checked nodes → typed objects."""

from __future__ import annotations

import re
from typing import Any, get_args

from engine.manifest import scope
from engine.manifest.model import (
    Api,
    Authenticator,
    AuthStep,
    ErrorReading,
    Expiry,
    Limits,
    Multipart,
    Operation,
    Paging,
    PagingKind,
    Request,
    RetryHint,
    Setting,
)
from engine.manifest.node import Node
from engine.manifest.scope import Scope

_METHODS = ("get", "post", "put", "patch", "delete")
_MIB = 1024 * 1024


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


def api(name: str, node: Node) -> Api:
    limits_node = node.get("limits")
    if not node["base_url"].data.startswith("https://"):
        node["base_url"].fail("wrong-form", "the base_url must begin with `https://`: secrets are sent there")
    return Api(
        name=name,
        base_url=node.template("base_url", "text", {}) or _unreachable(),
        headers=node.tree("headers", {}),
        auth=tuple(_authenticator(element) for element in node.elements("auth")),
        limits=_limits(limits_node) if limits_node else Limits(),
        errors=errors(node.get("errors")),
        check=node.refer("check", "operation") or None,
        at=node.at,
        timeout_s=node.seconds("timeout", "30s") or 30.0,
        largest_answer_bytes=node.value("largest_answer_mb", 10) * _MIB,
    )


def _unreachable() -> Any:
    raise AssertionError("the schema requires this key")


def _authenticator(node: Node) -> Authenticator:
    captures = {name: None for step in node.elements("steps") for name in step.value("capture", {})}
    known: Scope = {"auth": captures}
    return Authenticator(
        when=node.expression("when", {}),
        steps=tuple(_auth_step(step, known) for step in node.elements("steps")),
        headers=node.tree("headers", known),
        query=node.tree("query", known),
        renew_on=frozenset(node.value("renew_on", ())),
        at=node.at,
    )


def _auth_step(node: Node, known: Scope) -> AuthStep:
    expires = node.get("expires")
    for element in node.elements("keep"):
        if element.data not in node.value("capture", {}):
            element.fail("unknown-capture", f"`{element.data}` is not captured by this step")
    return AuthStep(
        name=node.value("name"),
        request=request(node, known),
        capture={name: path.as_expression() for name, path in node.items("capture")},
        expiry=_expiry(expires) if expires else None,
        at=node.at,
        keep=node.texts("keep"),
    )


def _expiry(node: Node) -> Expiry:
    return Expiry(node.seconds("default") or 0.0, node.expression("after"), node.expression("at"))


def _limits(node: Node) -> Limits:
    backoff = node.get("backoff")
    return Limits(
        rate=node.rate("rate"),
        per=node.value("per", "connection"),
        concurrency=node.value("concurrency"),
        remaining=node.value("remaining"),
        retry_after=tuple(
            RetryHint(hint.value("header"), hint.value("unit")) for hint in node.elements("retry_after")
        ),
        backoff_first_s=(backoff and backoff.seconds("first")) or 1.0,
        backoff_longest_s=(backoff and backoff.seconds("longest")) or 128.0,
    )


def errors(node: Node | None) -> ErrorReading:
    if node is None:
        return ErrorReading()
    return ErrorReading(node.expression("code"), node.value("status", {}), node.value("codes", {}))


def request(node: Node, known: Scope) -> Request:
    """The composed part of an operation or auth step. Its templates see ``known`` and settings."""
    method = next((name for name in _METHODS if name in node), "get")
    _check_address(node[method])
    bodies = [body for body in ("json", "form", "multipart") if body in node]
    for extra in bodies[1:]:
        message = f"a call has one body; `{bodies[0]}` is given already"
        node[extra].fail("two-bodies", message, "keep one of them", at_key=True)
    multipart = node.get("multipart")
    return Request(
        method=method.upper(),  # type: ignore[arg-type]
        path=node.template(method, "path", known) or _unreachable(),
        query=node.tree("query", known),
        headers=node.tree("headers", known),
        json=node.tree("json", known),
        form=node.tree("form", known),
        multipart=_multipart(multipart, known) if multipart else None,
    )


def _check_address(node: Node) -> None:
    """A call's path begins with `/`; another host's address, for signing in, with `https://`."""
    if not str(node.data).startswith(("/", "https://")):
        hint = "the profile's base_url stands before it" if "://" not in node.data else "only https is spoken"
        node.fail("wrong-form", f"`{str(node.data)[:40]}` is no path: it begins with `/`", hint)


def _multipart(node: Node, known: Scope) -> Multipart:
    fields = node.tree("fields", known)
    if fields is None:
        node.fail("missing-key", "multipart needs `fields`", "write `fields: {}` when there are none")
        fields = node.as_tree({})
    return Multipart(fields, node.value("file"))


def operation(name: str, node: Node, only_api: str | None, given: Scope) -> Operation:
    paging = node.get("paging")
    called = request(node, {**scope.REQUEST, **given})
    named_api = node.refer("api", "api") if "api" in node else only_api
    if named_api is None:
        node.fail("missing-key", f"`{name}` must say its `api`: there are several")
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
        paging=_paging(paging, node) if paging else None,
        concurrency=node.value("concurrency"),
        idempotent=node.value("idempotent", called.method in ("GET", "PUT", "DELETE")),
        writes=node.value("writes", called.method != "GET"),
        scopes=node.texts("scopes"),
    )


def _paging(node: Node, owner: Node) -> Paging:
    kind: PagingKind = next((kind for kind in get_args(PagingKind) if kind in node), "cursor")
    if "records" not in owner:
        node.fail("missing-key", "paging needs `records`: where the list of records stands")
    counted = kind in ("number", "offset")
    if counted and not re.search(rf"\bpage\.{kind}\b", str(owner.data)):
        node.fail("page-unused", f"no template of this call uses page.{kind}: every page would be the same")
    if kind == "cursor" and not re.search(r"\bpage\.cursor\b", str(owner.data)):
        node.fail("page-unused", "no template of this call uses page.cursor: every page would be the same")
    return Paging(
        kind=kind,
        at=node.at,
        source=node.expression(kind) if kind in ("cursor", "next_url") else None,
        start=node.value(kind) if counted else 1,
        more=node.expression("more"),
        max_pages=node.value("max_pages", 10_000),
        stop_without_new=node.value("stop_without_new", 1),
    )
