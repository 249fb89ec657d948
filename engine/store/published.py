"""Files that others may fetch for a while under a name that cannot be guessed. Only the name's hash is kept.

In: a token, a file and how long. Out: the file, as long as it lasts.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from sqlalchemy import delete, select

from engine.clock import Clock
from engine.store.database import Database, upsert
from engine.store.erasures import Erasures
from engine.store.schema import published


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A file as it is served."""

    name: str
    content_type: str
    data: bytes = field(repr=False)


class Published:
    """The table of published files."""

    def __init__(self, database: Database, clock: Clock, erasures: Erasures) -> None:
        self._database, self._clock, self._erasures = database, clock, erasures

    def put(self, token: str, connection: str, candidate_id: str, file: PublishedFile, lasts_s: float) -> None:
        """Publishes ``file`` under ``token`` for ``lasts_s``, in place of what is there. Raises PersonErased."""
        now = self._clock.now()
        row = {
            "connection": connection,
            "candidate_id": candidate_id,
            "name": file.name,
            "content_type": file.content_type,
            "data": file.data,
            "expires_at": now + lasts_s,
        }
        with self._database.write() as writing:
            self._erasures.check(writing, connection, candidate_id)
            upsert(writing, published, {"token_hash": _hash(token)}, row)

    def remove_expired(self) -> int:
        """Removes the files whose time is over; how many."""
        expired = published.c.expires_at <= self._clock.now()
        with self._database.read() as reading:
            if reading.execute(select(published.c.token_hash).where(expired).limit(1)).first() is None:
                return 0
        with self._database.write() as writing:
            return writing.execute(delete(published).where(expired)).rowcount

    def get(self, token: str) -> PublishedFile | None:
        """The file under ``token``; None where there is none, or none any more."""
        wanted = (published.c.token_hash == _hash(token), published.c.expires_at > self._clock.now())
        with self._database.read() as reading:
            row = reading.execute(select(published).where(*wanted)).first()
        return PublishedFile(row.name, row.content_type, row.data) if row else None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
