"""The webhook subscription of each connection as the door sees it: from the store, kept in memory for seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.clock import Clock
from engine.model import Json
from engine.store import Store

STATE = "subscription"
"""The name under which a connection's subscription stands in ``store.connections``: {id, url, secret}."""

KEPT_S = 5.0
FRESH_S = 0.5


@dataclass(frozen=True, slots=True)
class _Known:
    value: Mapping[str, Json] | None
    read_at: float


class Subscriptions:
    """Reads the store at most every 5 s for a connection, or every 0.5 s when a signature did not fit."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._known: dict[str, _Known] = {}

    def of(self, connection: str) -> Mapping[str, Json] | None:
        """The connection's subscription, or None. Raises StoreUnavailable."""
        return self._no_older_than(KEPT_S, connection)

    def newer(self, connection: str) -> Mapping[str, Json] | None:
        """The same, read again unless that was done a moment ago. Raises StoreUnavailable."""
        return self._no_older_than(FRESH_S, connection)

    def forget(self, connection: str) -> None:
        """Makes the next look read the store."""
        self._known.pop(connection, None)

    def _no_older_than(self, age_s: float, connection: str) -> Mapping[str, Json] | None:
        known, now = self._known.get(connection), self._clock.monotonic()
        if known is None or now - known.read_at >= age_s:
            known = _Known(self._store.connections.get(connection, STATE), now)
            self._known[connection] = known
        return known.value
