"""What happens by the clock: lists are polled, queues are drained, webhook subscriptions are looked at."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from engine.clock import Clock
from engine.errors import CallError, FieldwrightError, Throttled
from engine.intake.drain import Drainer
from engine.intake.poll import Poller
from engine.intake.registration import Registrar
from engine.telemetry.working import about

_LOOK_S = 1.0
_AFTER_FAILURE_S = 60.0
_CHECK_EVERY_S = 900.0
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Turn:
    """When a connection's subscription is looked at next, and when its lists and its queue are looked at again."""

    registration_at: float = 0.0
    poll_at: float = 0.0
    drain_at: float = 0.0


class Timers:
    """One thread per connection, so that a slow ATS holds up no other.

    ``check_every_s``: how often a connection's subscription is looked at, by its name.
    """

    def __init__(
        self,
        pollers: Mapping[str, Poller],
        registrars: Mapping[str, Registrar],
        drainers: Mapping[str, Drainer],
        clock: Clock,
        *,
        check_every_s: Mapping[str, float],
    ) -> None:
        self._pollers, self._registrars, self._drainers, self._clock = pollers, registrars, drainers, clock
        self._check_every_s = check_every_s
        self._stopping = threading.Event()
        names = dict.fromkeys([*pollers, *registrars, *drainers])
        self._threads = [
            threading.Thread(target=self._run, args=(name,), name=f"timer-{name}", daemon=True) for name in names
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float = 30.0) -> None:
        """Begins no other poll; waits for those under way, for ``timeout_s`` all together."""
        self._stopping.set()
        ends_at = time.monotonic() + timeout_s
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, ends_at - time.monotonic()))

    def _run(self, name: str) -> None:
        turn = _Turn()
        with about(connection=name):
            while not self._stopping.is_set():
                try:
                    self.tick(name, turn)
                except Exception:
                    _log.exception("the timer of %s failed", name)
                self._stopping.wait(_LOOK_S)

    def tick(self, name: str, turn: _Turn) -> None:
        """Does what is due for one connection."""
        now = self._clock.now()
        registrar, poller = self._registrars.get(name), self._pollers.get(name)
        if registrar is not None and now >= turn.registration_at:
            turn.registration_at = now + self._registered(name, registrar)
        drainer = self._drainers.get(name)
        if drainer is not None and now >= turn.drain_at:
            turn.drain_at = max(now + self._drained(name, drainer), drainer.due_at())
        if poller is not None and now >= turn.poll_at:
            turn.poll_at = now + self._polled(name, poller)

    def _registered(self, name: str, registrar: Registrar) -> float:
        """Seconds until the subscription is looked at again."""
        try:
            report = registrar.ensure()
        except FieldwrightError as error:
            _log.warning("the webhook subscription of %s could not be looked at: %s", name, _phrase(error))
            return _AFTER_FAILURE_S
        if report.state == "failed":
            remedy = f" ({report.by_hand})" if report.by_hand else ""
            _log.warning("the webhook subscription of %s: %s%s", name, report.detail, remedy)
            return _AFTER_FAILURE_S
        if report.state in ("created", "reactivated", "removed"):
            _log.info("the webhook subscription of %s: %s", name, report.detail)
        return self._check_every_s.get(name, _CHECK_EVERY_S)

    def _drained(self, name: str, drainer: Drainer) -> float:
        """Seconds until it is asked again whether the queue is due."""
        if drainer.due_at() <= self._clock.now():
            try:
                drainer.drain()
            except FieldwrightError as error:
                _log.log(_level(error), "draining the queue of %s failed: %s", name, _phrase(error))
        return _LOOK_S

    def _polled(self, name: str, poller: Poller) -> float:
        """Seconds until it is asked again what is due."""
        for stream in poller.due(self._clock.now()):
            if self._stopping.is_set():
                break
            try:
                poller.poll(stream)
            except FieldwrightError as error:
                # A stream that failed is due again by its own time; those after it are not held up.
                _log.log(_level(error), "polling %s of %s failed: %s", stream, name, _phrase(error))
        return _LOOK_S


def _level(error: FieldwrightError) -> int:
    """How loudly a failure is told: to wait for our own limits is none."""
    waiting = isinstance(error, Throttled) and error.stage == "before"
    return logging.DEBUG if waiting else logging.WARNING


def _phrase(error: FieldwrightError) -> str:
    return error.cause if isinstance(error, CallError) else error.message
