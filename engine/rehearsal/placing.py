"""Where each output of an event went, read from its deliveries and steps; and where it would go if refused there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from engine.errors import FieldwrightError
from engine.model import Candidate, Cause, Json, PlaceKind, Write
from engine.pipeline.payload import planned_of
from engine.pipeline.route import Route
from engine.rehearsal.answers import Unanswered
from engine.store.deliveries import Delivery
from engine.store.store import Store
from engine.writeback.grouping import Landed
from engine.writeback.known import Known
from engine.writeback.places import place_words
from engine.writeback.planner import choose

Where = PlaceKind | Literal["unchanged", "nowhere", "held"]


@dataclass(frozen=True, slots=True)
class Placed:
    """One output and where it went. ``rung`` counts from 1, None for what went nowhere or is unchanged.

    ``said`` is the place as people call it. ``otherwise`` says where it would go if it were refused there; empty
    where no place is left. ``causes`` tell of the rungs before.
    """

    event_id: str
    output: str
    where: Where
    said: str = ""
    rung: int | None = None
    causes: tuple[Cause, ...] = ()
    otherwise: str = ""


def placed_of(route: Route, store: Store, event_id: str) -> list[Placed]:
    """Every output of the event that had a value, in the manifest's order."""
    found = [*_told(store, event_id), *_delivered(route, store, event_id)]
    order = list(route.connection.manifest.write_back.outputs)
    return sorted(found, key=lambda placed: order.index(placed.output))


def _told(store: Store, event_id: str) -> Iterator[Placed]:
    """Outputs that were unchanged, or had no place left."""
    for step in store.steps.of(event_id):
        if step.stage == "planned":
            for output in step.detail["unchanged"]:
                yield Placed(event_id, output, "unchanged")
            for lost in step.detail["nowhere"]:
                yield Placed(event_id, lost["output"], "nowhere", causes=_causes(lost["causes"]))
        elif step.stage == "rung" and step.detail["place"] is None:
            yield Placed(event_id, step.detail["output"], "nowhere", causes=_causes(step.detail["causes"]))


def _causes(plain: Json) -> tuple[Cause, ...]:
    return tuple(Cause(**cause) for cause in plain)


def _delivered(route: Route, store: Store, event_id: str) -> Iterator[Placed]:
    lost = {placed.output for placed in _told(store, event_id)}
    deliveries = store.outbox.of_event(event_id)
    known = _known(route, deliveries[0]) if deliveries else None
    writes = {delivery.id: planned_of(delivery.payload).writes for delivery in deliveries}
    furthest: dict[str, int] = {}
    for write in (one for several in writes.values() for one in several):
        furthest[write.output] = max(write.rung, furthest.get(write.output, 0))
    for delivery in deliveries:
        for write in writes[delivery.id]:
            if delivery.state == "delivered":
                yield _arrived(route, event_id, write, known)
            elif delivery.state == "held":
                said = _words(route, write)
                causes = (*write.causes, Cause(said, delivery.last_cause))
                yield Placed(event_id, write.output, "held", said, causes=causes)
            elif delivery.state == "dead" and write.output not in lost and write.rung == furthest[write.output]:
                said = _words(route, write)
                causes = (*write.causes, Cause(said, delivery.last_cause))
                yield Placed(event_id, write.output, "nowhere", said, causes=causes)


def _arrived(route: Route, event_id: str, write: Write, known: Known | None) -> Placed:
    otherwise = ""
    if known is not None:
        manifest = route.connection.manifest
        found = choose(manifest, write.output, write.value, known, first=write.rung + 1)
        otherwise = _words(route, found.write) if isinstance(found, Landed) else ""
    said = _words(route, write)
    return Placed(event_id, write.output, write.place, said, write.rung + 1, write.causes, otherwise)


def _words(route: Route, write: Write) -> str:
    return place_words(route.connection.manifest.write_back.outputs[write.output].rungs[write.rung], write.value)


def _known(route: Route, delivery: Delivery) -> Known | None:
    """What is known now, refusals included; None where the ATS would have to be asked and does not answer."""
    context = delivery.payload["context"]
    try:
        return route.discovery.known(_candidate(context["candidate"]), delivery.subject, context)
    except (FieldwrightError, Unanswered):
        return None


def _candidate(plain: Mapping[str, Json]) -> Candidate:
    return Candidate(id=plain["id"], tags=tuple(plain.get("tags") or ()))
