"""Health over HTTP: ``GET /healthz`` says that the process lives, ``GET /readyz`` that the store commits."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.clock import Clock
from engine.errors import StoreUnavailable
from engine.store import Store

_KEPT_S = 1.0


class Health:
    """``/readyz`` really commits a small row, at most once a second, however often it is asked."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._found: tuple[float, str | None] | None = None

    def routes(self) -> list[Route]:
        return [Route("/healthz", self.alive), Route("/readyz", self.ready)]

    async def alive(self, _: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def ready(self, _: Request) -> Response:
        now = self._clock.monotonic()
        if self._found is None or now - self._found[0] >= _KEPT_S:
            self._found = now, await run_in_threadpool(self._problem)
        problem = self._found[1]
        if problem is None:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "not ready", "why": problem}, 503, {"Retry-After": "5"})

    def _problem(self) -> str | None:
        try:
            self._store.connections.put("", "readyz", self._clock.now())
        except StoreUnavailable as error:
            return error.message
        return None
