"""What was last written for each application, as digests: for "nothing changed, nothing sent" and for echoes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select, update

from engine.clock import Clock
from engine.store.database import Database, upsert
from engine.store.schema import written


@dataclass(frozen=True, slots=True)
class Written:
    """The digest of an output's value, where it went, and when (UTC s; None while it is not stored)."""

    output: str
    digest: str
    place: str
    target: str
    at: float | None = None


class WrittenValues:
    """One row per (connection, subject, output)."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def last(self, connection: str, subject: str) -> dict[str, Written]:
        """What was last written of the subject, by output."""
        wanted = (written.c.connection == connection, written.c.subject == subject)
        with self._database.read() as reading:
            rows = reading.execute(select(written).where(*wanted))
            return {row.output: Written(row.output, row.digest, row.place, row.target, row.at) for row in rows}

    def renamed(self, connection: str, output: str, before: str, now: str) -> None:
        """The target ``before`` of an output is called ``now``; what was written there stays written."""
        same = (written.c.connection == connection, written.c.output == output, written.c.target == before)
        with self._database.write() as writing:
            writing.execute(update(written).where(*same, written.c.place == "field").values(target=now))

    def remember(self, connection: str, subject: str, rows: Iterable[Written]) -> None:
        """Remembers what has just been written; the time is the store's."""
        now = self._clock.now()
        with self._database.write() as writing:
            for row in rows:
                key = {"connection": connection, "subject": subject, "output": row.output}
                values = {"digest": row.digest, "place": row.place, "target": row.target, "at": now}
                upsert(writing, written, key, values)
