"""Small state of a connection: a webhook subscription's id and secret, a rotated token. Shown nowhere."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, select

from engine.clock import Clock
from engine.model import Json
from engine.store.codec import decoded, encoded
from engine.store.database import Database, upsert
from engine.store.schema import connections


class Connections:
    """One JSON value per (connection, name), with an expiry where it has one."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def get(self, connection: str, name: str) -> Json:
        """The value, or None where there is none, or no more."""
        with self._database.read() as reading:
            row = reading.execute(select(connections).where(*_one(connection, name))).first()
        if row is None or (row.expires_at is not None and row.expires_at <= self._clock.now()):
            return None
        return decoded(row.value)

    def put(self, connection: str, name: str, value: Json, *, expires_at: float | None = None) -> None:
        """Keeps ``value`` until ``expires_at`` (UTC s), for good without one."""
        key = {"connection": connection, "name": name}
        with self._database.write() as writing:
            upsert(writing, connections, key, {"value": encoded(value), "expires_at": expires_at})

    def delete(self, connection: str, name: str) -> None:
        with self._database.write() as writing:
            writing.execute(delete(connections).where(*_one(connection, name)))


def _one(connection: str, name: str) -> tuple[ColumnElement[bool], ...]:
    return connections.c.connection == connection, connections.c.name == name
