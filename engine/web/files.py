"""Published files over HTTP: ``GET /files/{token}``, for an ATS that fetches what it was told of. Changes nothing.

A token that is unknown and one that has expired are answered alike.
"""

from __future__ import annotations

from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.errors import StoreUnavailable
from engine.pipeline.publishing import PREFIX
from engine.store import Store


class Files:
    """The files that this store publishes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        return [Route(f"{PREFIX}{{token}}", self.file)]

    async def file(self, request: Request) -> Response:
        try:
            found = await run_in_threadpool(self._store.published.get, request.path_params["token"])
        except StoreUnavailable:
            return JSONResponse({"error": "it cannot be read now; ask again"}, 503, {"Retry-After": "30"})
        if found is None:
            return JSONResponse({"error": "not found"}, 404)
        disposition = f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"
        return Response(found.data, 200, {"Content-Disposition": disposition}, found.content_type)
