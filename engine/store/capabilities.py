"""What is known of a tenant's capabilities: found out by a probe or learned from a refusal, until it expires."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row, delete, select

from engine.clock import Clock
from engine.store.database import Database, upsert
from engine.store.schema import capabilities

FoundBy = Literal["probe", "refusal"]


@dataclass(frozen=True, slots=True)
class Capability:
    """Whether it is there, with the cause if not, how that was found out, when, and until when it holds (UTC s)."""

    available: bool
    cause: str
    found_by: FoundBy
    at: float
    expires_at: float


class Capabilities:
    """One row per (connection, capability's name)."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def put(
        self,
        connection: str,
        name: str,
        *,
        available: bool,
        cause: str = "",
        found_by: FoundBy = "probe",
        ttl_s: float = 3600.0,
    ) -> Capability:
        """Remembers a finding for ``ttl_s``."""
        now = self._clock.now()
        found = Capability(available, cause, found_by, now, now + ttl_s)
        values = {"available": available, "cause": cause, "found_by": found_by}
        with self._database.write() as writing:
            key = {"connection": connection, "name": name}
            upsert(writing, capabilities, key, {**values, "at": found.at, "expires_at": found.expires_at})
        return found

    def all(self, connection: str, *, expired_too: bool = False) -> dict[str, Capability]:
        """All that is known of a connection (``expired_too``: or was, when it was last found out), by name."""
        since = 0.0 if expired_too else self._clock.now()
        wanted = (capabilities.c.connection == connection, capabilities.c.expires_at > since)
        with self._database.read() as reading:
            return {row.name: _capability(row) for row in reading.execute(select(capabilities).where(*wanted))}

    def forget(self, connection: str, name: str | None = None) -> None:
        """Forgets one finding, or all of the connection."""
        wanted = [capabilities.c.connection == connection]
        if name is not None:
            wanted.append(capabilities.c.name == name)
        with self._database.write() as writing:
            writing.execute(delete(capabilities).where(*wanted))


def _capability(row: Row[Any]) -> Capability:
    return Capability(row.available, row.cause, row.found_by, row.at, row.expires_at)
