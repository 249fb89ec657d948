"""Events and deliveries for the store's tests."""

from __future__ import annotations

from engine.model import Outcome, OutcomeKind, RawEvent
from engine.store import Claim, NewDelivery, Store

DONE = Outcome(OutcomeKind.DELIVERED)
NEWER = Outcome(OutcomeKind.SUPERSEDED, "a newer event took its place")


def raw(key: str, connection: str = "acme", body: bytes = b"{}", at: float = 1_750_000_000.0) -> RawEvent:
    return RawEvent(connection, "webhook", key, {"content-type": "application/json"}, body, at)


def ready(
    store: Store, key: str, subject: str = "ana/job", due_at: float = 0.0, candidate: str = "ana", **more: object
) -> str:
    """Accepts and translates an event; its id."""
    id_ = store.inbox.accept([raw(key, **more)])[0].id
    canonical = {"type": "application.created", "ids": {"candidate": candidate, "job": "job"}}
    store.inbox.ready(id_, subject=subject, canonical=canonical, due_at=due_at, manifest_hash="m1")
    return id_


def claimed(store: Store, key: str = "k", subject: str = "ana/job", **more: object) -> Claim:
    ready(store, key, subject, **more)
    claim = store.inbox.claim(60)
    assert claim is not None
    return claim


def delivery(place: str = "note", subject: str = "ana/job", **more: object) -> NewDelivery:
    values = {"connection": "acme", "candidate_id": "ana", "job_id": "job", "operation": "add_note"}
    return NewDelivery(**{**values, "subject": subject, "place": place, "payload": {"text": "hi"}, **more})


def planned(store: Store, *entries: NewDelivery, key: str = "k", subject: str = "ana/job") -> str:
    """An event with these deliveries in the outbox; its id."""
    claim = claimed(store, key, subject)
    store.outbox.enqueue(claim.events[-1].id, entries, claim.token)
    return claim.events[-1].id
