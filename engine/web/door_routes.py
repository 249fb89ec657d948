"""The webhook doors over HTTP: ``/hooks/{connection}`` and ``/hooks/{connection}/{secret}``, as one ASGI callable.

In: a request, its body counted while it streams in and awaited for 10 s at most. Out: the manifest's own
acknowledgement, after the event is committed and never before; else a 4xx, of which only a counter is kept; 503
where the store cannot commit now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote

from engine.clock import Clock
from engine.errors import StoreUnavailable
from engine.intake.delivered import Knock
from engine.intake.door import (
    LIMIT_BODY_BYTES,
    SIGNATURE_REASONS,
    TOO_LARGE,
    Admitted,
    Door,
    Turned,
    Verdict,
    judge_unknown,
)
from engine.intake.handshake import HandsShaken
from engine.intake.subscriptions import Subscriptions
from engine.model import RawEvent
from engine.store import Accepted
from engine.store.group_commit import GroupCommit
from engine.telemetry import metrics
from engine.web.answers import RawHeaders, Receive, Scope, Send, answer
from engine.web.deadlines import Deadlines

PREFIX = "/hooks/"
BODY_TIMEOUT_S = 10.0
_CLOSE = (("connection", "close"),)
_LATER = (("retry-after", "30"),)
_ALLOW = (("allow", "POST"),)
_TOO_SLOW = Turned(408, "body too slow")


class ClientGone(Exception):
    """The client hung up before its request was whole: there is nobody to answer."""


class DoorRoutes:
    """All doors of this process. ``changed`` of a subscription reaches the door by ``subscriptions.forget``."""

    def __init__(
        self,
        doors: Mapping[str, Door],
        subscriptions: Subscriptions,
        group_commit: GroupCommit,
        clock: Clock,
        body_timeout_s: float = BODY_TIMEOUT_S,
    ) -> None:
        self._doors, self._subscriptions, self._clock = doors, subscriptions, clock
        self._group_commit, self._deadlines = group_commit, Deadlines(body_timeout_s)
        # One limit for whoever is not proven yet: a door's own would tell that there is such a connection.
        self._limit_bytes = max([LIMIT_BODY_BYTES, *(door.limit_bytes for door in doors.values())])
        self._waiting: list[tuple[RawEvent, asyncio.Future[Accepted]]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name, secret = _address(scope)
        door = self._doors.get(name)
        try:
            verdict = await self._judged(scope, receive, door, secret)
            if isinstance(verdict, Admitted):
                await self._committed(verdict)
        except StoreUnavailable:
            metrics.STORE_UNAVAILABLE.labels("accept").inc()
            await answer(send, 503, _LATER)
            return
        except ClientGone:
            return
        await self._answer(send, verdict, door)

    async def _judged(self, scope: Scope, receive: Receive, door: Door | None, secret: str | None) -> Verdict:
        try:
            body = await self._deadlines.within(lambda: _body(receive, self._limit_bytes))
        except TimeoutError:
            return _TOO_SLOW
        if body is None:
            return TOO_LARGE
        if door is None:
            return judge_unknown(scope["method"])
        knock = Knock(scope["method"], secret, _headers(scope["headers"]), scope["query_string"], body)
        return self._verdict(door, knock)

    def _verdict(self, door: Door, knock: Knock) -> Verdict:
        now, known = self._clock.now(), self._subscriptions.of(door.name)
        verdict = door.judge(knock, now, known)
        if isinstance(verdict, Turned) and verdict.reason in SIGNATURE_REASONS:
            # The subscription's key may have been made a moment ago, by another process.
            newer = self._subscriptions.newer(door.name)
            if newer != known:
                return door.judge(knock, now, newer)
        return verdict

    async def _committed(self, admitted: Admitted) -> None:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Accepted] = loop.create_future()
        began = loop.time()
        if not self._waiting:
            loop.call_soon(self._submit, loop)
        self._waiting.append((admitted.raw, future))
        await future
        metrics.ACCEPT_SECONDS.observe(loop.time() - began)

    def _submit(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hands over all that was admitted in this turn of the loop: one wake-up of the writer, one transaction."""
        waiting, self._waiting = self._waiting, []
        self._group_commit.submit_all(waiting, loop)

    async def _answer(self, send: Send, verdict: Verdict, door: Door | None) -> None:
        if isinstance(verdict, Admitted):
            await answer(send, verdict.acknowledge)
        elif isinstance(verdict, HandsShaken):
            await answer(send, verdict.status, tuple(verdict.headers.items()))
        else:
            metrics.REFUSED.labels(verdict.reason).inc()
            self._group_commit.count_refused(door.name if door is not None else None, verdict.reason)
            await answer(send, verdict.status, _extra(verdict.status))


async def _body(receive: Receive, limit_bytes: int) -> bytes | None:
    """The whole body; None when it is larger than ``limit_bytes``. Raises ClientGone."""
    message = await receive()
    if message["type"] != "http.request":
        raise ClientGone
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        return await _rest(receive, body, limit_bytes)
    return body if len(body) <= limit_bytes else None


async def _rest(receive: Receive, first: bytes, limit_bytes: int) -> bytes | None:
    chunks, size = [first], len(first)
    while size <= limit_bytes:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        chunk: bytes = message.get("body", b"")
        chunks.append(chunk)
        size += len(chunk)
        if not message.get("more_body"):
            return b"".join(chunks) if size <= limit_bytes else None
    return None


def _extra(status: int) -> tuple[tuple[str, str], ...]:
    # What is left of a body that was not read to its end must not be taken for the next request.
    return _CLOSE if status in (408, 413, 431) else _ALLOW if status == 405 else ()


def _address(scope: Scope) -> tuple[str, str | None]:
    """(connection, secret or None), split before anything is decoded: a secret may hold any character."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    name, slash, secret = raw.decode("latin-1").removeprefix(PREFIX).partition("/")
    return unquote(name), unquote(secret) if slash else None


def _headers(raw: RawHeaders) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = _name(name), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


@lru_cache(maxsize=256)
def _name(raw: bytes) -> str:
    return raw.decode("latin-1")
