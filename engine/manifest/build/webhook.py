"""The webhook door: checked nodes → typed objects."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.manifest.build.node import Node
from engine.manifest.language.expressions import Path
from engine.manifest.language.templates import Template, compile_template
from engine.manifest.model import (
    CallerCredential,
    CallerToken,
    EventRule,
    Handshake,
    Registration,
    Reply,
    SignatureParts,
    SignatureRule,
    WebhookDoor,
)
from engine.manifest.types import scope
from engine.manifest.types.scope import Scope
from engine.model import EventType

_BODY = re.compile(r"\{\{\s*body\s*\}\}")
_MIB = 1024 * 1024
_SUBSCRIPTION: Scope = {"subscription": scope.REQUEST["subscription"]}


def webhook(node: Node) -> WebhookDoor:
    signature, handshake, registration, basic, token = (
        node.get(key) for key in ("signature", "handshake", "registration", "basic", "token")
    )
    if signature is None and basic is None and "url_secret" not in node and (token is None or "when" in token):
        node.fail(
            "open-door",
            "the webhook has neither a `signature` nor a `url_secret`, `basic` or `token`: anyone could post",
            "add one of them; a `token` with `when` is for some deliveries only" if token else "add one of them",
        )
    return WebhookDoor(
        name=node.expression("name", scope.TRANSLATED) or _identity(),
        types={name: event_rule(name, rule, scope.TRANSLATED) for name, rule in node.items("types")},
        acknowledge=node.value("acknowledge"),
        at=node.at,
        dedupe=node.expression("dedupe", scope.DELIVERY),
        signature=_signature(signature) if signature else None,
        url_secret=node.template("url_secret", "value", {}),
        basic=_basic(basic) if basic else None,
        token=_token(token) if token else None,
        handshake=_handshake(handshake) if handshake else None,
        registration=_registration(registration) if registration else None,
        largest_body_bytes=node.value("largest_body_mb", 1) * _MIB,
        compressed=node.value("compressed", False),
        by_hand=node.value("by_hand"),
    )


def _identity() -> Path:
    raise AssertionError("the schema requires this key")


def _template() -> Template:
    raise AssertionError("the schema requires this key")


def event_rule(name: str, node: Node, known: Scope) -> EventRule:
    """What one event means, its expressions called with what ``known`` names."""
    return EventRule(
        name=name,
        event=EventType(node.value("event")),
        ids=ids_of(node, known),
        at=node.at,
        version=node.expression("version", known),
        data=data_of(node, known),
    )


def ids_of(node: Node, known: Scope) -> Mapping[str, Path]:
    """Where the ids stand; the event's subject must be among them."""
    ids = {name: path.as_expression(known) for name, path in node.items("ids")}
    subject = "job" if node.value("event", "").startswith("job.") else "candidate"
    if subject not in ids and "application" not in ids:
        node["ids"].fail("missing-key", f"the event needs the id of its {subject}")
    return ids


def data_of(node: Node, known: Scope) -> Mapping[str, Path]:
    """What else the event says, by name."""
    return {name: path.as_expression(known) for name, path in node.items("data")}


def _basic(node: Node) -> CallerCredential:
    return CallerCredential(
        node.template("username", "value", {}) or _template(), node.template("password", "value", {}) or _template()
    )


def _token(node: Node) -> CallerToken:
    return CallerToken(
        header=node.value("header").lower(),
        keys=tuple(key.as_template("value", {}) for key in node.elements("keys")),
        prefix=node.value("prefix", ""),
        when=node.expression("when", scope.DELIVERY),
    )


def _signature(node: Node) -> SignatureRule:
    over, header, fields = node["over"], node.value("header"), node.get("fields")
    parts = _BODY.split(over.data)
    if len(parts) == 1:
        over.warn("body-unsigned", "what is signed does not hold {{ body }}: the content could be changed on its way")
    known = {**scope.SIGNED, **({"parts": scope.ANYTHING} if fields else {})}
    return SignatureRule(
        encoding=node.value("encoding"),
        over=_signed_parts(over, parts, known),
        keys=tuple(key.as_template("value", _SUBSCRIPTION) for key in node.elements("keys")),
        at=node.at,
        header=header.lower() if header else None,
        source=node.expression("from", scope.KNOCK),
        wrapped=node.value("wrapped"),
        parts=SignatureParts(fields.value("between"), fields.value("assign"), node.value("take")) if fields else None,
        prefix=node.value("prefix", ""),
        separator=node.value("separator"),
        timestamp=node.template("timestamp", "value", known),
        timestamp_unit=node.value("timestamp_unit", "seconds"),
        tolerance=node.template("tolerance", "value", {}),
        over_decoded=node.value("over_decoded", False),
    )


def _signed_parts(over: Node, parts: list[str], known: Scope) -> tuple[Template, ...]:
    before = len(over.report.findings)
    over.as_template("text", {**known, "body": None})
    if len(over.report.findings) > before:
        return (compile_template("", "text"),)
    return tuple(compile_template(part, "text") for part in parts)


def _handshake(node: Node) -> Handshake:
    reply = node["reply"]
    return Handshake(
        when=node.expression("when", scope.DELIVERY) or _identity(),
        reply=Reply(reply.value("status"), reply.tree("headers", scope.DELIVERY)),
    )


def _registration(node: Node) -> Registration:
    each_type = node.value("each_type", False)
    if each_type and "list" in node and "event" not in node:
        hint = "say where its event type stands in a listed record: `event: …`"
        node["list"].fail("missing-key", "with `each_type` each listed subscription is told by its event type", hint)
    return Registration(
        create=node.refer("create", "operation"),
        created_id=node.expression("created_id") or _identity(),
        at=node.at,
        list=node.refer("list", "operation") or None,
        url=node.expression("url"),
        id=node.expression("id"),
        event=node.expression("event"),
        look=node.refer("look", "operation") or None,
        active=node.expression("active"),
        each_type=each_type,
        created_secret=node.expression("created_secret"),
        activate=node.refer("activate", "operation") or None,
        remove=node.refer("remove", "operation") or None,
        secret=node.refer("secret", "operation") or None,
        secret_value=node.expression("secret_value"),
        limit=node.value("limit"),
        check_every_s=node.seconds("check_every", "15m") or 900.0,
    )
