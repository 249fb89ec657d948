"""Pseudonyms of people in the audit: a keyed hash whose key is one person's own, and goes when they are erased.

While the key is there, all rows about a person can be found; without it, nobody can tell whom they are about.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from sqlalchemy import Connection, select

from engine.errors import PersonErased
from engine.store.columns import storable
from engine.store.database import Database, ignoring_insert
from engine.store.erasures import Erasures
from engine.store.schema import persons


class Persons:
    """The table of keys, one for each (connection, candidate)."""

    def __init__(self, database: Database, erasures: Erasures) -> None:
        self._database, self._erasures = database, erasures

    def pseudonym(self, connection: str, candidate_id: str) -> str | None:
        """32 hex digits that stand for the candidate; a key is made where they have none yet.

        None for one who was erased: nothing may be found by them any more.
        """
        with self._database.write() as writing:
            try:
                self._erasures.check(writing, connection, candidate_id)
            except PersonErased:
                return None
            salt = _salt(writing, connection, candidate_id)
            if salt is None:
                fresh = {"connection": connection, "candidate_id": candidate_id, "salt": secrets.token_hex(32)}
                writing.execute(ignoring_insert(writing, persons).values(**fresh).on_conflict_do_nothing())
                salt = _salt(writing, connection, candidate_id) or fresh["salt"]
        return hmac.new(bytes.fromhex(salt), storable(candidate_id).encode(), hashlib.sha256).hexdigest()[:32]

    def known(self, connection: str, candidate_id: str) -> str | None:
        """The same, but None where no row was ever written about the candidate, or they were erased."""
        with self._database.read() as reading:
            found = _salt(reading, connection, candidate_id) is not None
        return self.pseudonym(connection, candidate_id) if found else None


def _salt(connection: Connection, tenant: str, candidate_id: str) -> str | None:
    one = (persons.c.connection == tenant, persons.c.candidate_id == candidate_id)
    salt: str | None = connection.execute(select(persons.c.salt).where(*one)).scalar()
    return salt
