"""Objects and events: checked nodes → typed objects."""

from __future__ import annotations

import json
import re

from engine.manifest.build.node import Node
from engine.manifest.build.webhook import data_of, event_rule, ids_of, webhook
from engine.manifest.language.expressions import Path
from engine.manifest.model import (
    AddedRead,
    ApplicationList,
    Events,
    ObjectMap,
    Poll,
    PollStream,
    Queue,
    ResumeSource,
    Sync,
)
from engine.manifest.types import scope
from engine.model import EventType


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
        may_be_empty=_may_be_empty(node),
    )


def _may_be_empty(node: Node) -> frozenset[str]:
    mapped = {*node.value("fields"), *(["applications"] if "applications" in node else [])}
    for element in node.elements("may_be_empty"):
        if element.data not in mapped:
            element.fail("unmapped-field", f"`{element.data}` is not mapped here", "take it out, or map it")
    return frozenset(node.value("may_be_empty", ()))


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
    door, poll, queue = (node.get(way) for way in ("webhook", "poll", "queue"))
    truth = node.value("truth")
    if truth in ("webhook", "poll", "queue") and truth not in node:
        node["truth"].fail("missing-key", f"`{truth}` is said to be the truth, but there is no block `{truth}`")
    return Events(
        truth=truth,
        coalesce_s=node.seconds("coalesce", "5s") or 0.0,
        webhook=webhook(door) if door else None,
        poll=_poll(poll) if poll else None,
        skip=node.expression("skip", scope.FILTER),
        prospect_job=node.template("prospect_job", "value", {}),
        queue=_queue(queue) if queue else None,
    )


def _poll(node: Node) -> Poll:
    return Poll(
        every_s=node.seconds("every") or 600.0,
        streams={name: _stream(name, stream) for name, stream in node.items("streams")},
        at=node.at,
        full_pass_s=node.seconds("full_pass"),
    )


def _stream(name: str, node: Node) -> PollStream:
    window = node.get("window")
    if window is not None and not _reads(node, "operation", "until"):
        what = "a span is read in pieces, but the list's request never says where a piece ends"
        window.fail("until-unused", what, "put `{{ until }}` into the operation's query or body")
    return PollStream(
        name=name,
        operation=node.refer("operation", "operation"),
        event=EventType(node.value("event")),
        ids=ids_of(node, scope.RECORD),
        at=node.at,
        each=node.expression("each"),
        version=node.expression("version", scope.RECORD),
        watermark=node.expression("watermark", scope.RECORD),
        overlap_s=node.seconds("overlap") or 0.0,
        backfill=node.value("backfill", True),
        window_s=node.seconds("window"),
        sync=_sync(node, node["sync"]) if "sync" in node else None,
        data=data_of(node, scope.RECORD),
    )


def _sync(stream: Node, node: Node) -> Sync:
    if not _reads(stream, "operation", "sync"):
        what = "the token is kept, but the list's request never gives it back"
        node.fail("sync-unused", what, "put `{{ sync.token }}` into the operation's query or body")
    return Sync(node.expression("token") or _identity(), node.texts("expired"))


def _reads(node: Node, key: str, name: str) -> bool:
    """Whether a template of the operation that ``key`` names reads ``name``."""
    request = json.dumps(node.report.names["operation"].get(node.value(key)))
    return re.search(rf"\{{\{{[^}}]*\b{name}\b", request) is not None


def _queue(node: Node) -> Queue:
    last = node.get("last")
    finds = "last" in node or _reads(node, "replay", "committed")
    if "acknowledge" not in node and not ("replay" in node and "request_id" in node and finds):
        what = "a batch whose answer is lost would be lost with it"
        hint = "`acknowledge` it, or have it given again: `replay` with `request_id`, and `last` to find it"
        node.fail("lossy-queue", what, hint)
    for step in node.source.data.get("setup", ()):
        if (step.get("check") or {}).get("call") == node.value("read"):
            what = f"`{step['id']}` of setup would take events out of the queue each time it is checked"
            node["read"].fail("lossy-queue", what, "`check: {queue: true}` looks without taking")
    return Queue(
        every_s=node.seconds("every") or 60.0,
        read=node.refer("read", "operation"),
        name=node.expression("name", scope.QUEUED) or _identity(),
        types={name: event_rule(name, rule, scope.QUEUED) for name, rule in node.items("types")},
        at=node.at,
        dedupe=node.expression("dedupe", scope.QUEUED),
        request_id=node.expression("request_id"),
        replay=node.refer("replay", "operation") or None,
        last=last.refer("operation", "operation") if last else None,
        last_id=last.expression("id") if last else None,
        acknowledge=node.refer("acknowledge", "operation") or None,
        subscribe=node.refer("subscribe", "operation") or None,
    )
