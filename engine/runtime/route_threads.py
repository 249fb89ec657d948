"""Threads that send what waits for the routes: each route has its own, so that one that hangs holds up no other."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Mapping
from types import TracebackType

from engine.clock import Clock
from engine.errors import StoreUnavailable
from engine.pipeline.route_work import OpenRoute, RouteWork
from engine.store.store import Store

_PER_ROUTE = 2
_IDLE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_STORE_AWAY_S = 1.0
_log = logging.getLogger(__name__)


class RouteThreads:
    """Two threads for each route. ``start`` once, ``stop`` once."""

    def __init__(self, routes: Mapping[str, OpenRoute], store: Store, clock: Clock) -> None:
        self._work = RouteWork(routes, store, clock)
        self._routes = routes
        self._stopping = threading.Event()
        named = ((name, number) for name in routes for number in range(_PER_ROUTE))
        self._threads = [
            threading.Thread(target=self._run, args=(name,), name=f"route-{name}-{number}", daemon=True)
            for name, number in named
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def dead(self) -> str | None:
        """Which threads have ended though nobody stopped them, in one phrase; None where all live."""
        if self._stopping.is_set():
            return None
        gone = [thread.name for thread in self._threads if thread.ident is not None and not thread.is_alive()]
        return f"ended: {', '.join(gone)}" if gone else None

    def stop(self, timeout_s: float) -> bool:
        """Takes no new work and ends what is under way; whether all ended within ``timeout_s``."""
        self._stopping.set()
        ends_at = time.monotonic() + timeout_s
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, ends_at - time.monotonic()))
        close_all(self._routes.values())
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self, name: str) -> None:
        while not self._stopping.is_set():
            try:
                found = self._work.deliver_once(name)
                failures = self._work.failures(name)
                if found is None or failures:
                    # A system that fails is not stormed by all that waits for it.
                    self._stopping.wait(min(_IDLE_S * 2.0 ** min(failures, 10), _LONGEST_PAUSE_S))
            except StoreUnavailable as error:
                _log.warning("the store cannot be used now: %s", error.message)
                self._stopping.wait(_STORE_AWAY_S)
            except Exception:
                _log.exception("a turn of the route %s failed", name)
                self._stopping.wait(_STORE_AWAY_S)

    def __enter__(self) -> RouteThreads:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop(5.0)


def close_all(routes: Iterable[OpenRoute]) -> None:
    """Closes what the routes keep open."""
    for opened in routes:
        opened.poster.close()
