"""One event's whole way, gathered from the store: the event, its steps, its requests and its deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from engine.clock import iso
from engine.model import Json
from engine.redaction import masked_headers
from engine.store import Delivery, StoredEvent
from engine.store.audit import AuditEntry
from engine.store.browsing import Browse
from engine.store.steps import Step

_MOST_REQUESTS = 500


@dataclass(frozen=True, slots=True)
class Story:
    """An event and all that is recorded of it, in the order it happened."""

    event: StoredEvent
    steps: tuple[Step, ...]
    requests: tuple[AuditEntry, ...]
    deliveries: tuple[Delivery, ...]

    def as_json(self, raw: bool) -> dict[str, Json]:
        """As plain data; times are ISO 8601 in UTC. ``raw`` adds what was received, credentials masked."""
        received = {"headers": masked_headers(self.event.headers), "body": body_text(self.event)}
        return {
            "event": event_summary(self.event),
            "canonical": self.event.canonical,
            "steps": [{"at": iso(step.at), "stage": step.stage, **step.detail} for step in self.steps],
            "requests": [{**asdict(entry), "at": iso(entry.at)} for entry in self.requests],
            "deliveries": [_delivery(delivery) for delivery in self.deliveries],
            **({"received": received} if raw else {}),
        }


def story_of(browse: Browse, event_id: str) -> Story:
    """The story of an event. Raises InputError where there is no such event to be seen."""
    event = browse.event(event_id)
    requests = browse.audit(event_id=event_id, limit=_MOST_REQUESTS)
    return Story(
        event=event,
        steps=tuple(browse.steps_of(event_id)),
        requests=tuple(reversed(requests)),
        deliveries=tuple(browse.deliveries_of(event_id)),
    )


def event_summary(event: StoredEvent) -> dict[str, Json]:
    """An event in one flat object: what it is, whom it is about (ids only), where it is, how it ended."""
    canonical: Mapping[str, Json] = event.canonical or {}
    return {
        "id": event.id,
        "received_at": iso(event.received_at),
        "connection": event.connection,
        "source": event.source,
        "type": canonical.get("type"),
        "subject": event.subject,
        "state": event.state,
        "outcome": event.outcome.kind.value if event.outcome else None,
        "why": event.outcome.why if event.outcome else event.why,
        "finished_at": iso(event.finished_at) if event.finished_at else None,
        "parent": event.parent_id,
    }


def body_text(event: StoredEvent) -> str:
    """The body as it came, as text; bytes that are no UTF-8 are replaced."""
    return event.body.decode("utf-8", "replace")


def _delivery(delivery: Delivery) -> dict[str, Json]:
    return {
        "id": delivery.id,
        "place": delivery.place,
        "operation": delivery.operation,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "cause": delivery.last_cause or None,
        "settled_at": iso(delivery.settled_at) if delivery.settled_at else None,
        "next_at": iso(delivery.next_at) if delivery.state == "pending" else None,
    }
