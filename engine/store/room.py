"""Room for events: so many may be open at once, and what is beyond is refused instead of taken and never worked off.

In: how many are to be accepted. Out: nothing, or StoreUnavailable: the sender keeps them and sends them again.
"""

from __future__ import annotations

import threading
import time

from sqlalchemy import case, func, select

from engine.errors import StoreUnavailable
from engine.store.database import Database
from engine.store.schema import ledger

MOST_OPEN = 1_000_000
_FRESH_S = 1.0
_GROWING = ("accepted", "reopened")


class Room:
    """How many events are open, by the ledger, looked up once a second and counted on meanwhile."""

    def __init__(self, database: Database) -> None:
        self._database, self._most = database, MOST_OPEN
        self._open, self._good_until = 0, float("-inf")
        self._lock = threading.Lock()

    def limit(self, most_open: int) -> None:
        """At most so many events are open at once from now on."""
        self._most = most_open

    def take(self, number: int) -> None:
        """Counts ``number`` more. Raises StoreUnavailable where there is no room for them."""
        with self._lock:
            if time.monotonic() >= self._good_until or self._open + number > self._most:
                self._open, self._good_until = self._count(), time.monotonic() + _FRESH_S
            if self._open + number > self._most:
                raise StoreUnavailable(
                    f"The inbox holds {self._open} open events; its limit is {self._most}.",
                    hint="They are being worked off. Send it again later; --most-open sets the limit.",
                )
            self._open += number

    def _count(self) -> int:
        sign = case((ledger.c.entry.in_(_GROWING), 1), else_=-1)
        with self._database.read() as reading:
            return int(reading.execute(select(func.coalesce(func.sum(sign * ledger.c.count), 0))).scalar_one())
