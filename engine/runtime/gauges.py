"""What ``/metrics`` reads from the store, seldom enough that asking often costs the store nothing.

In: the store. Out: readings, the same ones for 5 s, and for 20 times as long as they took to make.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Literal

from engine.errors import StoreUnavailable
from engine.pipeline.route_work import disabled_why
from engine.store.routes import Waiting
from engine.store.store import Store
from engine.telemetry.exposition import Reading

_SHORTEST_S = 5.0
_SHARE = 20.0


class StoreReadings:
    """Readings of one store. Safe for any number of threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._made: tuple[Reading, ...] = ()
        self._good_until = float("-inf")

    def __call__(self) -> Sequence[Reading]:
        with self._lock:
            began = time.monotonic()
            if began >= self._good_until:
                self._made = self._read()
                ended = time.monotonic()
                self._good_until = ended + max(_SHORTEST_S, _SHARE * (ended - began))
            return self._made

    def _read(self) -> tuple[Reading, ...]:
        try:
            standing, routes = self._store.gauges.read(), self._store.routes.waiting()
            missing = self._store.ledger.balance().missing
            off = sum(disabled_why(self._store, name) is not None for name in routes)
        except StoreUnavailable:
            return (_up(0),)
        return (
            _up(1),
            Reading("ledger_missing", "Events accepted that are neither open nor ended: a loss.", {"": missing}),
            Reading("events", "Open events, by state.", standing.events, "state"),
            Reading("deliveries", "Open deliveries, by state.", standing.deliveries, "state"),
            Reading(
                "oldest_open_seconds", "Age of the oldest open event; 0 where there is none.", {"": standing.oldest_s}
            ),
            Reading("outgoing_waiting", "Outgoing events that wait.", _each(routes, "pending"), "route"),
            Reading("outgoing_dead", "Outgoing events given up.", _each(routes, "dead"), "route"),
            Reading("routes_off", "Routes that answered 410 and were not resumed.", {"": off}),
            Reading("dead_letters", "Deliveries given up, that nobody has replayed.", {"": standing.dead}),
        )


def _each(routes: Mapping[str, Waiting], what: Literal["pending", "dead"]) -> dict[str, float]:
    return {name: getattr(waiting, what) for name, waiting in routes.items()}


def _up(value: int) -> Reading:
    return Reading("store_up", "Whether the store could be read.", {"": value})
