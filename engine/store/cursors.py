"""How far each stream of a connection has been read: poll watermarks and the progress of a backfill."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from engine.clock import Clock
from engine.model import Json
from engine.store.codec import decoded, encoded
from engine.store.database import Database, upsert
from engine.store.schema import cursors


class Cursors:
    """One JSON object per (connection, stream)."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def get(self, connection: str, stream: str) -> dict[str, Json] | None:
        wanted = (cursors.c.connection == connection, cursors.c.stream == stream)
        with self._database.read() as reading:
            found: dict[str, Json] | None = decoded(reading.execute(select(cursors.c.value).where(*wanted)).scalar())
            return found

    def put(self, connection: str, stream: str, value: Mapping[str, Json]) -> None:
        key = {"connection": connection, "stream": stream}
        with self._database.write() as writing:
            upsert(writing, cursors, key, {"value": encoded(value), "at": self._clock.now()})

    def all(self, connection: str) -> dict[str, dict[str, Json]]:
        """The connection's cursors by stream."""
        with self._database.read() as reading:
            rows = reading.execute(select(cursors).where(cursors.c.connection == connection))
            return {row.stream: decoded(row.value) for row in rows}
