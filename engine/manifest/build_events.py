"""Objects and events: checked nodes → typed objects."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.manifest import scope
from engine.manifest.expressions import Path
from engine.manifest.model import (
    AddedRead,
    ApplicationList,
    EventRule,
    Events,
    Handshake,
    ObjectMap,
    Poll,
    PollStream,
    Registration,
    Reply,
    ResumeSource,
    SignatureRule,
    WebhookDoor,
)
from engine.manifest.node import Node
from engine.manifest.scope import Scope
from engine.manifest.templates import Template, compile_template
from engine.model import EventType

_BODY = re.compile(r"\{\{\s*body\s*\}\}")
_MIB = 1024 * 1024
_SUBSCRIPTION: Scope = {"subscription": scope.REQUEST["subscription"]}


def object_map(name: str, node: Node) -> ObjectMap:
    return ObjectMap(
        name=name,
        read=node.refer("read", "operation"),
        fields={field: path.as_expression() for field, path in node.items("fields")},
        at=node.at,
        html=node.texts("html"),
        cache_s=node.seconds("cache", "0s") or 0.0,
        applications=node.expression("applications"),
        add={key: _added(added) for key, added in node.items("add")},
    )


def _added(node: Node) -> AddedRead:
    return AddedRead(node.refer("read", "operation"), node.expression("when", {"record": scope.ANYTHING}))


def application_list(node: Node) -> ApplicationList:
    return ApplicationList(
        read=node.refer("read", "operation"),
        job_id=node.expression("job_id") or _identity(),
        application_id=node.expression("application_id"),
        keep=node.expression("keep", {"record": scope.ANYTHING, **scope.OBJECTS}),
    )


def _identity() -> Path:
    raise AssertionError("the schema requires this key")


def _pick(node: Node | None) -> Path | None:
    """What chooses from a list: a name at its beginning would give nothing."""
    if node is None:
        return None
    path = node.as_expression()
    for chain in path.references[:1]:
        what = f"`{chain[0]}` gives nothing here: `pick` sees the list of records"
        node.fail("unknown-name", what, "begin with a bracket: [?kind == 'cv'] | [-1]", offset=path.offset_of(chain))
    return path


def resume_source(node: Node) -> ResumeSource:
    if ("text" in node) == ("download" in node):
        node.fail("missing-key", "a way to the résumé has either `download` or `text`")
    if "pick" in node and "read" not in node:
        node["pick"].fail("missing-key", "`pick` chooses from the records of `read`, which is missing")
    if "attachment" in node and "read" in node:
        node["attachment"].fail("two-shapes", "the attachment comes from `read` or is known already, not both")
    if ("locate" in node) != ("url" in node):
        node.fail("missing-key", "`locate` and `url` go together: who is asked for the address, and where it stands")
    return ResumeSource(
        at=node.at,
        when=node.expression("when", scope.FILTER),
        read=node.refer("read", "operation") or None,
        pick=_pick(node.get("pick")),
        attachment=node.expression("attachment", scope.KNOWN),
        locate=node.refer("locate", "operation") or None,
        url=node.expression("url"),
        download=node.refer("download", "operation") or None,
        base64=node.expression("base64"),
        name=node.expression("name"),
        text=node.expression("text"),
    )


def events(node: Node) -> Events:
    webhook, poll = node.get("webhook"), node.get("poll")
    truth = node.value("truth")
    if truth in ("webhook", "poll") and truth not in node:
        node["truth"].fail("missing-key", f"`{truth}` is said to be the truth, but there is no block `{truth}`")
    return Events(
        truth=truth,
        coalesce_s=node.seconds("coalesce", "5s") or 0.0,
        webhook=_webhook(webhook) if webhook else None,
        poll=_poll(poll) if poll else None,
        skip=node.expression("skip", scope.FILTER),
        prospect_job=node.template("prospect_job", "value", {}),
    )


def _webhook(node: Node) -> WebhookDoor:
    signature, handshake, registration = (node.get(key) for key in ("signature", "handshake", "registration"))
    if signature is None and "url_secret" not in node:
        node.fail(
            "open-door",
            "the webhook has neither a `signature` nor a `url_secret`: anyone could post",
            "add one of the two",
        )
    return WebhookDoor(
        name=node.expression("name", scope.TRANSLATED) or _identity(),
        types={name: _event_rule(name, rule) for name, rule in node.items("types")},
        acknowledge=node.value("acknowledge"),
        at=node.at,
        dedupe=node.expression("dedupe", scope.DELIVERY),
        signature=_signature(signature) if signature else None,
        url_secret=node.template("url_secret", "value", {}),
        handshake=_handshake(handshake) if handshake else None,
        registration=_registration(registration) if registration else None,
        largest_body_bytes=node.value("largest_body_mb", 1) * _MIB,
        by_hand=node.value("by_hand"),
    )


def _event_rule(name: str, node: Node) -> EventRule:
    return EventRule(
        name=name,
        event=EventType(node.value("event")),
        ids=_ids(node, scope.TRANSLATED),
        at=node.at,
        version=node.expression("version", scope.TRANSLATED),
    )


def _ids(node: Node, known: Scope) -> Mapping[str, Path]:
    ids = {name: path.as_expression(known) for name, path in node.items("ids")}
    subject = "job" if node.value("event", "").startswith("job.") else "candidate"
    if subject not in ids and "application" not in ids:
        node["ids"].fail("missing-key", f"the event needs the id of its {subject}")
    return ids


def _signature(node: Node) -> SignatureRule:
    over = node["over"]
    parts = _BODY.split(over.data)
    if len(parts) == 1:
        over.warn("body-unsigned", "what is signed does not hold {{ body }}: the content could be changed on its way")
    known = {**scope.SIGNED}
    return SignatureRule(
        header=node.value("header").lower(),
        encoding=node.value("encoding"),
        prefix=node.value("prefix", ""),
        separator=node.value("separator"),
        over=_signed_parts(over, parts, known),
        keys=tuple(key.as_template("value", _SUBSCRIPTION) for key in node.elements("keys")),
        timestamp=node.template("timestamp", "value", known),
        tolerance=node.template("tolerance", "value", {}),
        at=node.at,
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
    return Registration(
        list=node.refer("list", "operation"),
        create=node.refer("create", "operation"),
        created_id=node.expression("created_id") or _identity(),
        url=node.expression("url") or _identity(),
        id=node.expression("id") or _identity(),
        active=node.expression("active") or _identity(),
        at=node.at,
        activate=node.refer("activate", "operation") or None,
        remove=node.refer("remove", "operation") or None,
        secret=node.refer("secret", "operation") or None,
        secret_value=node.expression("secret_value"),
        limit=node.value("limit"),
        check_every_s=node.seconds("check_every", "15m") or 900.0,
    )


def _poll(node: Node) -> Poll:
    return Poll(
        every_s=node.seconds("every") or 600.0,
        streams={name: _stream(name, stream) for name, stream in node.items("streams")},
        at=node.at,
        full_pass_s=node.seconds("full_pass"),
    )


def _stream(name: str, node: Node) -> PollStream:
    return PollStream(
        name=name,
        operation=node.refer("operation", "operation"),
        event=EventType(node.value("event")),
        ids=_ids(node, scope.RECORD),
        at=node.at,
        each=node.expression("each"),
        version=node.expression("version", scope.RECORD),
        watermark=node.expression("watermark", scope.RECORD),
        overlap_s=node.seconds("overlap") or 0.0,
        backfill=node.value("backfill", True),
    )
