"""Raw ASGI answers for the door: a status and a word, with the headers that every answer carries."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from functools import lru_cache
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
RawHeaders = list[tuple[bytes, bytes]]

SECURITY_HEADERS: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
}
RAW_SECURITY_HEADERS: RawHeaders = [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]

_WORDS = {
    400: "the body is not JSON that can be used",
    401: "not accepted",
    404: "not found",
    405: "only POST is accepted here",
    408: "the body did not arrive in time",
    413: "the body is too large",
    421: "this host is not served here",
    431: "the headers are too large",
    500: "something went wrong here",
    503: "it cannot be stored now; send it again",
}


def _whole(status: int, more: Iterable[tuple[str, str]], detail: Mapping[str, str]) -> tuple[Message, Message]:
    word = _WORDS.get(status)
    body = json.dumps({"error": word, **detail}).encode() if word else b""
    headers: RawHeaders = [(b"content-length", str(len(body)).encode())]
    if body:
        # An empty answer to a machine needs none of these, and has to be quick.
        headers += [(b"content-type", b"application/json"), *RAW_SECURITY_HEADERS]
    headers += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in more]
    start = {"type": "http.response.start", "status": status, "headers": headers}
    return start, {"type": "http.response.body", "body": body}


@lru_cache(maxsize=64)
def _known(status: int, more: tuple[tuple[str, str], ...]) -> tuple[Message, Message]:
    return _whole(status, more, {})


async def answer(send: Send, status: int, headers: tuple[tuple[str, str], ...] = ()) -> None:
    """Sends ``status`` with the one short text that belongs to it, the same whatever the cause."""
    start, body = _known(status, headers)
    await send(start)
    await send(body)


async def answer_failure(send: Send, reference: str) -> None:
    """Sends a 500 that says nothing but the reference under which the cause was logged."""
    start, body = _whole(500, (), {"reference": reference})
    await send(start)
    await send(body)
