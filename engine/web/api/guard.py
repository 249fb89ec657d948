"""Who calls the API: an Authorization header in, the caller out, or the answer that turns them away.

Tries that fail are limited per address; a key that was good in this process before is looked up all the same, so that
who guesses behind a shared address locks nobody out.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

from engine.clock import Clock
from engine.store import Store
from engine.store.api_keys import PREFIX, ROLES, Role, hash_of
from engine.web.api.declared import Caller

_FAILURES = 20
_WINDOW_S = 60.0
_REMEMBERED = 10_000
_LONGEST = 200
Value = TypeVar("Value")


class TooManyTries(Exception):
    """From this address too many tries failed a moment ago."""


class Guard:
    """The keys of ``store``."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._failures: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._good: OrderedDict[str, None] = OrderedDict()

    def caller(self, header: str, address: str) -> Caller | None:
        """Who shows this header; None for nobody. Raises TooManyTries, and StoreUnavailable."""
        scheme, _, text = header.partition(" ")
        text = text.strip()
        hashed = hash_of(text)
        if self._failed(address) >= _FAILURES and hashed not in self._good:
            raise TooManyTries
        well_formed = scheme.lower() == "bearer" and text.startswith(PREFIX) and len(text) <= _LONGEST
        key = self._store.api_keys.holder(text) if well_formed else None
        if key is None:
            self._good.pop(hashed, None)
            self._count(address)
            return None
        _remember(self._good, hashed, None)
        return Caller(key.id, key.role, key.tenants)

    def _failed(self, address: str) -> int:
        since, count = self._failures.get(address, (0.0, 0))
        return count if self._clock.monotonic() - since < _WINDOW_S else 0

    def _count(self, address: str) -> None:
        before, now = self._failed(address), self._clock.monotonic()
        since = self._failures[address][0] if before else now
        _remember(self._failures, address, (since, before + 1))


def may(caller: Caller, role: Role) -> bool:
    """Whether the caller's role reaches ``role``."""
    return ROLES.index(caller.role) >= ROLES.index(role)


def _remember(known: OrderedDict[str, Value], name: str, value: Value) -> None:
    known[name] = value
    known.move_to_end(name)
    while len(known) > _REMEMBERED:
        known.popitem(last=False)
