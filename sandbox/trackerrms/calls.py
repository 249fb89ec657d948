"""What one call to the pretend TrackerRMS's v1 API goes through: credential, rate limit, rights, then its handler.

In: a handler taking a ``Call`` and giving (status, JSON). Out: a Starlette endpoint. Errors carry the HTTP status;
their body is a switch, as nobody has published it (TrackerRMS facts, A4, errors).
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.clock import SandboxClock
from sandbox.trackerrms.credentials import Credentials
from sandbox.trackerrms.database import Database
from sandbox.trackerrms.switches import TrackerSwitches

REASONS = {
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    429: "Too Many Requests",
}  # fmt: skip


class Problem(Exception):
    """A v1 call ends with this status and message."""

    def __init__(self, status: int, message: str = "") -> None:
        self.status, self.message = status, message or REASONS[status]
        super().__init__(self.message)


@dataclass(frozen=True, slots=True)
class Call:
    """A call that passed the door: ids of its path, its query, its JSON body ({} when it has none)."""

    path: Mapping[str, int]
    query: Mapping[str, str]
    body: Any

    @property
    def object(self) -> dict[str, Any]:
        """The body as an object. Raises Problem 400 otherwise."""
        if not isinstance(self.body, dict):
            raise Problem(400, "The request body must be a JSON object")
        return self.body


Answer = tuple[int, Any]
Handler = Callable[[Call], Answer]
Endpoint = Callable[[Request], Awaitable[Response]]


class RateLimit:
    """A window of the last minute over all calls of the tenant."""

    def __init__(self, switches: TrackerSwitches, clock: SandboxClock) -> None:
        self._switches, self._clock = switches, clock
        self._times: deque[float] = deque()

    def refuses(self) -> bool:
        """Count one call; True when there were too many in the last minute."""
        limit, now = self._switches.rate_limit, self._clock.now()
        while self._times and self._times[0] <= now - 60.0:
            self._times.popleft()
        if limit and len(self._times) >= limit:
            return True
        self._times.append(now)
        return False

    def answer(self) -> tuple[dict[str, str], bytes]:
        """Headers and body of a 429 as the switch says."""
        kind = self._switches.rate_limit_answer
        if kind == "retry_after":
            return {"retry-after": "30"}, b""
        if kind == "json":
            return {"content-type": "application/json"}, json.dumps({"message": REASONS[429]}).encode()
        return {}, b""

    def response(self) -> Response:
        headers, body = self.answer()
        return Response(body, 429, headers)


class Door:
    """Makes endpoints that check every call the same way."""

    def __init__(self, database: Database, credentials: Credentials, limit: RateLimit) -> None:
        self._database, self._credentials, self._limit = database, credentials, limit
        self._switches = database.switches
        self.served: Counter[str] = Counter()

    def read(self, handler: Handler) -> Endpoint:
        return self._endpoint(handler, None)

    def write(self, area: str, handler: Handler) -> Endpoint:
        """As ``read``, for a call that writes in ``area``: refused with 403 where the credential may not."""
        return self._endpoint(handler, area)

    def may_write(self, area: str) -> bool:
        return self._switches.access == "read_write" and area not in self._switches.listed("denied")

    def _endpoint(self, handler: Handler, area: str | None) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            self.served[f"{request.method} {request.scope['route'].path}"] += 1
            if self._limit.refuses():
                return self._limit.response()
            body = await request.body()
            try:
                self._check(request, area)
                with self._database.lock:
                    status, answer = handler(Call(_ids(request), request.query_params, _json(body)))
            except Problem as problem:
                return self.refusal(problem)
            return Response(status_code=status) if answer is None else JSONResponse(answer, status)

        return endpoint

    def _check(self, request: Request, area: str | None) -> None:
        if not self._credentials.accepts_jwt(request.headers.get("authorization")):
            raise Problem(401)
        if area is not None and not self.may_write(area):
            raise Problem(403)

    def refusal(self, problem: Problem) -> Response:
        """An error answer in the body the switch asks for."""
        headers = {"www-authenticate": "Bearer"} if problem.status == 401 else {}
        kind = self._switches.error_body
        if kind == "empty":
            return Response(status_code=problem.status, headers=headers)
        if kind == "message":
            return JSONResponse({"message": problem.message}, problem.status, headers)
        title = REASONS[problem.status]
        content = {"type": "about:blank", "title": title, "status": problem.status, "detail": problem.message}
        return JSONResponse(content, problem.status, headers, media_type="application/problem+json")


def _ids(request: Request) -> dict[str, int]:
    try:
        return {name: int(value) for name, value in request.path_params.items()}
    except ValueError:
        raise Problem(400, "The id must be a number") from None


def _json(body: bytes) -> Any:
    if not body:
        return {}
    try:
        return json.loads(body)
    except ValueError:
        raise Problem(400, "The request body is not valid JSON") from None
