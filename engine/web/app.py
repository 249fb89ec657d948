"""The web front as one ASGI app: the webhook doors, health, and what pages are given to it.

``make_app`` is the factory. ``/hooks/…`` goes straight to the doors; everything else to a small Starlette app.
An error that nobody caught ends as a 500 with a reference; the log has the reference, the kind of error and the
line it came from, and nothing of the request.
"""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from engine.clock import SYSTEM, Clock
from engine.intake.door import doors_of
from engine.intake.subscriptions import Subscriptions
from engine.manifest.connection import Connection
from engine.store import Store
from engine.store.group_commit import GroupCommit
from engine.web.answers import RAW_SECURITY_HEADERS, Message, Receive, Scope, Send, answer, answer_failure
from engine.web.door_routes import BODY_TIMEOUT_S, PREFIX, DoorRoutes
from engine.web.files import Files
from engine.web.health import Health
from engine.web.hosts import Hosts

_log = logging.getLogger(__name__)
_REFERENCE = "fieldwright.reference"
_CLOSE = (("connection", "close"),)
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def make_app(
    connections: Mapping[str, Connection],
    store: Store,
    group_commit: GroupCommit,
    clock: Clock = SYSTEM,
    *,
    subscriptions: Subscriptions | None = None,
    routes: Sequence[BaseRoute] = (),
    body_timeout_s: float = BODY_TIMEOUT_S,
    health: Health | None = None,
    hosts: Hosts | None = None,
) -> App:
    """The app of these ``connections``, with ``routes`` for pages beside the doors.

    ``subscriptions`` is shared with whoever registers webhooks, so that a new key is seen at once; ``health`` knows
    the rest of the process; ``hosts`` are served, and no others.
    """
    known = subscriptions or Subscriptions(store, clock)
    doors = DoorRoutes(doors_of(connections), known, group_commit, clock, body_timeout_s)
    found = [*(health or Health(store, clock)).routes(), *Files(store).routes(), *routes]
    pages = Starlette(routes=found, exception_handlers={Exception: _failed})
    pages.router.redirect_slashes = False
    return _Front(doors, pages, hosts or Hosts())


class _Front:
    """Sends each request where it belongs, and answers for what fails."""

    def __init__(self, doors: App, pages: App, hosts: Hosts) -> None:
        self._doors, self._pages, self._hosts = doors, pages, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await _not_http(scope, receive, send)
            return
        guarded = _Guarded(send)
        try:
            if not self._hosts.serve(scope["headers"]):
                await answer(guarded.pass_on, 421, _CLOSE)
            elif scope["path"].startswith(PREFIX):
                await self._doors(scope, receive, guarded.pass_on)
            else:
                await self._pages(scope, receive, guarded.secured)
        except Exception as error:
            reference = scope.get(_REFERENCE) or secrets.token_hex(6)
            _log.error("web failure %s: %s at %s", reference, type(error).__name__, _place_of(error))
            if not guarded.started:
                await answer_failure(send, reference)


async def _failed(request: Request, _: Exception) -> Response:
    """The 500 of a page. Starlette lets the error out once it is sent: it is logged then, under this reference."""
    reference = request.scope[_REFERENCE] = secrets.token_hex(6)
    return JSONResponse({"error": "something went wrong here", "reference": reference}, 500)


class _Guarded:
    """``send``, knowing whether an answer was begun. ``secured`` adds the headers that every answer carries."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def pass_on(self, message: Message) -> None:
        self.started = True
        await self._send(message)

    async def secured(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name for name, _ in message["headers"]}
            added = [pair for pair in RAW_SECURITY_HEADERS if pair[0] not in own]
            message = {**message, "headers": [*message["headers"], *added]}
        await self.pass_on(message)


async def _not_http(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        await send({"type": "lifespan.shutdown.complete"})
    else:
        await answer(send, 404)


def _place_of(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "an unknown place"
