"""What waits for each route, and how what was given up is sent again."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, select, update

from engine.clock import Clock
from engine.store.database import Database
from engine.store.schema import outbox


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many outgoing events of a route wait and how many were given up; since when the oldest waits (UTC s)."""

    pending: int = 0
    dead: int = 0
    oldest: float | None = None


class RouteRows:
    """The rows of the outbox that are for other systems."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def waiting(self) -> dict[str, Waiting]:
        """By route, those of every name that anything is there for."""
        found: dict[str, Waiting] = {}
        grouped = select(outbox.c.route, func.sum(_is_open()), func.sum(_is_dead()), func.min(_since()))
        statement = grouped.where(outbox.c.route.is_not(None), outbox.c.state.in_(("pending", "leased", "dead")))
        with self._database.read() as reading:
            for name, pending, dead, oldest in reading.execute(statement.group_by(outbox.c.route)):
                found[name] = Waiting(int(pending or 0), int(dead or 0), oldest)
        return found

    def send_again(self, route: str, since: float = 0.0) -> int:
        """Makes what was given up from ``since`` (UTC s) on due now; how many. What was erased stays ended."""
        dead = (outbox.c.route == route, outbox.c.state == "dead", outbox.c.created_at >= since)
        fresh = {"state": "pending", "attempts": 0, "next_at": self._clock.now(), "settled_at": None}
        with self._database.write() as writing:
            return writing.execute(update(outbox).where(*dead, outbox.c.payload != "{}").values(**fresh)).rowcount


def _is_open() -> ColumnElement[int]:
    return case((outbox.c.state != "dead", 1), else_=0)


def _is_dead() -> ColumnElement[int]:
    return case((outbox.c.state == "dead", 1), else_=0)


def _since() -> ColumnElement[float | None]:
    return case((outbox.c.state != "dead", outbox.c.created_at))
