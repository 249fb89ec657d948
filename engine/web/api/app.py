"""The API as one Starlette route: the caller first, then path, method, role, parameters and scope, then the answer.

A stranger is answered 401 whatever they ask for. A tenant outside of the key's scope, and whatever belongs to it, is
answered as one that is not there.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, compile_path

from engine.clock import Clock
from engine.errors import FieldwrightError, StoreUnavailable
from engine.manifest.connection import Connection
from engine.model import Json
from engine.store import Store
from engine.web.answers import Receive, Scope, Send
from engine.web.api import audit, deliveries, openapi
from engine.web.api.declared import Asked, BadParameter, Caller, Conflict, Endpoint, NotFound
from engine.web.api.events import Events
from engine.web.api.guard import Guard, TooManyTries, may
from engine.web.api.keys import Keys
from engine.web.api.parameters import checked
from engine.web.api.people import Erase, People
from engine.web.api.tenants import Resume, Tenants

PREFIX = "/api/v1"
LIMIT_BODY_BYTES = 64 * 1024
_BODY_TIMEOUT_S = 10.0
_STATUS: Mapping[type[FieldwrightError], int] = {
    BadParameter: 400,
    NotFound: 404,
    Conflict: 409,
    StoreUnavailable: 503,
}
Found = tuple[Endpoint, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Api:
    """All that the API needs to answer."""

    store: Store
    clock: Clock
    connections: Mapping[str, Connection]
    erase: Erase
    resume: Resume

    def route(self) -> Route:
        """The route of all that begins with the API's prefix."""
        return Route(f"{PREFIX}/{{rest:path}}", _Dispatcher(self))

    def endpoints(self) -> list[Endpoint]:
        """All routes; the last tells of all of them."""
        found = [
            *Events(self.store).endpoints(),
            *deliveries.endpoints(),
            *Tenants(self.connections, self.store, self.resume).endpoints(),
            *People(self.erase).endpoints(),
            *audit.endpoints(),
            *Keys(self.store, self.clock).endpoints(),
        ]

        def told(_: Asked) -> Json:
            return openapi.document(PREFIX, found)

        found.append(Endpoint("GET", "/openapi.json", "viewer", "This document.", told))
        return found


class _Dispatcher:
    """An ASGI app: Starlette hands it every method."""

    def __init__(self, api: Api) -> None:
        self._api, self._guard = api, Guard(api.store, api.clock)
        self._known: Sequence[tuple[re.Pattern[str], Endpoint]] = [
            (compile_path(PREFIX + endpoint.path)[0], endpoint) for endpoint in api.endpoints()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            answer = await self._answered(request)
        except ClientDisconnect:
            return
        await answer(scope, receive, send)

    async def _answered(self, request: Request) -> Response:
        header = request.headers.get("authorization", "")
        address = request.client.host if request.client is not None else ""
        try:
            caller = await run_in_threadpool(self._guard.caller, header, address)
            if caller is None:
                return _told(401, "not accepted", "Send Authorization: Bearer and a key.", challenge=True)
            return await self._to(caller, request)
        except TooManyTries:
            return _told(429, "too many tries failed from your address", "Wait a minute.")
        except FieldwrightError as error:
            status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 400)
            return _told(status, error.message, error.hint)

    async def _to(self, caller: Caller, request: Request) -> Response:
        found = self._found(request.url.path)
        if not found:
            raise NotFound
        chosen = next((one for one in found if one[0].method == request.method), None)
        if chosen is None:
            allowed = ", ".join(sorted(endpoint.method for endpoint, _ in found))
            return _told(405, f"{request.method[:20]} is not possible here", f"Possible: {allowed}", allow=allowed)
        endpoint, path = chosen
        if not may(caller, endpoint.role):
            return _told(403, "the key's role is too low", f"This needs the role {endpoint.role}.")
        body = await _body(request)
        if body is None:
            return _told(413, "the body is too large or too slow", f"At most {LIMIT_BODY_BYTES} bytes.")
        values = checked(endpoint, path, request.query_params.multi_items(), body)
        return JSONResponse(await run_in_threadpool(self._answer, endpoint, caller, values))

    def _answer(self, endpoint: Endpoint, caller: Caller, values: dict[str, str]) -> Json:
        tenant = values.get("tenant")
        if tenant is not None and not self._is_known(tenant, caller):
            raise NotFound
        return endpoint.answer(Asked(caller, self._api.store.browse(caller.scope), values))

    def _is_known(self, tenant: str, caller: Caller) -> bool:
        if caller.scope is not None:
            return tenant in caller.scope
        return tenant in self._api.connections or tenant in self._api.store.inbox.connections()

    def _found(self, path: str) -> list[Found]:
        matches = ((pattern.match(path), endpoint) for pattern, endpoint in self._known)
        return [(endpoint, match.groupdict()) for match, endpoint in matches if match]


async def _body(request: Request) -> bytes | None:
    """The whole body; None where it is too large or too slow."""
    data = b""
    try:
        async with asyncio.timeout(_BODY_TIMEOUT_S):
            async for chunk in request.stream():
                data += chunk
                if len(data) > LIMIT_BODY_BYTES:
                    return None
    except TimeoutError:
        return None
    return data


def _told(
    status: int, error: str, hint: str | None = None, *, allow: str | None = None, challenge: bool = False
) -> Response:
    headers = {"allow": allow} if allow else {"www-authenticate": "Bearer"} if challenge else {}
    if status == 413:
        headers["connection"] = "close"
    if status in (429, 503):
        headers["retry-after"] = "60" if status == 429 else "30"
    return JSONResponse({"error": error, **({"hint": hint} if hint else {})}, status, headers)
