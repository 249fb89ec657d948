"""Health over HTTP: ``GET /healthz``: the process and its threads live, ``GET /readyz``: the store commits too.

A Redis that is away makes nothing unready: work is found by looking. It is told: ``"redis": "away"``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.clock import Clock
from engine.errors import StoreUnavailable
from engine.store import Store

_KEPT_S = 1.0
_AGAIN = {"Retry-After": "5"}


def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Vitals:
    """What a process says of itself: which thread is ``dead``, which worker is ``stuck``, how it stands with Redis.

    The first two give a phrase, or None where all is well; ``redis`` gives ``there``, ``away``, or None for none.
    """

    dead: Callable[[], str | None] = _nothing
    stuck: Callable[[], str | None] = _nothing
    redis: Callable[[], str | None] = _nothing


class Health:
    """``/readyz`` really commits a small row, at most once a second, however often it is asked."""

    def __init__(self, store: Store, clock: Clock, vitals: Vitals | None = None) -> None:
        self._store, self._clock, self._vitals = store, clock, vitals or Vitals()
        self._found: tuple[float, str | None] | None = None

    def routes(self) -> list[Route]:
        return [Route("/healthz", self.alive), Route("/readyz", self.ready)]

    async def alive(self, _: Request) -> Response:
        dead = self._vitals.dead()
        if dead is None:
            return JSONResponse({"status": "alive"})
        return JSONResponse({"status": "not alive", "why": dead}, 503, _AGAIN)

    async def ready(self, _: Request) -> Response:
        now = self._clock.monotonic()
        if self._found is None or now - self._found[0] >= _KEPT_S:
            self._found = now, await run_in_threadpool(self._problem)
        problem, redis = self._found[1], self._vitals.redis()
        told = {"redis": redis} if redis is not None else {}
        if problem is None:
            return JSONResponse({"status": "ready", **told})
        return JSONResponse({"status": "not ready", "why": problem, **told}, 503, _AGAIN)

    def _problem(self) -> str | None:
        try:
            self._store.connections.put("", "readyz", self._clock.now())
            schema = self._store.gauges.schema_problem()
        except StoreUnavailable as error:
            return error.message
        return schema or self._vitals.dead() or self._vitals.stuck()
