"""Calls of a connection on their way out, held back while its ATS fails: the breaker at work.

In: what each call came to. Out: Throttled before a call that may not be made now, which costs no try. How a
connection stands is kept in the store, so that all processes know it; each counts the last five minutes for itself.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection
from contextlib import suppress

from connectors.messages import PreparedRequest, RawAnswer, Transport
from engine.clock import Clock, iso
from engine.delivery.breaker import Breaker, Window, after_failure, after_good
from engine.errors import Ambiguous, StoreUnavailable, Throttled, Transient
from engine.model import as_plain
from engine.store.store import Store
from engine.telemetry import metrics

_FRESH_S = 1.0
_LONGEST_WAIT_S = 300.0
_PROBE_WAIT_S = 2.0
_STANDING = {"closed": 0, "open": 1, "probing": 1, "disabled": 2}
_log = logging.getLogger(__name__)


class Guard:
    """The breakers of the connections of one process. Safe for any number of threads."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._breakers: dict[str, Breaker] = {}
        self._windows: dict[str, Window] = {}
        self._probing: set[str] = set()
        self._read_at = float("-inf")
        self._lock = threading.RLock()

    def held_back(self) -> set[str]:
        """The connections whose ATS is not to be called now."""
        now = self._clock.now()
        with self._lock:
            return {name for name, breaker in self._standing().items() if breaker.wait_s(now) > 0}

    def enter(self, connection: str, operation: str) -> bool:
        """Lets a call go, or raises Throttled; whether it is a probe."""
        now = self._clock.now()
        with self._lock:
            breaker = self._standing().get(connection, Breaker())
            if (wait_s := breaker.wait_s(now)) > 0:
                raise _held_up(operation, min(wait_s, _LONGEST_WAIT_S))
            if not breaker.is_probing(now):
                return False
            if connection in self._probing:
                raise _held_up(operation, _PROBE_WAIT_S)
            self._probing.add(connection)
            return True

    def leave(self, connection: str, *, failed: bool, probe: bool) -> None:
        """Counts what a call came to."""
        now = self._clock.now()
        with self._lock:
            self._probing -= {connection} if probe else set()
            window = self._windows.setdefault(connection, Window())
            window.count(now, failed=failed)
            before = self._standing().get(connection, Breaker())
            after = after_failure(before, now, window) if failed else after_good(before, now)
            if after != before:
                self._changed(connection, before, after)

    def abandon(self, connection: str, *, probe: bool) -> None:
        """Ends a call that told nothing of the ATS."""
        with self._lock:
            self._probing -= {connection} if probe else set()

    def _standing(self) -> dict[str, Breaker]:
        if abs(self._clock.now() - self._read_at) >= _FRESH_S:
            with suppress(StoreUnavailable):
                self._breakers = standing(self._store)
                self._read_at = self._clock.now()
        return self._breakers

    def _changed(self, connection: str, before: Breaker, after: Breaker) -> None:
        self._breakers[connection] = after
        if after.standing == "closed" and before.standing != "closed":
            self._windows.pop(connection, None)
        metrics.BREAKER.labels(connection).set(_STANDING[after.standing])
        _tell(connection, before, after)
        with suppress(StoreUnavailable):
            if after == Breaker(since=after.since):
                self._store.breakers.delete(connection)
            else:
                self._store.breakers.put(connection, as_plain(after))


class GuardedTransport:
    """A connection's transport behind its breaker (``connectors.messages.Transport``)."""

    def __init__(self, transport: Transport, guard: Guard, connection: str) -> None:
        self._transport, self._guard, self._connection = transport, guard, connection

    def send(self, request: PreparedRequest) -> RawAnswer:
        """Sends it, unless the breaker holds it back: Throttled. Raises as the transport does."""
        probe = self._guard.enter(self._connection, request.operation)
        try:
            answer = self._transport.send(request)
        except (Transient, Ambiguous):
            self._guard.leave(self._connection, failed=True, probe=probe)
            raise
        except BaseException:
            self._guard.abandon(self._connection, probe=probe)
            raise
        if answer.status == 429:
            self._guard.abandon(self._connection, probe=probe)
        else:
            self._guard.leave(self._connection, failed=answer.status >= 500, probe=probe)
        return answer

    def close(self) -> None:
        if hasattr(self._transport, "close"):
            self._transport.close()


def standing(store: Store, names: Collection[str] | None = None) -> dict[str, Breaker]:
    """The breakers (of ``names``) that are not as they were at first, by connection. Raises StoreUnavailable."""
    return {name: Breaker(**value) for name, value in store.breakers.all(names).items()}


def told_standing(breaker: Breaker, connection: str) -> str:
    """How a breaker stands, in a phrase for people."""
    if breaker.standing == "disabled":
        return (
            f"off since {iso(breaker.since)}, after failures only for five days; its events wait. "
            f"`fieldwright resume {connection}` has it called again"
        )
    if breaker.standing in ("open", "probing"):
        return f"held back since {iso(breaker.since)}: too many calls failed; it is tried again by itself"
    return "called" if breaker.failing_since is None else f"called, and failing since {iso(breaker.failing_since)}"


def _tell(connection: str, before: Breaker, after: Breaker) -> None:
    if before.standing == after.standing:
        return
    extra = {"connection": connection}
    if after.standing == "disabled":
        _log.error("%s is %s", connection, told_standing(after, connection), extra=extra)
    elif after.standing == "open":
        _log.warning("%s is %s", connection, told_standing(after, connection), extra=extra)
    elif after.standing == "closed":
        _log.info("%s answers again", connection, extra=extra)


def _held_up(operation: str, wait_s: float) -> Throttled:
    error = Throttled("the connection is held back after failures", operation=operation, wait_s=wait_s)
    error.stage = "before"
    return error
