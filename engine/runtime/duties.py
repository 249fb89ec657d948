"""What one process does for all: polls, drains and registrations by the clock, and the sweeps.

In: the routes and the store. Out: threads that run while this process leads, and stop when it does no longer.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from engine.clock import Clock
from engine.intake.drain import Drainer
from engine.intake.poll import Poller
from engine.intake.registration import Registrar
from engine.pipeline.route import Route
from engine.runtime.leader import Leader, LeaseLocks
from engine.runtime.sweeps import Sweep, Sweeper
from engine.runtime.timers import Timers
from engine.store.store import Store

_STEP_DOWN_S = 1.0


class Duties:
    """Competes for the leadership between ``start`` and ``stop``, and does a leader's work while it has it."""

    def __init__(
        self,
        routes: Mapping[str, Route],
        store: Store,
        clock: Clock,
        sweeps: Sequence[Sweep],
        registrar_of: Callable[[Route], Registrar],
        locks: LeaseLocks,
    ) -> None:
        self._routes, self._store, self._clock, self._sweeps = routes, store, clock, sweeps
        self._registrar_of = registrar_of
        self._running: tuple[Timers, Sweeper] | None = None
        self._changing = threading.Lock()
        self._leader = Leader(locks, _own_name(), clock, on_gain=self._begin, on_loss=self._end)

    def start(self) -> None:
        self._leader.start()

    def stop(self, timeout_s: float = 30.0) -> None:
        """Ends what is under way, within ``timeout_s``, and gives the leadership back."""
        self._end(timeout_s)
        self._leader.stop()

    def _begin(self) -> None:
        with self._changing:
            self._running = (self._timers(), Sweeper(self._sweeps, self._clock))
            for part in self._running:
                part.start()

    def _end(self, timeout_s: float = _STEP_DOWN_S) -> None:
        with self._changing:
            running, self._running = self._running, None
        ends_at = time.monotonic() + timeout_s
        for part in running or ():
            part.stop(max(0.0, ends_at - time.monotonic()))

    def _timers(self) -> Timers:
        pollers: dict[str, Poller] = {}
        registrars: dict[str, Registrar] = {}
        drainers: dict[str, Drainer] = {}
        check_every_s: dict[str, float] = {}
        for name, route in self._routes.items():
            events = route.connection.manifest.events
            if events.poll is not None:
                pollers[name] = Poller(route.connection, route.caller, self._store, self._clock)
            if events.queue is not None:
                drainers[name] = Drainer(route.connection, events.queue, route.caller, self._store, self._clock)
            if events.webhook is not None and events.webhook.registration is not None:
                registrars[name] = self._registrar_of(route)
                check_every_s[name] = events.webhook.registration.check_every_s
        return Timers(pollers, registrars, drainers, self._clock, check_every_s=check_every_s)


def _own_name() -> str:
    """A name that no other process has, and that tells people which one it is."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
