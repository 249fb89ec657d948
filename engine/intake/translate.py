"""A raw event → canonical events, by the manifest. Pure: no I/O.

Events of polls, backfills and of the engine itself carry canonical JSON already: {event, ids, version, data}.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache

from engine.clock import iso
from engine.errors import ExpressionError, TranslationError
from engine.manifest.connection import Connection
from engine.manifest.model import EventRule, Queue, WebhookDoor
from engine.model import CanonicalEvent, EventType, Ids, Json, Outcome, OutcomeKind, RawEvent

ID_NAMES = ("candidate", "job", "application", "attachment")


def translate(connection: Connection, raw: RawEvent) -> CanonicalEvent | Outcome:
    """The canonical event of ``raw``, or the outcome of one that is not of interest.

    Raises TranslationError when the manifest cannot read it: the event goes to quarantine.
    """
    body = _json(raw.body)
    if raw.source not in ("webhook", "queue"):
        return _canonical_already(connection, raw, body)
    events = connection.manifest.events
    way = events.webhook if raw.source == "webhook" else events.queue
    if way is None:
        return Outcome(OutcomeKind.FILTERED, f"the manifest declares no {raw.source}")
    queued = {"record": body, "received": received_text(int(raw.received_at))}
    context = queued if raw.source == "queue" else delivery_context(raw.headers, body, raw.received_at)
    name = _name(way, context)
    rule = way.types.get(name)
    if rule is None:
        return Outcome(OutcomeKind.FILTERED, f"the event type {name[:60]} is not declared")
    return _by_rule(connection, raw, rule, context)


def delivery_context(headers: Mapping[str, str], body: Json, received_at: float) -> dict[str, Json]:
    """What the expressions of a stored delivery see: headers (lower case), body, received."""
    return {"headers": dict(headers), "body": body, "received": received_text(int(received_at))}


@lru_cache(maxsize=16)
def received_text(moment_s: int) -> str:
    """The moment of arrival as expressions see it: ISO 8601, UTC, to the second."""
    return iso(moment_s)[:19] + "Z"


def subject_of(ids: Ids) -> str:
    """What events must go one at a time for: the application where it is known, else the person or the job."""
    if ids.candidate and ids.job:
        return f"{ids.candidate}|{ids.job}"
    for name in ("application", "candidate", "job"):
        if value := getattr(ids, name):
            return f"{name}:{value}"
    raise TranslationError("the event names neither a candidate, an application nor a job")


def _name(way: WebhookDoor | Queue, context: Mapping[str, Json]) -> str:
    try:
        name = way.name(context)
    except ExpressionError as error:
        raise TranslationError(f"the event's name cannot be read: {error.message}") from None
    if not isinstance(name, str) or not name:
        raise TranslationError(f"the event has no name where the manifest looks for it (`{way.name.text}`)")
    return name


def _by_rule(connection: Connection, raw: RawEvent, rule: EventRule, context: Mapping[str, Json]) -> CanonicalEvent:
    try:
        found = {name: path(context) for name, path in rule.ids.items()}
        version = rule.version(context) if rule.version else None
        data = {name: path(context) for name, path in rule.data.items()}
    except ExpressionError as error:
        raise TranslationError(f"{rule.name}: {error.message}") from None
    ids = ids_of(found)
    _require(rule, ids, found)
    return CanonicalEvent(
        type=rule.event,
        connection=connection.name,
        ids=ids,
        source=raw.source,
        occurred_at=raw.received_at,
        version=None if version is None else str(version),
        data=data,
    )


def _require(rule: EventRule, ids: Ids, found: Mapping[str, Json]) -> None:
    """The event must name what it is about; an optional id (the application's, an attachment's) may be missing.

    The job of an application may be, where the manifest says so by an empty text: ``record.job.id || ''``.
    """
    needed = "job" if rule.event.value.startswith("job.") else "candidate" if "candidate" in found else "application"
    due = {needed} | ({"job"} if found.get("job") != "" else set())
    missing = [name for name in found if name in due and getattr(ids, name) is None]
    if missing:
        name = missing[0]
        path = rule.ids[name].text
        raise TranslationError(f"{rule.name}: no id stands at `{path}`, where the {name}'s id is due")


def ids_of(found: Mapping[str, Json]) -> Ids:
    """``Ids`` of what the paths found: numbers become text, anything that is no id becomes None."""
    return Ids(**{name: _id(found.get(name)) for name in ID_NAMES})


def _id(value: Json) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    return str(value) or None


def _json(body: bytes) -> Json:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise TranslationError("the body is not JSON") from None


def _canonical_already(connection: Connection, raw: RawEvent, body: Json) -> CanonicalEvent:
    try:
        return CanonicalEvent(
            type=EventType(body["event"]),
            connection=connection.name,
            ids=ids_of(body.get("ids") or {}),
            source=raw.source,
            occurred_at=raw.received_at,
            version=body.get("version"),
            data=body.get("data") or {},
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise TranslationError("the event is not a canonical one") from None
