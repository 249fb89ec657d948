"""Which of several processes does what only one may do: polls, drains, registrations, sweeps.

In: locks that run out (rows of the database; in a process that is alone, none). Out: calls when this process has
become the leader, and when it is it no longer. A leader that cannot renew its lock steps down before that runs out.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from engine.clock import Clock
from engine.errors import StoreUnavailable
from engine.telemetry import metrics

NAME = "leader"
LEASE_S = 15.0
_RENEWALS = 3
_LOOK_S = 0.2
_log = logging.getLogger(__name__)


class LeaseLocks(Protocol):
    """Locks by name that are held for a time; ``holder`` names a process, the answer is a fencing token."""

    def acquire(self, name: str, holder: str, lease_s: float) -> int | None: ...

    def renew(self, name: str, holder: str, token: int, lease_s: float) -> bool: ...

    def release(self, name: str, holder: str, token: int) -> None: ...


class Alone:
    """The locks of a process that knows that there is no other."""

    def acquire(self, name: str, holder: str, lease_s: float) -> int | None:  # noqa: ARG002
        return 1

    def renew(self, name: str, holder: str, token: int, lease_s: float) -> bool:  # noqa: ARG002
        return True

    def release(self, name: str, holder: str, token: int) -> None:
        pass


class Leader:
    """Competes for the lock from ``start`` to ``stop``. ``on_gain`` and ``on_loss`` are called in turns.

    The lock is renewed three times within ``lease_s``; ``holder`` must be this process's own name.
    """

    def __init__(
        self,
        locks: LeaseLocks,
        holder: str,
        clock: Clock,
        *,
        on_gain: Callable[[], None],
        on_loss: Callable[[], None],
        lease_s: float = LEASE_S,
    ) -> None:
        self._locks, self._holder, self._clock, self._lease_s = locks, holder, clock, lease_s
        self._on_gain, self._on_loss = on_gain, on_loss
        self._token: int | None = None
        self._renewed_at = self._tried_at = float("-inf")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leader", daemon=True)

    def start(self) -> None:
        """Tries once at once, and goes on trying until it is stopped."""
        self._turn()
        self._thread.start()

    def stop(self) -> None:
        """Steps down; the next leader need not wait until the lock runs out."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
        token = self._token
        if token is None:
            return
        self._step_down()
        try:
            self._locks.release(NAME, self._holder, token)
        except StoreUnavailable:
            _log.info("the leader's lock could not be given back; it runs out by itself")

    def _run(self) -> None:
        while not self._stopping.wait(_LOOK_S):
            self._turn()

    def _turn(self) -> None:
        now = self._clock.monotonic()
        if now - self._tried_at < self._lease_s / _RENEWALS:
            return
        self._tried_at = now
        try:
            self._compete(now) if self._token is None else self._renew(self._token, now)
        except StoreUnavailable:
            # The last renewal that failed in time: by the next one another process may lead.
            if self._token is not None and now - self._renewed_at >= self._lease_s / _RENEWALS * (_RENEWALS - 1):
                self._step_down()
        except Exception:
            _log.exception("the leader's turn failed")

    def _compete(self, now: float) -> None:
        self._token = self._locks.acquire(NAME, self._holder, self._lease_s)
        if self._token is not None:
            self._renewed_at = now
            metrics.LEADER.set(1)
            _log.info("leads: lists are polled and sweeps are made here")
            self._on_gain()

    def _renew(self, token: int, now: float) -> None:
        if self._locks.renew(NAME, self._holder, token, self._lease_s):
            self._renewed_at = now
        else:
            self._step_down()

    def _step_down(self) -> None:
        self._token = None
        metrics.LEADER.set(0)
        _log.info("leads no longer")
        self._on_loss()
