"""The webhook subscriptions of each connection: what is kept of them, and how the door sees it.

The store holds {id, url, secret, secrets, events} of a connection's one subscription, or, where there is one for
each event type, {secrets, each: {event type: {id, url, secret, events}}}. ``secrets`` are all keys that are alive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.clock import Clock
from engine.model import Json
from engine.store import Store

STATE = "subscription"
"""The name under which a connection's subscriptions stand in ``store.connections``."""

ONLY = ""
"""The place of a subscription that is for all event types."""

KEPT_S = 5.0
FRESH_S = 0.5


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one subscription. Without an ``id`` it is about to be made, with the key of ours."""

    id: str | None = None
    url: str | None = None
    secret: str | None = None
    events: tuple[str, ...] | None = None


class KeptSubscriptions:
    """What is kept of one connection's subscriptions, by their place: an event type, or ONLY.

    ``changed`` is told the connection's name after each change. Every method raises StoreUnavailable.
    """

    def __init__(self, store: Store, connection: str, changed: Callable[[str], None]) -> None:
        self._store, self._connection, self._changed = store, connection, changed

    def places(self) -> list[str]:
        """The places of which something is kept."""
        state = self._state()
        return [*([ONLY] if _one(state) else []), *state.get("each", {})]

    def get(self, place: str) -> Kept:
        """What is kept of the one at ``place``; nothing in it where nothing is."""
        state = self._state()
        found = _one(state if place == ONLY else state.get("each", {}).get(place, {}))
        return Kept(**{**found, "events": tuple(found["events"])} if "events" in found else found)

    def put(self, place: str, kept: Kept) -> None:
        """Keeps ``kept`` in place of what was kept of it."""
        given = {"id": kept.id, "url": kept.url, "secret": kept.secret, "events": kept.events}
        self._change(place, {name: value for name, value in given.items() if value})

    def drop(self, place: str) -> None:
        """Forgets the one at ``place``."""
        self._change(place, {})

    def clear(self) -> None:
        """Forgets all of them."""
        self._store.connections.delete(self._connection, STATE)
        self._changed(self._connection)

    def _state(self) -> dict[str, Json]:
        return dict(self._store.connections.get(self._connection, STATE) or {})

    def _change(self, place: str, one: dict[str, Json]) -> None:
        state = self._state()
        only = one if place == ONLY else _one(state)
        each = {
            name: other for name, other in {**state.get("each", {}), place: one}.items() if name != ONLY and other
        }
        alive = [known.get("secret") for known in (only, *each.values())]
        secrets = list(dict.fromkeys(secret for secret in alive if secret))
        added = {"each": each, "secrets": secrets}
        self._store.connections.put(
            self._connection, STATE, {**only, **{name: value for name, value in added.items() if value}}
        )
        self._changed(self._connection)


def _one(state: Mapping[str, Json]) -> dict[str, Json]:
    """What ``state`` holds of one subscription."""
    return {name: state[name] for name in Kept.__slots__ if name in state}


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
        """The connection's subscriptions, or None. Raises StoreUnavailable."""
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
