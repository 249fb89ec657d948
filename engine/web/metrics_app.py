"""The listener for those who operate the engine: ``/metrics``, ``/healthz``, ``/readyz``. Never on the public port.

It knows no keys: it listens at this machine, or where the operator says that only the monitoring reaches it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.telemetry.exposition import CONTENT_TYPE, Reading, exposition
from engine.web.health import Health

Readings = Callable[[], Sequence[Reading]]


def make_metrics_app(health: Health, readings: Readings) -> Starlette:
    """The app; ``readings`` gives what is read from the store."""

    async def metrics(_: Request) -> Response:
        return Response(
            await run_in_threadpool(lambda: exposition(readings())), headers={"content-type": CONTENT_TYPE}
        )

    app = Starlette(routes=[*health.routes(), Route("/metrics", metrics)])
    app.router.redirect_slashes = False
    return app
