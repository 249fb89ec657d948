"""Objects fetched from an ATS, kept by (connection, kind, id) with the provider's version and an expiry.

Kinds are the caller's words: a job, a directory of names and ids, a résumé's text.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, delete, select

from engine.clock import Clock
from engine.model import Json
from engine.store.codec import decoded, encoded
from engine.store.database import Database, upsert
from engine.store.schema import cache


@dataclass(frozen=True, slots=True)
class Cached:
    """A kept object: the provider's mark of its state, its value, and until when it holds (None: for good)."""

    version: str | None
    value: Json = field(repr=False)
    expires_at: float | None


class Cache:
    """The table of kept objects."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def get(self, connection: str, kind: str, id: str) -> Cached | None:
        """What is kept, or None where nothing is, or no more."""
        with self._database.read() as reading:
            row = reading.execute(select(cache).where(*_one(connection, kind, id))).first()
        if row is None or (row.expires_at is not None and row.expires_at <= self._clock.now()):
            return None
        return Cached(row.version, decoded(row.value), row.expires_at)

    def put(
        self,
        connection: str,
        kind: str,
        id: str,
        value: Json,
        *,
        version: str | None = None,
        ttl_s: float | None = None,
        candidate_id: str | None = None,
    ) -> None:
        """Keeps ``value``. Give ``candidate_id`` with everything about a person: erasure goes by it."""
        values = {
            "version": version,
            "value": encoded(value),
            "candidate_id": candidate_id,
            "expires_at": None if ttl_s is None else self._clock.now() + ttl_s,
        }
        with self._database.write() as writing:
            upsert(writing, cache, {"connection": connection, "kind": kind, "id": id}, values)

    def forget(self, connection: str, kind: str, id: str) -> None:
        with self._database.write() as writing:
            writing.execute(delete(cache).where(*_one(connection, kind, id)))


def _one(connection: str, kind: str, id: str) -> tuple[ColumnElement[bool], ...]:
    return cache.c.connection == connection, cache.c.kind == kind, cache.c.id == id
