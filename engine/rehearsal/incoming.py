"""An event as people write it down → the raw events that the inbox would have stored. Pure.

Four forms: a webhook {headers, query, body}, records of a poll {stream, records}, events of the queue
{queue: true, records}, a canonical event {event, ids, data, version}.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping

from engine.errors import ExpressionError, InputError
from engine.intake.listing import Listing
from engine.intake.queued import queued_event
from engine.intake.translate import delivery_context
from engine.manifest.connection import Connection
from engine.manifest.findings import did_you_mean
from engine.manifest.model import PollStream, WebhookDoor
from engine.model import Json, RawEvent


def raw_events(connection: Connection, given: Mapping[str, Json], now: float) -> list[RawEvent]:
    """The raw events of ``given``, received at ``now`` (UTC seconds). Raises InputError, ExpressionError."""
    if "stream" in given:
        return list(_polled(connection, given, now))
    if "queue" in given:
        queue = connection.manifest.events.queue
        if queue is None:
            raise InputError("the manifest declares no event queue")
        return [queued_event(connection.name, queue, record, now) for record in given["records"]]
    if "event" in given:
        content = {name: given[name] for name in ("event", "ids", "version", "data") if name in given}
        return [_raw(connection, "engine", f"given:{_digest(content)}:{now}", {}, content, now)]
    return [_delivered(connection, given, now)]


def named_delivery(connection: Connection, body: Json, name: str | None) -> dict[str, Json]:
    """A webhook of a bare body; ``name`` goes into the header where the manifest looks for the event's name.

    Raises InputError where the name is in a header and none is given, or the other way round.
    """
    door = connection.manifest.events.webhook
    header = None if door is None else _name_header(door)
    if name is None and header is not None and door is not None:
        raise InputError(
            f"the event's name comes in the header `{header}`, and a body alone does not say it",
            hint=f"add --name EVENT, one of: {', '.join(door.types)}",
        )
    if name is not None and header is None:
        raise InputError("the event's name is read from the body here", hint="leave --name out")
    return {"headers": {header: name} if header else {}, "body": body}


def _name_header(door: WebhookDoor) -> str | None:
    chains = [chain for chain in door.name.references if chain[0] == "headers" and len(chain) > 1]
    return chains[0][1] if chains else None


def _delivered(connection: Connection, given: Mapping[str, Json], now: float) -> RawEvent:
    headers = {str(name).lower(): str(value) for name, value in given.get("headers", {}).items()}
    body = given.get("body")
    door = connection.manifest.events.webhook
    context = {**delivery_context(headers, body, now), "query": given.get("query", {})}
    key = _dedupe_key(door, context) or f"sha256:{_digest(body)}"
    return _raw(connection, "webhook", key, headers, body, now)


def _dedupe_key(door: WebhookDoor | None, context: Mapping[str, Json]) -> str | None:
    if door is None or door.dedupe is None:
        return None
    try:
        key = door.dedupe(context)
    except ExpressionError:
        return None
    return str(key) if isinstance(key, (str, int)) and not isinstance(key, bool) and key != "" else None


def _polled(connection: Connection, given: Mapping[str, Json], now: float) -> Iterator[RawEvent]:
    listing = Listing(connection, _stream(connection, given["stream"]))
    for record in given.get("records", ()):
        yield from (listing.event(item, "poll", now) for item in listing.items(record) if item is not None)


def _stream(connection: Connection, name: str) -> PollStream:
    poll = connection.manifest.events.poll
    streams = poll.streams if poll else {}
    if name not in streams:
        raise InputError(f"there is no poll stream `{name}`", hint=did_you_mean(name, streams) or None)
    return streams[name]


def _raw(
    connection: Connection, source: str, key: str, headers: Mapping[str, str], body: Json, now: float
) -> RawEvent:
    data = json.dumps(body).encode()
    return RawEvent(connection.name, source, key, headers, data, now)  # type: ignore[arg-type]


def _digest(content: Json) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
