"""What the store still holds of an event that went through: its way, and what its outputs were made from.

A delivery keeps the event's context (candidate, application, the job's name, no job text), the score is found by its
audit id. Where an event made no delivery, the context is that of the newest delivery to the same application.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.manifest.connection import Connection
from engine.model import Json, as_plain
from engine.store.deliveries import Delivery
from engine.store.events import StoredEvent
from engine.store.steps import Step
from engine.store.store import Store


@dataclass(frozen=True, slots=True)
class Kept:
    """One event. ``context`` is None where nothing of it is left, and ``lacks`` says why.

    ``lent_by`` names the event whose context it is, where it has none of its own.
    """

    event: StoredEvent
    steps: tuple[Step, ...]
    deliveries: tuple[Delivery, ...]
    context: Mapping[str, Json] | None = field(default=None, repr=False)
    lent_by: str | None = None
    lacks: str = ""

    @property
    def planned(self) -> Mapping[str, Json] | None:
        """The last plan that was made for the event, as its step tells it."""
        plans = [step.detail for step in self.steps if step.stage == "planned"]
        return plans[-1] if plans else None

    def values(self, connection: Connection) -> dict[str, Json]:
        """What output values and notes are composed from, with the settings of ``connection``."""
        context = {**(self.context or {}), "settings": connection.open_settings, "stage_move": connection.stage_move}
        if connection.shortlist_url is not None:
            context["shortlist"] = {"url": connection.shortlist_url.render(context)}
        return {"feedback": {}, "shortlist": {}, **context}


def kept_of(store: Store, event_id: str) -> Kept:
    """What is left of an event. Raises InputError where there is no such event."""
    event = store.inbox.get(event_id)
    steps = tuple(store.steps.of(event_id))
    deliveries = tuple(store.outbox.of_event(event_id))
    scored = [step.detail.get("audit_id") for step in steps if step.stage == "scored"]
    source = next((one for one in reversed(deliveries) if one.payload), None)
    own = source is not None
    if source is None and event.subject:
        newest = store.outbox.last_of_subject(event.connection, event.subject)
        source = newest if newest is not None and newest.payload else None
    if source is None:
        return Kept(event, steps, deliveries, lacks=_why_nothing(event, steps))
    audit_id = str(source.payload["audit_id"] if own else scored[-1] if scored else "")
    context = {**source.payload["context"], "score": _score(store, audit_id)}
    if not own:
        context["feedback"] = ((event.canonical or {}).get("data") or {}).get("feedback") or {}
    return Kept(event, steps, deliveries, context, None if own else source.event_id)


def _score(store: Store, audit_id: str) -> dict[str, Json]:
    stored = store.scores.of_audit(audit_id) if audit_id else None
    return {**as_plain(stored.score), "audit_id": stored.audit_id} if stored else {}


def _why_nothing(event: StoredEvent, steps: tuple[Step, ...]) -> str:
    if event.canonical is None and not event.body:
        return "its data was erased"
    if not any(step.stage == "scored" for step in steps):
        return "it was not scored: nothing of the candidate and the job was kept"
    return "it wrote nothing, and nothing of the candidate and the job was kept"
