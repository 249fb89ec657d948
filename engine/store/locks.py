"""Locks that run out: who of several processes may do something now, by the time of the database.

A lock that was taken over gets a higher token. Whoever holds an old one renews and releases nothing.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, select, update

from engine.clock import Clock
from engine.store.database import Database, ignoring_insert
from engine.store.schema import locks


class Locks:
    """The table of locks. ``holder`` names a process; each method is one transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def acquire(self, name: str, holder: str, lease_s: float) -> int | None:
        """Takes the lock for ``lease_s`` where nobody has it; its token, or None."""
        now = self._clock.now()
        taken = {"holder": holder, "until": now + lease_s}
        with self._database.write() as connection:
            row = ignoring_insert(connection, locks).values(name=name, token=1, **taken)
            free = row.on_conflict_do_update(
                index_elements=["name"], set_={**taken, "token": locks.c.token + 1}, where=locks.c.until <= now
            )
            token: int | None = connection.execute(free.returning(locks.c.token)).scalar()
            return token

    def holder(self, name: str) -> str | None:
        """Who has the lock now; None where nobody has."""
        held = select(locks.c.holder).where(locks.c.name == name, locks.c.until > self._clock.now())
        with self._database.read() as connection:
            found: str | None = connection.execute(held).scalar()
            return found

    def renew(self, name: str, holder: str, token: int, lease_s: float) -> bool:
        """Keeps the lock for ``lease_s`` from now; whether it is still this holder's."""
        kept = update(locks).where(*_mine(name, holder, token)).values(until=self._clock.now() + lease_s)
        with self._database.write() as connection:
            return connection.execute(kept).rowcount > 0

    def release(self, name: str, holder: str, token: int) -> None:
        """Gives the lock back, where it is still this holder's."""
        freed = update(locks).where(*_mine(name, holder, token)).values(until=self._clock.now())
        with self._database.write() as connection:
            connection.execute(freed)


def _mine(name: str, holder: str, token: int) -> tuple[ColumnElement[bool], ...]:
    return (locks.c.name == name, locks.c.holder == holder, locks.c.token == token)
