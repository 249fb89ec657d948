"""An ASGI app in, a server on a port out, in a thread of its own.

No access log (addresses carry secrets), no proxy headers, no WebSockets, 16 KiB of headers at most, and an end for
connections that send nothing, or never finish a header: the server library knows no such end itself.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from typing import Any

import uvicorn

from engine.errors import InputError
from engine.intake.door import LIMIT_HEADERS_BYTES
from engine.web.app import App

HEADER_TIMEOUT_S = 10.0
_KEEP_ALIVE_S = 15
_START_TIMEOUT_S = 10.0
_TICKS_PER_SWEEP = 10


class WebServer:
    """Serves ``app`` from a thread. ``port`` 0 picks a free one."""

    def __init__(
        self,
        app: App,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        limit_concurrency: int = 1000,
        header_timeout_s: float = HEADER_TIMEOUT_S,
    ) -> None:
        self._host, self._port = host, port
        self._server = _Server(_config(app, limit_concurrency), header_timeout_s)
        self._thread: threading.Thread | None = None

    def start(self) -> str:
        """Returns the address, without a trailing slash, once it is served. Raises InputError when it cannot be."""
        listener = _bind(self._host, self._port)
        self._thread = threading.Thread(target=self._run, args=(listener,), name="web-server", daemon=True)
        self._thread.start()
        if not self._server.accepting.wait(_START_TIMEOUT_S):
            raise InputError("the web server did not start", hint="see the log above")
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{listener.getsockname()[1]}"

    def stop(self) -> None:
        """Takes no more, ends what is under way, and returns when the port is closed."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(timeout=_START_TIMEOUT_S)

    def _run(self, listener: socket.socket) -> None:
        with listener:
            self._server.run(sockets=[listener])


def _config(app: App, limit_concurrency: int) -> uvicorn.Config:
    # Only this HTTP implementation has a limit for headers.
    return uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=limit_concurrency,
        h11_max_incomplete_event_size=LIMIT_HEADERS_BYTES,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=10,
    )


class _Server(uvicorn.Server):
    """A server that says when it accepts, and closes connections that keep it waiting for a header."""

    def __init__(self, config: uvicorn.Config, header_timeout_s: float) -> None:
        super().__init__(config)
        self.accepting = threading.Event()
        self._header_timeout_s = header_timeout_s
        self._waiting: dict[Any, tuple[int, float]] = {}

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        # Its loggers would print a line per strange request.
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        await super().startup(sockets=sockets)
        self.accepting.set()

    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS_PER_SWEEP == 0:
            self._sweep(time.monotonic())
        return await super().on_tick(counter)

    def _sweep(self, now: float) -> None:
        """Closes each connection that has been between two requests for too long, and is not merely kept alive."""
        waiting: dict[Any, tuple[int, float]] = {}
        for protocol in list(self.server_state.connections):
            cycle = getattr(protocol, "cycle", None)
            if cycle is not None and not cycle.response_complete:
                continue
            if getattr(protocol, "timeout_keep_alive_task", None) is not None:
                continue
            mark, since = self._waiting.get(protocol, (id(cycle), now))
            waiting[protocol] = (mark, since) if mark == id(cycle) else (id(cycle), now)
            if now - waiting[protocol][1] >= self._header_timeout_s:
                protocol.transport.close()
        self._waiting = waiting


def _bind(host: str, port: int) -> socket.socket:
    # The protocol is named because asyncio switches Nagle off only where it is: without, each answer takes 40 ms.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise InputError(
            f"port {port} on {host} cannot be had: {error.strerror or 'no reason given'}",
            hint="choose another port, or 0 for a free one",
        ) from None
    return listener
