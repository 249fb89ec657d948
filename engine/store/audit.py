"""The audit log: a row, with an id, for every call to an ATS and for whatever an operator did.

No content, no query values, no ids of people: a path is the manifest's, and a person is a pseudonym that their
erasure unties from them for ever. Rows are only ever added; ``engine.store.audit_seals`` chains them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, insert, select

from engine.clock import Clock
from engine.store.database import Database
from engine.store.identity import Identity
from engine.store.persons import Persons
from engine.store.schema import audit

Direction = Literal["pull", "push", "act"]
"""``pull`` read from an ATS, ``push`` wrote to it, ``act`` was done here."""

ENGINE = "engine"
"""The actor of what nobody asked for by hand."""


@dataclass(frozen=True, slots=True)
class Call:
    """One exchange with an ATS. ``path`` is the manifest's, ``status`` None without an answer.

    ``candidate_id``: whom the event worked on is about, if known; only the pseudonym is stored. ``actor``: who had
    it done: ``engine``, ``cli:<user of the machine>`` or ``key:<id>``.
    """

    connection: str
    direction: Direction
    operation: str
    method: str
    path: str
    status: int | None
    bytes_out: int
    bytes_in: int
    duration_ms: float
    outcome: str
    actor: str = ENGINE
    event_id: str | None = None
    candidate_id: str | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A stored row: when (UTC s), who, about whom, what, and how it went.

    Of what an operator did ``direction`` is ``act``, ``path`` says what there is to say of it, ``method`` is empty.
    """

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
    """The table of calls and acts; rows are only ever added."""

    def __init__(self, database: Database, clock: Clock, identity: Identity, persons: Persons) -> None:
        self._database, self._clock, self._identity, self._persons = database, clock, identity, persons

    def record(self, call: Call) -> str:
        """Adds a row for a call and gives its id. A query in its path is cut off."""
        row = asdict(call)
        row["path"] = call.path.partition("?")[0]
        return self._add(row, row.pop("candidate_id"))

    def act(
        self,
        actor: str,
        operation: str,
        connection: str = "",
        event_id: str | None = None,
        detail: str = "",
        candidate_id: str | None = None,
    ) -> str:
        """Adds a row for what an operator did, such as a replay, and gives its id. ``detail`` names no person.

        ``connection`` is empty for what concerns all tenants.
        """
        row = {"connection": connection, "event_id": event_id, "actor": actor, "operation": operation}
        nothing = {"method": "", "status": None, "bytes_out": 0, "bytes_in": 0, "duration_ms": 0.0, "outcome": "ok"}
        return self._add({**row, **nothing, "direction": "act", "path": detail}, candidate_id)

    def list(
        self,
        event_id: str | None = None,
        connection: str | None = None,
        limit: int = 100,
        *,
        actor: str | None = None,
        operation: str | None = None,
        person: str | None = None,
        direction: Direction | None = None,
        since: float | None = None,
    ) -> AuditEntries:
        """Rows, newest first, narrowed by what is given; ``since`` is UTC s."""
        wanted = {
            audit.c.event_id: event_id,
            audit.c.connection: connection,
            audit.c.actor: actor,
            audit.c.operation: operation,
            audit.c.person: person,
            audit.c.direction: direction,
        }
        conditions: list[ColumnElement[bool]] = [
            column == value for column, value in wanted.items() if value is not None
        ]
        if since is not None:
            conditions.append(audit.c.at >= since)
        self._database.flush()
        newest = select(audit).where(*conditions).order_by(audit.c.id.desc()).limit(limit)
        with self._database.read() as reading:
            return [AuditEntry(**row._mapping) for row in reading.execute(newest)]

    def _add(self, row: dict[str, Any], candidate_id: str | None) -> str:
        id_ = self._identity.new("aud")
        row |= {"id": id_, "at": self._clock.now()}

        def add(writing: Connection) -> None:
            person = self._persons.pseudonym(row["connection"], candidate_id) if candidate_id else None
            writing.execute(insert(audit).values(person=person, **row))

        self._database.later(add)
        return id_
