"""One event through the real pipeline, against canned answers: what would be read, written and recorded.

The store is a new one that goes away again, the clock jumps over every wait, and the transport sends nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Literal

from engine.clock import ManualClock
from engine.errors import FieldwrightError
from engine.manifest.connection import Connection
from engine.model import CanonicalEvent, Json, Outcome
from engine.pipeline.deliveries import DeliveryWork
from engine.pipeline.events import EventWork, canonical_of
from engine.pipeline.route import Route, open_route
from engine.ports import ResumeReading, Scorer
from engine.rehearsal.answers import Answers, CannedTransport, Exchanged, Unanswered
from engine.rehearsal.incoming import raw_events
from engine.rehearsal.placing import Placed, placed_of
from engine.scoring.resume_text import ResumeReader
from engine.store.steps import Step
from engine.store.store import Store

_MOST_ROUNDS = 5000
_MEMORY = Path("/dev/shm")  # where a machine has it, nothing waits for a disk


@dataclass(frozen=True, slots=True)
class Way:
    """One event's way: the canonical event (None when it got none), its steps, and how it ended."""

    event_id: str
    canonical: CanonicalEvent | None
    outcome: Outcome | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What one event came to.

    ``ways``: the given event's (several for a poll's records); ``split``: those it was split into. ``placed`` holds
    each output of each event and where it went. ``duplicate``: it was known already, and nothing was done.
    """

    ways: tuple[Way, ...]
    split: tuple[Way, ...]
    exchanged: tuple[Exchanged, ...]
    placed: tuple[Placed, ...]
    duplicate: bool = False

    def of_kind(self, kind: Literal["read", "write", "sign_in"]) -> tuple[Exchanged, ...]:
        """The requests of one kind, in the order in which they were made."""
        return tuple(one for one in self.exchanged if one.kind == kind)


def rehearse(
    connection: Connection,
    event: Mapping[str, Json],
    answers: Answers,
    *,
    scorer: Scorer,
    clock: ManualClock | None = None,
    reader: ResumeReading | None = None,
    before: Sequence[Mapping[str, Json]] = (),
) -> Rehearsal:
    """What ``event`` comes to, after the events ``before`` it; both as ``engine.rehearsal.incoming`` describes.

    Raises InputError where a request is made that nothing answers, or the event is not to be read as one.
    """
    with Rehearsals(clock, reader) as rehearsals:
        return rehearsals.rehearse(connection, event, answers, scorer=scorer, before=before)


class Rehearsals:
    """Many rehearsals over one store, which is what takes time to set up; none sees another's doings."""

    def __init__(self, clock: ManualClock | None = None, reader: ResumeReading | None = None) -> None:
        self._clock = clock or ManualClock()
        self._own_reader = None if reader else ResumeReader(processes=1)
        self._reader = reader or self._own_reader
        self._store: Store | None = None
        self._folder: TemporaryDirectory[str] | None = None
        self._count = 0

    def rehearse(
        self,
        connection: Connection,
        event: Mapping[str, Json],
        answers: Answers,
        *,
        scorer: Scorer,
        before: Sequence[Mapping[str, Json]] = (),
    ) -> Rehearsal:
        """As the function of this name."""
        self._count += 1
        if self._count > 1:
            connection = replace(connection, name=f"{connection.name}-{self._count}")
        store = self._store = self._store or self._new_store()
        assert self._reader is not None
        transport = CannedTransport(connection.manifest, answers)
        stage = _Stage(connection, transport, store, self._clock, scorer, self._reader)
        try:
            for earlier in before:
                stage.play(earlier)
            return stage.play(event)
        except BaseException as error:
            # What was left half done would be taken up by the next rehearsal.
            self._drop_store()
            if isinstance(error, Unanswered):
                raise error.as_input_error() from None
            raise

    def close(self) -> None:
        self._drop_store()
        if self._own_reader is not None:
            self._own_reader.close()

    def __enter__(self) -> Rehearsals:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _new_store(self) -> Store:
        in_memory = str(_MEMORY) if os.access(_MEMORY, os.W_OK) else None
        self._folder = TemporaryDirectory(prefix="fieldwright-", dir=in_memory)
        return Store.open(Path(self._folder.name) / "rehearsal.db", self._clock)

    def _drop_store(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


class _Stage:
    """The pipeline set up for one connection."""

    def __init__(
        self,
        connection: Connection,
        transport: CannedTransport,
        store: Store,
        clock: ManualClock,
        scorer: Scorer,
        reader: ResumeReading,
    ) -> None:
        self._connection, self._transport, self._store, self._clock = connection, transport, store, clock
        self._route: Route = open_route(connection, transport, store, clock)
        routes = {connection.name: self._route}
        self._events = EventWork(routes, store, scorer, reader, clock)
        self._deliveries = DeliveryWork(routes, store, clock)

    def play(self, event: Mapping[str, Json]) -> Rehearsal:
        """Takes the event to its end, and all that follows from it."""
        first = len(self._transport.exchanged)
        accepted = self._store.inbox.accept(raw_events(self._connection, event, self._clock.now()))
        self._run()
        own = [one.id for one in accepted if one.new]
        children = self._children(own)
        exchanged = tuple(self._transport.exchanged[first:])
        placed = tuple(
            item for event_id in (*own, *children) for item in placed_of(self._route, self._store, event_id)
        )
        return Rehearsal(
            tuple(map(self._way, own)),
            tuple(map(self._way, children)),
            exchanged,
            placed,
            duplicate=bool(accepted) and not own,
        )

    def _run(self) -> None:
        for _ in range(_MOST_ROUNDS):
            moved = self._events.translate_received() > 0
            moved = self._events.work_once() is not None or moved
            moved = self._deliveries.deliver_once() is not None or moved
            if not moved and not self._jumped():
                return
        raise FieldwrightError("the rehearsal does not come to an end")

    def _jumped(self) -> bool:
        """Moves the clock to when something is due next; False when nothing is."""
        times = [due for due in (self._store.inbox.next_due(), self._store.outbox.next_due()) if due is not None]
        if times:
            self._clock.advance(max(0.0, min(times) - self._clock.now()))
        return bool(times)

    def _children(self, parents: Sequence[str]) -> list[str]:
        known = reversed(self._store.inbox.list(self._connection.name, limit=_MOST_ROUNDS))
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
