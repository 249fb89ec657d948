"""The way of an event, step by step, as ``events show`` tells it. Details hold no personal data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, insert, select

from engine.clock import Clock
from engine.model import Json
from engine.store.codec import decoded, encoded
from engine.store.database import Database
from engine.store.identity import Identity
from engine.store.schema import steps


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its stage, such as ``translated`` or ``rung``, what there is to say of it, and when (UTC s)."""

    stage: str
    detail: Mapping[str, Json]
    at: float


class Steps:
    """The table of steps."""

    def __init__(self, database: Database, clock: Clock, identity: Identity) -> None:
        self._database, self._clock, self._identity = database, clock, identity

    def add(self, event_id: str, stage: str, detail: Mapping[str, Json]) -> None:
        """Adds a step to an event. Raises InputError where there is no such event, unless it is written later."""
        row = {"id": self._identity.new("stp"), "event_id": event_id, "at": self._clock.now()}
        adding = insert(steps).values(**row, stage=stage, detail=encoded(detail))
        self._database.later(lambda connection: connection.execute(adding))

    def of(self, event_id: str) -> list[Step]:
        """The event's steps, in the order they were added."""
        self._database.flush()
        ordered = select(steps).where(steps.c.event_id == event_id).order_by(steps.c.at, steps.c.id)
        with self._database.read() as connection:
            return [step_from(row) for row in connection.execute(ordered)]


def step_from(row: Row[Any]) -> Step:
    """The step of a whole row."""
    return Step(row.stage, decoded(row.detail), row.at)
