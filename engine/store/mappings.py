"""The texts of mappings: what a manifest and a tenant's file said, by the hash that events and deliveries carry.

They are kept as long as something open refers to them, so that what was begun by one text is not ended by another.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, delete, exists, select

from engine.clock import Clock
from engine.store.codec import decoded, encoded
from engine.store.database import Database, upsert
from engine.store.deliveries import OPEN
from engine.store.schema import inbox, mappings, outbox

_FRESH_S = 86_400.0
_WORKED_ON = ("ready", "leased", "planned")
_NEWER = mappings.alias("newer")


class Mappings:
    """The table of texts, by digest."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def keep(self, digest: str, connection: str, texts: Mapping[str, str]) -> None:
        """Stores the texts of a connection's mapping, if they are new; they are in use now."""
        now = self._clock.now()
        used = select(mappings.c.at).where(mappings.c.digest == digest, mappings.c.at > now - _FRESH_S)
        with self._database.read() as reading:
            if reading.execute(used).first() is not None:
                return
        values = {"connection": connection, "files": encoded(texts), "at": now}
        with self._database.write() as writing:
            upsert(writing, mappings, {"digest": digest}, values)

    def texts(self, connection: str, digest: str) -> dict[str, str] | None:
        """The texts; None where none of this digest are kept for the connection."""
        one = (mappings.c.digest == digest, mappings.c.connection == connection)
        with self._database.read() as reading:
            row = reading.execute(select(mappings.c.files).where(*one)).first()
        return None if row is None else decoded(row.files)

    def forget_unused(self, before: float) -> int:
        """Removes texts that no start made use of since ``before`` (UTC s) and nothing open refers to; how many.

        The newest ones of each connection stay.
        """
        unused = (mappings.c.at < before, _is_followed(), ~_event_is_open(), ~_delivery_is_open())
        with self._database.read() as reading:
            if reading.execute(select(mappings.c.digest).where(*unused).limit(1)).first() is None:
                return 0
        with self._database.write() as writing:
            return writing.execute(delete(mappings).where(*unused)).rowcount


def _is_followed() -> ColumnElement[bool]:
    return exists().where(_NEWER.c.connection == mappings.c.connection, _NEWER.c.at > mappings.c.at)


def _event_is_open() -> ColumnElement[bool]:
    here = (inbox.c.connection == mappings.c.connection, inbox.c.state.in_(_WORKED_ON))
    return exists().where(*here, inbox.c.manifest_hash == mappings.c.digest)


def _delivery_is_open() -> ColumnElement[bool]:
    here = (outbox.c.connection == mappings.c.connection, outbox.c.state.in_(OPEN))
    return exists().where(*here, outbox.c.manifest_hash == mappings.c.digest)
