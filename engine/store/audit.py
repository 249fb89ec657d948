"""The audit log: a row, with an id, for every push to and every pull from an ATS. No content, no query values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import insert, select

from engine.clock import Clock
from engine.store.database import Database
from engine.store.identity import Identity
from engine.store.schema import audit

Direction = Literal["pull", "push"]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One call: when (UTC s), for which event, what, and how it went. ``status`` is None without an answer."""

    id: str
    at: float
    connection: str
    event_id: str | None
    person: str | None
    actor: str
    direction: Direction
    operation: str
    method: str
    path: str
    status: int | None
    bytes_out: int
    bytes_in: int
    duration_ms: float
    outcome: str


AuditEntries = list[AuditEntry]


class Audit:
    """The table of calls; rows are only ever added."""

    def __init__(self, database: Database, clock: Clock, identity: Identity) -> None:
        self._database, self._clock, self._identity = database, clock, identity

    def record(
        self,
        connection: str,
        event_id: str | None,
        direction: Direction,
        operation: str,
        method: str,
        path: str,
        status: int | None,
        bytes_out: int,
        bytes_in: int,
        duration_ms: float,
        outcome: str,
    ) -> str:
        """Adds a row and gives its id. A query in ``path`` is cut off."""
        id_ = self._identity.new("aud")
        row = {
            "id": id_,
            "at": self._clock.now(),
            "connection": connection,
            "event_id": event_id,
            "direction": direction,
            "operation": operation,
            "method": method,
            "path": path.partition("?")[0],
            "status": status,
            "bytes_out": bytes_out,
            "bytes_in": bytes_in,
            "duration_ms": duration_ms,
            "outcome": outcome,
        }
        with self._database.write() as writing:
            writing.execute(insert(audit).values(**row))
        return id_

    def list(self, event_id: str | None = None, connection: str | None = None, limit: int = 100) -> AuditEntries:
        """Rows, newest first, narrowed by what is given."""
        wanted = {audit.c.event_id: event_id, audit.c.connection: connection}
        conditions = [column == value for column, value in wanted.items() if value is not None]
        newest = select(audit).where(*conditions).order_by(audit.c.id.desc()).limit(limit)
        with self._database.read() as reading:
            return [AuditEntry(**row._mapping) for row in reading.execute(newest)]
