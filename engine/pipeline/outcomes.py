"""How an event ends: its settled deliveries in, its one outcome out; recorded, with a last step and a line of log."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from engine.model import Outcome, OutcomeKind
from engine.pipeline.holding import SWITCHED_OFF
from engine.pipeline.outgoing import Outgoing
from engine.pipeline.payload import planned_of
from engine.pipeline.pins import UNUSABLE
from engine.store.deliveries import Delivery
from engine.store.outbox import OVERTAKEN
from engine.store.store import Store
from engine.telemetry import metrics
from engine.telemetry.working import working

POISONED = "delivering it ended the worker three times"
"""How the reason of what ends for that begins."""

_log = logging.getLogger(__name__)


def record_outcome(
    store: Store, ids: Sequence[str], outcome: Outcome, token: int | None = None, *, outgoing: Outgoing
) -> None:
    """Ends the events, all or none; they are of the connection that is worked on. Raises LeaseLost.

    With a ``token``, it must be the current one. ``outgoing`` tells other systems, in the same transaction. The log
    gets a line for each, without anything of its content.
    """
    with store.transaction():
        store.inbox.finish(ids, outcome, token)
        for event_id in ids:
            store.steps.add(event_id, "outcome", {"ended": outcome.kind.value, "why": outcome.why})
            outgoing.tell(store, event_id, outcome)
    for event_id in ids:
        metrics.OUTCOMES.labels(working().connection, outcome.kind.value).inc()
        told = {"event": event_id, "outcome": outcome.kind.value}
        _log.info("%s %s: %s", event_id, outcome.kind.value, outcome.why, extra=told)


def outcome_of(deliveries: Sequence[Delivery], nowhere: Sequence[str] = ()) -> Outcome:
    """How an event ended whose deliveries are all settled; ``nowhere`` names outputs no place was found for."""
    dead = [delivery for delivery in deliveries if delivery.state == "dead"]
    arrived = [delivery for delivery in deliveries if delivery.state == "delivered"]
    causes = "; ".join(dict.fromkeys(f"{delivery.operation}: {delivery.last_cause}" for delivery in dead))
    if dead and all(delivery.last_cause.startswith((UNUSABLE, POISONED)) for delivery in dead):
        return Outcome(OutcomeKind.QUARANTINED, causes)
    if dead:
        some = f"{len(arrived)} of {len(arrived) + len(dead)} requests arrived; " if arrived else ""
        return Outcome(OutcomeKind.DEAD, f"{some}{causes}")
    if any(delivery.last_cause == OVERTAKEN for delivery in deliveries) and not arrived:
        return Outcome(OutcomeKind.SUPERSEDED, OVERTAKEN)
    if any(delivery.last_cause == SWITCHED_OFF for delivery in deliveries) and not arrived:
        return Outcome(OutcomeKind.FILTERED, SWITCHED_OFF)
    if not arrived:
        return Outcome(OutcomeKind.UNCHANGED, "all is written as it is")
    outputs = sum(len(planned_of(delivery.payload).writes) for delivery in arrived)
    lost = f"; no place for {', '.join(nowhere)}" if nowhere else ""
    sent = f"{_counted(outputs, 'output')} in {_counted(len(arrived), 'request')}"
    return Outcome(OutcomeKind.DELIVERED, f"{sent}{lost}")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
