"""Whole lists that an ATS can only give whole, kept in memory for a minute, so that not every event reads them.

In: a connection's name, an operation and how to read it. Out: its records. One thread reads, the others wait for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from engine.clock import Clock
from engine.model import Json

KEPT_S = 60.0
Key = tuple[str, str]


@dataclass(slots=True)
class _Kept:
    lock: threading.Lock = field(default_factory=threading.Lock)
    records: list[Json] = field(default_factory=list, repr=False)
    until: float = float("-inf")


class ListMemo:
    """The lists of one process, by (connection, operation). Safe for any number of threads."""

    def __init__(self, clock: Clock, kept_s: float = KEPT_S) -> None:
        self._clock, self._kept_s = clock, kept_s
        self._lists: dict[Key, _Kept] = {}
        self._lock = threading.Lock()

    def records(self, connection: str, operation: str, read: Callable[[], list[Json]]) -> list[Json]:
        """The records, read at most once in a minute. Raises what ``read`` raises, and keeps nothing then."""
        kept = self._of((connection, operation))
        with kept.lock:
            if self._clock.monotonic() >= kept.until:
                kept.records = read()
                kept.until = self._clock.monotonic() + self._kept_s
            return kept.records

    def forget(self, connection: str, operation: str) -> None:
        """Makes the next look read the list: it is known to lack something."""
        kept = self._of((connection, operation))
        with kept.lock:
            kept.until = float("-inf")

    def _of(self, key: Key) -> _Kept:
        with self._lock:
            return self._lists.setdefault(key, _Kept())
