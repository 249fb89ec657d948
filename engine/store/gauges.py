"""How things stand in the store, for ``/metrics``: what is open, how old it is, what is dead."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from engine.clock import Clock
from engine.store.database import Database
from engine.store.deliveries import OPEN
from engine.store.schema import VERSION, inbox, outbox
from engine.store.versions import current_version

_OPEN_STATES = ("received", "ready", "leased", "planned")


@dataclass(frozen=True, slots=True)
class Standing:
    """Open events and deliveries by state, the age (s) of the oldest open event (0: none), dead writes to ATSs."""

    events: dict[str, int] = field(default_factory=dict)
    deliveries: dict[str, int] = field(default_factory=dict)
    oldest_s: float = 0.0
    dead: int = 0


class Gauges:
    """Reads by the states' indexes: what has ended long ago costs nothing."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def read(self) -> Standing:
        """How it stands now."""
        with self._database.read() as reading:
            events = {state: _count(reading, inbox, state) for state in _OPEN_STATES}
            deliveries = {state: _count(reading, outbox, state) for state in OPEN}
            began = [_oldest(reading, state) for state, count in events.items() if count]
            dead = _count(reading, outbox, "dead", outbox.c.route.is_(None))
        first = min((at for at in began if at is not None), default=None)
        oldest_s = max(0.0, self._clock.now() - first) if first is not None else 0.0
        return Standing(events, deliveries, oldest_s, dead)

    def schema_problem(self) -> str | None:
        """What is wrong with the schema, which another process may have changed meanwhile; None where it is right."""
        with self._database.read() as reading:
            found = current_version(reading)
        if found == VERSION:
            return None
        return f"the database has schema {found}, and this version works with schema {VERSION}"


def _count(reading: Connection, table: Any, state: str, *more: ColumnElement[bool]) -> int:
    counted = select(func.count()).select_from(table).where(table.c.state == state, *more)
    return int(reading.execute(counted).scalar_one())


def _oldest(reading: Connection, state: str) -> float | None:
    first = select(inbox.c.received_at).where(inbox.c.state == state).order_by(inbox.c.received_at).limit(1)
    return reading.execute(first).scalar()
