"""Counts of what was refused at the door: of such a request nothing else is kept."""

from __future__ import annotations

from sqlalchemy import select

from engine.store.database import Database, ignoring_insert
from engine.store.schema import refused


class Refusals:
    """One counter per (connection, reason); the connection is "" where the request named none we know."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, connection: str | None, reason: str) -> None:
        with self._database.write() as writing:
            first = ignoring_insert(writing, refused).values(connection=connection or "", reason=reason, count=1)
            key = [refused.c.connection, refused.c.reason]
            writing.execute(first.on_conflict_do_update(index_elements=key, set_={"count": refused.c.count + 1}))

    def all(self) -> dict[str, dict[str, int]]:
        """How many were refused, by connection and reason."""
        counts: dict[str, dict[str, int]] = {}
        with self._database.read() as reading:
            for connection, reason, count in reading.execute(select(refused)):
                counts.setdefault(connection, {})[reason] = count
        return counts
