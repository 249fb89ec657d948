"""Objects fetched from an ATS, kept by (connection, kind, id) until they expire.

Kinds are the caller's words: a job, a directory of names and ids, a résumé's text.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, select

from engine.clock import Clock
from engine.model import Json
from engine.store.codec import decoded, encoded
from engine.store.database import Database, upsert
from engine.store.erasures import Erasures
from engine.store.schema import cache


class Cache:
    """The table of kept objects."""

    def __init__(self, database: Database, clock: Clock, erasures: Erasures) -> None:
        self._database, self._clock, self._erasures = database, clock, erasures

    def get(self, connection: str, kind: str, id: str, *, expired_too: bool = False) -> Json:
        """The value that is kept, or None where nothing is, or no more (``expired_too``: as long as it is there)."""
        with self._database.read() as reading:
            row = reading.execute(select(cache).where(*_one(connection, kind, id))).first()
        if row is None:
            return None
        if row.expires_at is not None and row.expires_at <= self._clock.now() and not expired_too:
            return None
        return decoded(row.value)

    def put(
        self,
        connection: str,
        kind: str,
        id: str,
        value: Json,
        *,
        ttl_s: float | None = None,
        candidate_id: str | None = None,
    ) -> None:
        """Keeps ``value``, for good without ``ttl_s``.

        Give ``candidate_id`` with everything about a person: erasure goes by it. Raises PersonErased for one who was.
        """
        values = {
            "value": encoded(value),
            "candidate_id": candidate_id,
            "expires_at": None if ttl_s is None else self._clock.now() + ttl_s,
        }
        with self._database.write() as writing:
            self._erasures.check(writing, connection, candidate_id)
            upsert(writing, cache, {"connection": connection, "kind": kind, "id": id}, values)

    def forget(self, connection: str, kind: str, id: str) -> None:
        with self._database.write() as writing:
            writing.execute(delete(cache).where(*_one(connection, kind, id)))


def _one(connection: str, kind: str, id: str) -> tuple[ColumnElement[bool], ...]:
    return cache.c.connection == connection, cache.c.kind == kind, cache.c.id == id
