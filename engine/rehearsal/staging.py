"""The real pipeline set up for one route: raw events in, how each of them went and ended out.

The clock jumps over every wait, so the route's transport must be one that does not mind being asked again at once;
where it is not, ``tries_again`` is off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.clock import ManualClock
from engine.errors import FieldwrightError
from engine.model import CanonicalEvent, Outcome, RawEvent
from engine.pipeline.deliveries import DeliveryWork
from engine.pipeline.events import EventWork, canonical_of
from engine.pipeline.route import Route
from engine.ports import ResumeReading, Scorer
from engine.store.steps import Step
from engine.store.store import Store

_MOST_ROUNDS = 5000


@dataclass(frozen=True, slots=True)
class Way:
    """One event's way: the canonical event (None when it got none), its steps, and how it ended."""

    event_id: str
    canonical: CanonicalEvent | None
    outcome: Outcome | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Played:
    """The ways of the given events, and of those they were split into; ``duplicate``: all were known already."""

    ways: tuple[Way, ...]
    split: tuple[Way, ...]
    duplicate: bool


class Stage:
    """The pipeline of one connection, on a store of its own."""

    def __init__(
        self,
        route: Route,
        store: Store,
        clock: ManualClock,
        scorer: Scorer,
        reader: ResumeReading,
        *,
        tries_again: bool = True,
    ) -> None:
        self._name, self._store, self._clock, self._tries_again = route.name, store, clock, tries_again
        routes = {route.name: route}
        self._events = EventWork(routes, store, scorer, reader, clock)
        self._deliveries = DeliveryWork(routes, store, clock, token=lambda: "placeholder-link")

    def play(self, events: Sequence[RawEvent]) -> Played:
        """Takes the events to their end, and all that follows from them. Raises FieldwrightError."""
        accepted = self._store.inbox.accept(events)
        self._run()
        own = [one.id for one in accepted if one.new]
        children = self._children(own)
        return Played(
            tuple(map(self._way, own)), tuple(map(self._way, children)), duplicate=bool(accepted) and not own
        )

    def _run(self) -> None:
        for _ in range(_MOST_ROUNDS):
            moved = self._events.translate_received() > 0
            worked_on = self._events.work_once()
            if worked_on is not None and not self._tries_again:
                self._stop_at_failure(worked_on)
            moved = self._deliveries.deliver_once() is not None or moved or worked_on is not None
            if not moved and not self._jumped():
                return
        raise FieldwrightError("the rehearsal does not come to an end")

    def _stop_at_failure(self, event_id: str) -> None:
        for step in self._store.steps.of(event_id):
            if step.stage == "attempt" and step.detail.get("result") == "later":
                cause = step.detail["cause"]
                raise FieldwrightError(f"It cannot be read now: {cause}", hint="`fieldwright doctor` tells more.")

    def _jumped(self) -> bool:
        """Moves the clock to when something is due next; False when nothing is."""
        due = [self._store.inbox.next_due(), self._store.outbox.next_due() if self._tries_again else None]
        times = [moment for moment in due if moment is not None]
        if times:
            self._clock.advance(max(0.0, min(times) - self._clock.now()))
        return bool(times)

    def _children(self, parents: Sequence[str]) -> list[str]:
        known = reversed(self._store.inbox.list(self._name, limit=_MOST_ROUNDS))
        found, family = [], set(parents)
        for event in known:
            if event.parent_id in family:
                family.add(event.id)
                found.append(event.id)
        return found

    def _way(self, event_id: str) -> Way:
        event = self._store.inbox.get(event_id)
        canonical = canonical_of(event) if event.canonical else None
        return Way(event_id, canonical, event.outcome, tuple(self._store.steps.of(event_id)))
