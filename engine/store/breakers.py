"""How each connection's breaker stands, shared by all processes and kept over restarts: one JSON value for each."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import delete, select

from engine.clock import Clock
from engine.model import Json
from engine.store.codec import decoded, encoded
from engine.store.database import Database, upsert
from engine.store.schema import breakers


class Breakers:
    """The table of breakers. A connection without a row is closed: it is called."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def all(self, names: Collection[str] | None = None) -> dict[str, Mapping[str, Json]]:
        """The kept values by connection (of ``names`` only)."""
        wanted = select(breakers)
        if names is not None:
            wanted = wanted.where(breakers.c.connection.in_(names))
        with self._database.read() as reading:
            return {row.connection: decoded(row.value) for row in reading.execute(wanted)}

    def put(self, connection: str, value: Mapping[str, Json]) -> None:
        with self._database.write() as writing:
            row = {"value": encoded(value), "at": self._clock.now()}
            upsert(writing, breakers, {"connection": connection}, row)

    def delete(self, connection: str) -> bool:
        """Forgets a connection's; whether there was one."""
        with self._database.write() as writing:
            return writing.execute(delete(breakers).where(breakers.c.connection == connection)).rowcount > 0
