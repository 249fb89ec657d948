"""Worker threads that drive the pipeline until they are told to stop."""

from __future__ import annotations

import logging
import threading
import time

from engine.clock import Clock
from engine.errors import LeaseLost, StoreUnavailable
from engine.pipeline.deliveries import DeliveryWork
from engine.pipeline.events import EventWork
from engine.runtime.due import DueLanes
from engine.runtime.lanes import Lanes
from engine.telemetry import metrics

IDLE_S = 0.2
_STORE_AWAY_S = 1.0
_STUCK_S = 1800.0
_TRANSLATED_AT_ONCE = 50
_log = logging.getLogger(__name__)


class Workers:
    """``count`` threads, each serving the connection whose turn it is: translation, an event, a delivery.

    ``due`` knows which have work, ``lanes`` whose turn it is. Where nothing is due they look again after ``idle_s``,
    or when they are woken.
    """

    def __init__(
        self,
        events: EventWork,
        deliveries: DeliveryWork,
        due: DueLanes,
        lanes: Lanes,
        clock: Clock,
        *,
        count: int = 4,
        idle_s: float = IDLE_S,
    ) -> None:
        self._events, self._deliveries, self._clock = events, deliveries, clock
        self._due, self._lanes, self._idle_s = due, lanes, idle_s
        self._stopping, self._woken = threading.Event(), threading.Event()
        self._turned_at: dict[str, float] = {}
        self._threads = [threading.Thread(target=self._run, name=f"worker-{n}", daemon=True) for n in range(count)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def dead(self) -> str | None:
        """Which threads have ended though nobody stopped them, in one phrase; None where all live."""
        if self._stopping.is_set():
            return None
        gone = [thread.name for thread in self._threads if thread.ident is not None and not thread.is_alive()]
        metrics.WORKERS.set(sum(thread.is_alive() for thread in self._threads))
        return f"ended: {', '.join(gone)}" if gone else None

    def stuck(self) -> str | None:
        """Which threads have been at one thing for too long, in one phrase; None where none is."""
        longest = self._clock.monotonic() - _STUCK_S
        slow = [name for name, at in sorted(self._turned_at.items()) if at < longest]
        return f"at one thing for more than {_STUCK_S / 60:.0f} minutes: {', '.join(slow)}" if slow else None

    def stop(self, timeout_s: float = 30.0) -> bool:
        """Takes no new work and ends what is under way; whether all ended within ``timeout_s`` (all together)."""
        self._stopping.set()
        self._woken.set()
        ends_at = time.monotonic() + timeout_s
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, ends_at - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def wake(self) -> None:
        """Has idle workers look for work at once."""
        self._due.forget()
        self._woken.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._turned_at[threading.current_thread().name] = self._clock.monotonic()
            try:
                if not self.turn():
                    self._rest(self._idle_s)
            except LeaseLost:
                continue
            except StoreUnavailable as error:
                metrics.STORE_UNAVAILABLE.labels("work").inc()
                _log.warning("the store cannot be used now: %s", error.message)
                self._stopping.wait(_STORE_AWAY_S)
            except Exception:
                _log.exception("a worker's turn failed")
                self._stopping.wait(_STORE_AWAY_S)

    def _rest(self, seconds: float) -> None:
        self._woken.clear()
        if not self._stopping.is_set():
            self._woken.wait(seconds)

    def turn(self) -> bool:
        """Serves one connection; whether there was one to be served."""
        lane = self._lanes.take(self._due.now(), self._due.count)
        if lane is None:
            return False
        began = time.monotonic()
        try:
            if not self._serve(lane):
                self._due.nothing(lane)
        finally:
            self._lanes.give_back(lane, time.monotonic() - began)
        return True

    def _serve(self, lane: str) -> bool:
        """One thing of each kind that is due; whether there was any."""
        busy = self._events.translate_received(_TRANSLATED_AT_ONCE, lane) > 0
        event_id = self._events.work_once(lane)
        if event_id is not None:
            self._finish(event_id)
        return busy or event_id is not None or self._deliveries.deliver_once(of=lane) is not None

    def _finish(self, event_id: str) -> None:
        """Delivers what the event's plan asks for while it is fresh; what must wait is taken up later."""
        while not self._stopping.is_set() and self._deliveries.deliver_once(event_id) is not None:
            pass
        self._deliveries.finish_event(event_id)
