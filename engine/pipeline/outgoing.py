"""How an event ended in; what other systems are told of it out, as rows of the outbox, one for each route.

The rows are written in the transaction that records the outcome. They carry what is sent but for the id, which is
the row's own, so that it is the same at every try. Personal data is left out unless a route asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.clock import iso
from engine.manifest.routes import OutgoingRoute
from engine.model import EventType, Json, Outcome, OutcomeKind
from engine.pipeline.outgoing_record import erased_record, record_of
from engine.store.deliveries import NewDelivery
from engine.store.events import StoredEvent
from engine.store.scores import StoredScore
from engine.store.store import Store

SCORED, FEEDBACK, DEAD, ERASED = "application.scored", "feedback.given", "event.dead", "candidate.erased"
_NOTHING_NEW = (OutcomeKind.SUPERSEDED, OutcomeKind.UNCHANGED)
_LOST = (OutcomeKind.DEAD, OutcomeKind.QUARANTINED)


def lane_of(route: str) -> str:
    """What stands for a connection in the rows of a route: no tenant can be named like it."""
    return f"route:{route}"


def type_of(event: str) -> str:
    """The CloudEvents type of an outgoing event."""
    return f"fieldwright.{event}.v1"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The routes of this engine; with none, nothing is read and nothing is written."""

    routes: Sequence[OutgoingRoute] = ()

    def tell(self, store: Store, event_id: str, outcome: Outcome) -> None:
        """Writes what the routes are told of an event that has just ended, into the transaction that is open."""
        if not self.routes or outcome.kind in _NOTHING_NEW:
            return
        event = store.inbox.get(event_id)
        score = _score_of(store, event)
        entries = [
            self._entry(store, route, name, event, outcome, score)
            for name in _names(event, outcome, score)
            for route in self.routes
            if name in route.events and (not route.tenants or event.connection in route.tenants)
        ]
        if entries:
            store.outbox.add(event_id, entries)

    def _entry(
        self,
        store: Store,
        route: OutgoingRoute,
        name: str,
        event: StoredEvent,
        outcome: Outcome,
        score: StoredScore | None,
    ) -> NewDelivery:
        erased = name == ERASED
        data = erased_record(event, outcome) if erased else record_of(store, event, outcome, score, route.include)
        ids: Mapping[str, Json] = data["ids"]
        subject = "|".join(str(ids[part]) for part in ("candidate", "job") if ids[part])
        return NewDelivery(
            connection=lane_of(route.name),
            subject=f"{event.connection}|{subject or event.id}",
            # What says that a person was erased must outlive their erasure.
            candidate_id="" if erased else str(ids["candidate"] or ""),
            job_id=ids["job"],
            place="route",
            operation=name,
            payload=envelope(type_of(name), event.connection, subject, store.clock.now(), data),
            route=route.name,
        )


NO_ROUTES = Outgoing()


def envelope(type_: str, tenant: str, subject: str, at: float, data: Json) -> dict[str, Json]:
    """A CloudEvent (1.0, JSON) but for its id."""
    whole = {
        "specversion": "1.0",
        "type": type_,
        "source": f"/fieldwright/{tenant}",
        "time": iso(at),
        "datacontenttype": "application/json",
        "data": data,
    }
    return {**whole, "subject": subject} if subject else whole


def _names(event: StoredEvent, outcome: Outcome, score: StoredScore | None) -> Iterator[str]:
    if outcome.kind is OutcomeKind.ERASED:
        yield ERASED
        return
    if (event.canonical or {}).get("type") == EventType.FEEDBACK_GIVEN.value:
        yield FEEDBACK
    elif score is not None:
        yield SCORED
    if outcome.kind in _LOST:
        yield DEAD


def _score_of(store: Store, event: StoredEvent) -> StoredScore | None:
    for delivery in store.outbox.of_event(event.id):
        found = store.scores.of_audit(delivery.payload.get("audit_id") or "")
        if found is not None:
            return found
    return next(iter(store.scores.of_event(event.id)), None)
