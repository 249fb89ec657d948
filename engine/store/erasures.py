"""Who was erased, as keyed hashes of the candidates' ids: what comes about one of them late is known, and not kept.

The key of the hashes is kept among the store's secrets. Whatever keeps something about a person asks here first, in
its own transaction: what a worker has in hand about an erased person is not kept any more.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, delete, select, update

from engine.clock import Clock
from engine.errors import PersonErased
from engine.store.columns import storable
from engine.store.connections import Connections
from engine.store.database import Database, ignoring_insert, one_at_a_time
from engine.store.erasure import blank
from engine.store.schema import erased, inbox

_KEY = "erasures"


class Erasures:
    """The table of erased people, one row for each (connection, candidate)."""

    def __init__(self, database: Database, clock: Clock, connections: Connections) -> None:
        self._database, self._clock, self._connections = database, clock, connections
        self._key: bytes | None = None

    def has(self, connection: str, candidate_id: str | None) -> bool:
        """Whether this candidate was erased, and not taken again since."""
        if candidate_id is None or (person := self._person(connection, candidate_id)) is None:
            return False
        with self._database.read() as reading:
            return reading.execute(select(erased.c.at).where(*_one(connection, person))).first() is not None

    def check(self, writing: Connection, connection: str, candidate_id: str | None) -> None:
        """Raises PersonErased where the candidate was erased; until ``writing`` ends, they are not."""
        if candidate_id is None:
            return
        one_at_a_time(writing, f"person|{connection}|{candidate_id}")
        if self.has(connection, candidate_id):
            raise PersonErased

    def remember(self, writing: Connection, connection: str, candidate_id: str) -> str:
        """Makes the candidate an erased one; the hash they are known by from now on."""
        self._connections.change("", _KEY, lambda kept: kept or secrets.token_hex(32))
        one_at_a_time(writing, f"person|{connection}|{candidate_id}")
        person = self._person(connection, candidate_id) or ""
        row = {"connection": connection, "person": person, "at": self._clock.now()}
        writing.execute(ignoring_insert(writing, erased).values(row).on_conflict_do_nothing())
        return person

    def lift(self, connection: str, candidate_id: str) -> bool:
        """Takes the candidate again from now on; whether they were erased. Nothing that is gone comes back."""
        person = self._person(connection, candidate_id)
        if person is None:
            return False
        with self._database.write() as writing:
            return writing.execute(delete(erased).where(*_one(connection, person))).rowcount > 0

    def blank(self, event_ids: Sequence[str]) -> int:
        """Removes what the events say, and those they were split from; how many. Their outcomes stay."""
        with self._database.write() as writing:
            return blank(writing, event_ids)

    def concerns(self, event_id: str, candidate_id: str | None) -> None:
        """Keeps whom an event is about that is not worked on, so that their erasure finds it."""
        with self._database.write() as writing:
            writing.execute(update(inbox).where(inbox.c.id == event_id).values(candidate_id=candidate_id))

    def _person(self, connection: str, candidate_id: str) -> str | None:
        if self._key is None:
            kept = self._connections.get("", _KEY)
            if kept is None:
                return None
            self._key = bytes.fromhex(str(kept))
        named = storable(f"{connection}|{candidate_id}").encode()
        return hmac.new(self._key, named, hashlib.sha256).hexdigest()[:32]


def _one(connection: str, person: str) -> tuple[ColumnElement[bool], ...]:
    return erased.c.connection == connection, erased.c.person == person
