"""Which connections have work that is due, looked up in the store seldom enough that it costs little.

In: the store, the connections there are, and those that are held back. Out: the names of the others; those of
connections that are gone as well, for as long as there are events of theirs, so that these are ended too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection

from engine.store.store import Store

_FRESH_S = 0.05
_EMPTY_S = 0.15
_SHARE = 20.0
_STRANGERS_S = 60.0


class DueLanes:
    """What the workers of one process know of who has work. Safe for any number of threads."""

    def __init__(
        self, store: Store, names: Collection[str], held_back: Callable[[], Collection[str]] = frozenset
    ) -> None:
        self._store, self._known, self._held_back = store, frozenset(names), held_back
        self._names = tuple(sorted(names))
        self._due: set[str] = set()
        self._good_until = self._strangers_until = float("-inf")
        self._lock = threading.Lock()

    def now(self) -> set[str]:
        """Those that had something due a moment ago."""
        with self._lock:
            began = time.monotonic()
            if began >= self._good_until:
                self._due = self._look(began)
                took = time.monotonic() - began
                self._good_until = time.monotonic() + max(_FRESH_S if self._due else _EMPTY_S, _SHARE * took)
            return set(self._due)

    @property
    def count(self) -> int:
        """How many connections there are that may have work."""
        return len(self._names)

    def nothing(self, name: str) -> None:
        """Tells that nothing was found where something was due."""
        with self._lock:
            self._due.discard(name)

    def forget(self) -> None:
        """Has the store asked again at the next look."""
        with self._lock:
            self._good_until = float("-inf")

    def _look(self, now: float) -> set[str]:
        if now >= self._strangers_until:
            self._names = tuple(sorted(self._known | self._store.inbox.connections()))
            self._strangers_until = now + _STRANGERS_S
        held_back = self._held_back()
        names = tuple(name for name in self._names if name not in held_back)
        return self._store.inbox.lanes_due(names) | self._store.outbox.lanes_due(names)
