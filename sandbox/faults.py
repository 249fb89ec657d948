"""Faults on demand, as ASGI middleware around a pretend ATS.

In: a Faults object whose switches may change at any time. Out: late, refused, broken or missing answers for the
requests that the filter selects. Requests under ``/_sandbox`` and the recruiter's pages are never touched.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from engine.errors import InputError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_UNTOUCHED = ("/_sandbox", "/candidates-page")
_HTML = b"<!doctype html><html><head><title>Sign in</title></head><body><h1>Please sign in</h1></body></html>"
_COUNTED = ("reset_before", "answer_429", "answer_5xx", "html_with_200", "drop_after_apply")


@dataclass(slots=True)
class Faults:
    """What goes wrong. A count is used up by the requests it meets; 0 is off.

    ``path`` selects by prefix, or by pattern when it holds a ``*`` (``*/properties``); ``method`` by its name.
    """

    latency_s: float = 0.0
    answer_429: int = 0
    answer_429_for_s: float = 0.0
    answer_5xx: int = 0
    status_5xx: int = 503
    html_with_200: int = 0
    reset_before: int = 0
    drop_after_apply: int = 0
    path: str = ""
    method: str = ""
    _throttled_until: float = field(default=0.0, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def set(self, **switches: Any) -> None:
        """Changes the named switches. Raises InputError for an unknown name or a value of the wrong type."""
        known = {item.name: item for item in fields(self) if not item.name.startswith("_")}
        for name, value in switches.items():
            if name not in known:
                raise InputError(f"Unknown fault {name!r}", hint=f"Known: {', '.join(known)}")
            self._assign(name, value)

    def _assign(self, name: str, value: Any) -> None:
        expected = type(getattr(self, name))
        try:
            setattr(self, name, expected(value))
        except (TypeError, ValueError):
            raise InputError(f"Fault {name} needs a {expected.__name__}, not {value!r}") from None
        if name == "answer_429_for_s":
            self._throttled_until = time.monotonic() + self.answer_429_for_s

    def clear(self) -> None:
        """Everything works again."""
        plain = Faults()
        for item in fields(self):
            if item.name != "_lock":
                setattr(self, item.name, getattr(plain, item.name))

    def as_dict(self) -> dict[str, Any]:
        return {item.name: getattr(self, item.name) for item in fields(self) if not item.name.startswith("_")}

    def strikes(self, method: str, path: str) -> str | None:
        """The fault that this request meets (one of the counted names), using up one of its count."""
        if not self.selects(method, path):
            return None
        if self._throttled_until and time.monotonic() < self._throttled_until:
            return "answer_429"
        with self._lock:
            for name in _COUNTED:
                if getattr(self, name) > 0:
                    setattr(self, name, getattr(self, name) - 1)
                    return name
        return None

    async def delay(self, method: str, path: str) -> None:
        """Waits for the latency, if the request is selected."""
        if self.latency_s > 0 and self.selects(method, path):
            await asyncio.sleep(self.latency_s)

    def selects(self, method: str, path: str) -> bool:
        if path == "/" or path.startswith(_UNTOUCHED):
            return False
        if self.method and self.method.upper() != method:
            return False
        return fnmatchcase(path, self.path) if "*" in self.path else path.startswith(self.path)


Throttled = Callable[[], tuple[Mapping[str, str], bytes]]


def _plain_429() -> tuple[Mapping[str, str], bytes]:
    return {"content-type": "application/json"}, json.dumps({"message": "Too many requests"}).encode()


class FaultsMiddleware:
    """Wraps ``app``. ``throttled`` gives headers and body of a 429 in the pretend ATS's own form.

    ``latency_inside`` leaves the latency to the app, which then counts the request as in flight meanwhile.
    """

    def __init__(
        self, app: ASGIApp, faults: Faults, throttled: Throttled = _plain_429, *, latency_inside: bool = False
    ) -> None:
        self.app, self.faults, self.throttled = app, faults, throttled
        self.latency_inside = latency_inside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if not self.latency_inside:
            await self.faults.delay(scope["method"], scope["path"])
        fault = self.faults.strikes(scope["method"], scope["path"])
        if fault is None:
            await self.app(scope, receive, send)
        elif fault == "reset_before":
            await cut(receive, send)
        elif fault == "drop_after_apply":
            await self.app(scope, receive, _swallow)
            await cut(receive, send)
        else:
            await self._instead(fault, send)

    async def _instead(self, fault: str, send: Send) -> None:
        if fault == "answer_429":
            headers, body = self.throttled()
            await answer(send, 429, headers, body)
        elif fault == "html_with_200":
            await answer(send, 200, {"content-type": "text/html"}, _HTML)
        else:
            await answer(send, self.faults.status_5xx, {"content-type": "text/plain"}, b"upstream unavailable")


async def _swallow(_message: Message) -> None:
    return None


async def answer(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Sends one whole answer."""
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def cut(receive: Receive, send: Send) -> None:
    """Cuts the connection without an answer; the server's own cycle object holds the transport."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("the sandbox cut the connection")
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
