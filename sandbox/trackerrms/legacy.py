"""The door of the legacy "Widget API" of the pretend TrackerRMS: envelope, credentials, status in the body.

In: ``POST /api/widget/<operation>`` with ``{"trackerrms": {<key>: {credentials, …}}}``. Out: always HTTP 200 with
``{status, message, count, …}`` (widget-api-samples.json). A v1 JWT is nobody here: status 1.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.trackerrms.calls import Door, RateLimit
from sandbox.trackerrms.credentials import INVALID, OK, USER_NOT_ACTIVE, USER_NOT_FOUND, Credentials
from sandbox.trackerrms.database import Database

EXCEPTION = "Object variable or With block variable not set."
_MESSAGES = {USER_NOT_FOUND: "user not found", USER_NOT_ACTIVE: "user not active", INVALID: "Invalid request"}

Block = Mapping[str, Any]
Body = dict[str, Any]


class Refusal(Exception):
    """A legacy call ends with this status and message."""

    def __init__(self, status: int, message: str = "") -> None:
        self.status, self.message = status, message or _MESSAGES[status]
        super().__init__(self.message)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: the key its envelope really has, the area it writes in (None reads), what it does.

    ``exists`` says whether this tenant has it at all; without it the answer is a bare 404.
    """

    key: str
    area: str | None
    run: Callable[[Block], Body]
    exists: Callable[[], bool] = lambda: True


def part(block: Block, name: str) -> Block:
    """An object inside a block. Raises Refusal as the real one answers: with its own exception's text."""
    found = block.get(name)
    if not isinstance(found, Mapping):
        raise Refusal(INVALID, EXCEPTION)
    return found


def number(value: Any) -> int:
    """An id or a count, which come as numbers or text. Raises Refusal."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        raise Refusal(INVALID, f"Conversion from string \"{value}\" to type 'Integer' is not valid.") from None


def success(message: str = "success", count: int = 0, **more: Any) -> Body:
    return {"status": OK, "message": message, "count": count, **more}


class LegacyDoor:
    """Makes the routes of operations; checks every call the same way."""

    def __init__(self, database: Database, credentials: Credentials, limit: RateLimit, door: Door) -> None:
        self._database, self._credentials, self._limit, self._door = database, credentials, limit, door

    def routes(self, operations: Mapping[str, Operation]) -> list[Route]:
        return [
            Route(f"/api/widget/{name}", self._endpoint(operation), methods=["POST"])
            for name, operation in operations.items()
        ]

    def refuse_writes(self, area: str) -> None:
        """Raises Refusal where the credential may not write in ``area``."""
        if not self._door.may_write(area):
            raise Refusal(int(self._database.switches.read_only_status))

    def _endpoint(self, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            self._door.served[f"POST {request.url.path}"] += 1
            if self._limit.refuses():
                return self._limit.response()
            if not operation.exists():
                return Response(status_code=404)
            body = await request.body()
            try:
                with self._database.lock:
                    return JSONResponse(self._run(operation, body, request.headers.get("authorization")))
            except Refusal as refusal:
                failed = {"status": refusal.status, "message": refusal.message, "count": 0}
                return JSONResponse({**failed, "recordId": 0, "recordName": None})

        return endpoint

    def _run(self, operation: Operation, body: bytes, authorization: str | None) -> Body:
        try:
            block = part(part(json.loads(body), "trackerrms"), operation.key)
        except (ValueError, AttributeError):
            raise Refusal(INVALID, EXCEPTION) from None
        status = self._credentials.legacy(block.get("credentials"), authorization)
        if status != OK:
            raise Refusal(status)
        if operation.area is not None:
            self.refuse_writes(operation.area)
        return operation.run(block)
