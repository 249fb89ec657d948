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
from engine.model import Json
from engine.pipeline.route import Route, open_route
from engine.ports import ResumeReading, Scorer
from engine.rehearsal.answers import Answers, CannedTransport, Exchanged, Unanswered
from engine.rehearsal.incoming import raw_events
from engine.rehearsal.placing import Placed, placed_of
from engine.rehearsal.staging import Played, Stage, Way
from engine.scoring.resume_text import ResumeReader
from engine.store.deliveries import Delivery
from engine.store.store import Store

_MEMORY = Path("/dev/shm")  # where a machine has it, nothing waits for a disk


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What one event came to.

    ``ways``: the given event's (several for a poll's records); ``split``: those it was split into. ``placed`` holds
    each output of each event and where it went. ``duplicate``: it was known already, and nothing was done.
    ``called`` names the operations of all requests, those of the events before it included; ``unavailable`` the
    capabilities that are not there; ``refused`` the kinds of places that were refused for good.
    """

    ways: tuple[Way, ...]
    split: tuple[Way, ...]
    exchanged: tuple[Exchanged, ...]
    placed: tuple[Placed, ...]
    duplicate: bool = False
    called: frozenset[str] = frozenset()
    unavailable: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()

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
        route = open_route(connection, transport, store, self._clock)
        stage = Stage(route, store, self._clock, scorer, self._reader)
        try:
            for earlier in before:
                stage.play(raw_events(connection, earlier, self._clock.now()))
            return self._played(stage, route, transport, event)
        except BaseException as error:
            # What was left half done would be taken up by the next rehearsal.
            self._drop_store()
            if isinstance(error, Unanswered):
                raise error.as_input_error() from None
            raise

    def _played(self, stage: Stage, route: Route, transport: CannedTransport, event: Mapping[str, Json]) -> Rehearsal:
        assert self._store is not None
        first = len(transport.exchanged)
        played = stage.play(raw_events(route.connection, event, self._clock.now()))
        ids = [way.event_id for way in (*played.ways, *played.split)]
        return Rehearsal(
            played.ways,
            played.split,
            tuple(transport.exchanged[first:]),
            tuple(item for event_id in ids for item in placed_of(route, self._store, event_id)),
            played.duplicate,
            frozenset(one.request.operation for one in transport.exchanged),
            _unavailable(route, played),
            frozenset(one.place for event_id in ids for one in self._store.outbox.of_event(event_id) if _fell(one)),
        )

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


def _fell(delivery: Delivery) -> bool:
    """Whether a request was refused for good, and its outputs went elsewhere or nowhere."""
    return delivery.state in ("moved", "dead")


def _unavailable(route: Route, played: Played) -> frozenset[str]:
    """The capabilities that are not there; none where the ATS would have to be asked and does not answer."""
    steps = (step for way in (*played.ways, *played.split) for step in way.steps)
    prospect = any(step.stage == "hydrated" and step.detail["prospect"] for step in steps)
    try:
        return frozenset(route.discovery.unavailable(prospect=prospect))
    except (FieldwrightError, Unanswered):
        return frozenset()
