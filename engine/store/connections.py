"""Small state of a connection: a webhook subscription's id and secret, a rotated token. Shown nowhere."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, select

from engine.model import Json
from engine.store.codec import decoded, encoded
from engine.store.database import Database, upsert
from engine.store.schema import connections


class Connections:
    """One JSON value per (connection, name)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, connection: str, name: str) -> Json:
        """The value, or None where there is none."""
        with self._database.read() as reading:
            row = reading.execute(select(connections).where(*_one(connection, name))).first()
        return None if row is None else decoded(row.value)

    def put(self, connection: str, name: str, value: Json) -> None:
        key = {"connection": connection, "name": name}
        with self._database.write() as writing:
            upsert(writing, connections, key, {"value": encoded(value)})

    def delete(self, connection: str, name: str) -> None:
        with self._database.write() as writing:
            writing.execute(delete(connections).where(*_one(connection, name)))


def _one(connection: str, name: str) -> tuple[ColumnElement[bool], ...]:
    return connections.c.connection == connection, connections.c.name == name
