"""What was known of the ATS when an event was planned, as far as it can be told from what the store kept. Reads only.

What an event itself met counts first: the places that refused it, the fields it was written to. The rest is what was
last found out, even where that is out of date.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.calls import Caller
from engine.clock import SYSTEM
from engine.manifest.connection import Connection
from engine.manifest.model import Place
from engine.model import Json
from engine.pipeline.payload import planned_of
from engine.rehearsal.answers import CannedTransport
from engine.rehearsal.kept import Kept
from engine.rehearsal.standing import last_writes
from engine.store.store import Store
from engine.writeback.discovery import Discovery
from engine.writeback.known import Entry, FieldInfo, Known
from engine.writeback.text import display

_NOT_KEPT = "the list of the ATS's fields is not kept"


def known_then(store: Store, connection: Connection, kept: Kept) -> Known:
    """What the planner may rely on for ``kept`` with the manifest of ``connection``."""
    caller = Caller(connection, transport=CannedTransport(connection.manifest, {}), clock=SYSTEM)
    discovery = Discovery(connection, caller, store)
    context: Mapping[str, Json] = kept.context or {}
    plan = kept.planned or {}
    last = store.written.last(connection.name, kept.event.subject or "")
    standing = {output: last[output] for output in plan.get("unchanged", ()) if output in last}
    return Known(
        unavailable=_unavailable(store, connection, kept),
        fields=_fields(discovery, connection, kept),
        fields_cause=_NOT_KEPT,
        tags=frozenset((context.get("candidate") or {}).get("tags") or ()),
        written={output: value.digest for output, value in standing.items()},
        stands={output: (value.place, value.target) for output, value in standing.items()},
        stage=discovery.stage_now(context),
        bound=discovery.bindings.all(),
        stages=_stages(discovery, connection, context),
        stages_cause="the list of stages is not kept",
        slot=discovery.slot_now(context),
        refused=_refused(kept),
    )


def _refused(kept: Kept) -> dict[str, dict[str, str]]:
    """Output → the places (in words) that it was passed over at, with the causes."""
    found: dict[str, dict[str, str]] = {}
    for output, (_, write, _) in last_writes(kept.deliveries).items():
        found[output] = {cause.place: cause.why for cause in write.causes}
    for lost in (kept.planned or {}).get("nowhere", ()):
        found[lost["output"]] = {cause["place"]: cause["why"] for cause in lost["causes"]}
    return found


def _unavailable(store: Store, connection: Connection, kept: Kept) -> dict[str, str]:
    manifest = connection.manifest
    context = {"settings": dict(connection.settings), "prospect": bool((kept.context or {}).get("prospect"))}
    took = {delivery.place for delivery in kept.deliveries if delivery.state == "delivered"}
    proven = {need for place in manifest.write_back.places.values() if place.kind in took for need in place.needs}
    remembered = store.capabilities.all(connection.name, expired_too=True)
    found: dict[str, str] = {}
    for name, capability in manifest.capabilities.items():
        if capability.when is not None and not capability.when(context):
            found[name] = capability.otherwise
        elif name in remembered and not remembered[name].available and name not in proven:
            found[name] = remembered[name].cause
    return found


def _stages(discovery: Discovery, connection: Connection, context: Mapping[str, Json]) -> tuple[Entry, ...] | None:
    place = connection.manifest.write_back.places.get("stage")
    if place is None or place.directory is None:
        return None
    return discovery.directories.kept(place.directory, context, expired_too=True) or None


def _fields(discovery: Discovery, connection: Connection, kept: Kept) -> dict[str, FieldInfo] | None:
    """The directory as it was last read, with the fields that the event was written to as they were then."""
    place = connection.manifest.write_back.places.get("field")
    if place is None or place.directory is None:
        return None
    entries = discovery.directories.kept(place.directory, expired_too=True)
    listed = {entry.id: _listed(discovery, place, entry) for entry in entries}
    met = _met(kept, listed)
    return {**listed, **met} if listed or met else None


def _listed(discovery: Discovery, place: Place, entry: Entry) -> FieldInfo:
    if place.options is None:
        return FieldInfo(entry.id, entry.name, entry.type, entry.options)
    options = discovery.directories.kept(place.options, {"field": {"id": entry.id}}, expired_too=True)
    return FieldInfo(entry.id, entry.name, entry.type, {option.name: option.id for option in options} or None)


def _met(kept: Kept, listed: Mapping[str, FieldInfo]) -> dict[str, FieldInfo]:
    found: dict[str, FieldInfo] = {}
    for delivery in kept.deliveries:
        planned = planned_of(delivery.payload) if delivery.payload else None
        for write, value in zip(planned.writes, planned.fields, strict=False) if planned else ():
            if not value.id:
                continue
            known = listed.get(value.id)
            options = dict((known.options if known else None) or {})
            if isinstance(value.value, str):
                options.setdefault(display(write.output, write.value), value.value)
            found[value.id] = FieldInfo(value.id, value.name, value.type, options)
    return found
