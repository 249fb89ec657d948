"""Counts of what was refused at the door: of such a request nothing else is kept."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from engine.store.database import Database, ignoring_insert
from engine.store.schema import refused


class Refusals:
    """One counter per (connection, reason); the connection is "" where the request named none we know."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, counts: Mapping[tuple[str | None, str], int]) -> None:
        with self._database.write() as writing:
            for (connection, reason), count in counts.items():
                key = {"connection": connection or "", "reason": reason}
                first = ignoring_insert(writing, refused).values(**key, count=count)
                more = {"count": refused.c.count + count}
                writing.execute(first.on_conflict_do_update(index_elements=list(key), set_=more))

    def all(self) -> dict[str, dict[str, int]]:
        """How many were refused, by connection and reason."""
        counts: dict[str, dict[str, int]] = {}
        with self._database.read() as reading:
            for connection, reason, count in reading.execute(select(refused)):
                counts.setdefault(connection, {})[reason] = count
        return counts
