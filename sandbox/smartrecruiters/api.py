"""The pretend API as an ASGI app: sign-in, limits, permission, handler, answer with the four rate headers."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.faults import answer as send_answer
from sandbox.smartrecruiters.accounts import Accounts, require
from sandbox.smartrecruiters.limits import Limits
from sandbox.smartrecruiters.wire import Answer, ApiError, Request, failed, ok

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from sandbox.faults import Faults
    from sandbox.smartrecruiters.routes import Route, Router
    from sandbox.smartrecruiters.tenant import Tenant

_PAGES = ("/_sandbox", "/candidates-page")
_TOKEN = "/identity/oauth/token"
_LARGEST_BODY_BYTES = 64 * 1024 * 1024
_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?|\[[0-9a-fA-F:]+\](:\d+)?")
_KEPT_REQUESTS = 100_000
_log = logging.getLogger("sandbox.smartrecruiters")


@dataclass(frozen=True, slots=True)
class _Call:
    """What is known of a request before its body: who calls what, and may do what (None: not signed in)."""

    headers: dict[str, str]
    route: Route | None
    values: list[str]
    credential: str
    allowed: frozenset[str] | None
    endpoint: str


class Api:
    """Routes ``/``, ``/_sandbox`` and the recruiter's pages to ``pages``, everything else to the pretend API.

    ``requests`` are the last (method, path, status) served; ``served`` counts them by endpoint.
    """

    def __init__(self, tenant: Tenant, accounts: Accounts, router: Router, faults: Faults, pages: ASGIApp) -> None:
        self._tenant, self._accounts, self._router = tenant, accounts, router
        self._faults, self._pages = faults, pages
        self.limits = Limits(tenant.switches)
        self.requests: deque[tuple[str, str, int]] = deque(maxlen=_KEPT_REQUESTS)
        self.served: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or path == "/" or path.startswith(_PAGES):
            await self._pages(scope, receive, send)
            return
        call = self._call(scope)
        answer = await self._limited(call, scope, receive) or self.throttled()
        headers = {**answer.headers, **self.limits.headers(call.credential, call.endpoint)}
        if answer.body:
            headers["content-type"] = answer.content_type
        self.requests.append((scope["method"], path, answer.status))
        self.served[call.endpoint] += 1
        await send_answer(send, answer.status, headers, answer.body)

    def _call(self, scope: Scope) -> _Call:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        routes, values = self._router.find(scope["path"])
        route = routes.get(scope["method"])
        endpoint = f"{scope['method']} {_TOKEN if scope['path'] == _TOKEN else '(unknown)'}"
        credential, allowed = self._accounts.identify(headers)
        return _Call(headers, route, values, credential, allowed, route.endpoint if route else endpoint)

    async def _limited(self, call: _Call, scope: Scope, receive: Receive) -> Answer | None:
        """The answer within the limits; None when they refuse the request."""
        if not self.limits.enter(call.credential, call.endpoint):
            return None
        try:
            await self._faults.delay(scope["method"], scope["path"])
            return await self._handled(call, self._request(scope, call.headers, await _body(receive)))
        except ApiError as error:
            return failed(error)
        except Exception:
            _log.exception("the pretend API failed on %s", call.endpoint)
            return failed(ApiError(500, "INTERNAL_SERVER_ERROR", "Internal error of the sandbox"))
        finally:
            self.limits.leave(call.credential, call.endpoint)

    async def _handled(self, call: _Call, request: Request) -> Answer:
        if request.path == _TOKEN and request.method == "POST":
            return self._accounts.token(request)
        if call.allowed is None:
            raise ApiError(401, "AUTHENTICATION_FAILED", "Authentication failed")
        if call.route is None:
            raise _unrouted(self._router, request)
        require(call.allowed, call.route.scopes, call.route.right)
        request.params = dict(zip(call.route.names, call.values, strict=True))
        if call.route.waits:
            return await asyncio.to_thread(call.route.handler, self._tenant, request)
        with self._tenant.lock:
            return call.route.handler(self._tenant, request)

    def _request(self, scope: Scope, headers: dict[str, str], body: bytes) -> Request:
        host = headers.get("host", "")
        if _HOST.fullmatch(host):
            self._tenant.base_url = f"http://{host}"
        return Request(scope["method"], scope["path"], scope["query_string"], headers, body, self._tenant.base_url)

    def throttled(self) -> Answer:
        """A 429 in the form of the ``throttled_body`` switch; never with Retry-After (facts, 2.3)."""
        form = self._tenant.switches.throttled_body
        if form == "empty":
            return Answer(429)
        if form == "text":
            return Answer(429, b"Too Many Requests", content_type="text/plain")
        if form == "apply_error":
            return ok({"id": "0", "code": "TRAFFIC_LOCKED", "message": "Too many requests"}, 429)
        return failed(ApiError(429, "TOO_MANY_REQUESTS", "Too many requests"))

    def throttled_by_fault(self) -> tuple[dict[str, str], bytes]:
        """The same, as the fault middleware sends it."""
        answer = self.throttled()
        limits = self.limits.headers("fault", "fault") | {"x-ratelimit-remaining": "0"}
        return {"content-type": answer.content_type, **limits}, answer.body


def _unrouted(router: Router, request: Request) -> ApiError:
    if router.find(request.path)[0]:
        return ApiError(405, "METHOD_NOT_ALLOWED", "Method not allowed")
    return ApiError(404, "RESOURCE_NOT_FOUND", "No such resource")


async def _body(receive: Receive) -> bytes:
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ApiError(400, "BAD_REQUEST", "The request was cut short")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > _LARGEST_BODY_BYTES:
            raise ApiError(413, "PAYLOAD_TOO_LARGE", "The body is too large")
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)
