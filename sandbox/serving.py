"""Serving an ASGI app on loopback from a thread.

In: an app and a port (0 picks a free one). Out: a Running that already accepts connections.
"""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn

from engine.errors import InputError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_START_TIMEOUT_S = 10.0
_HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Running:
    """A served app: ``url`` without a trailing slash; ``stop`` returns once the port is closed."""

    url: str
    port: int
    _server: uvicorn.Server
    _thread: threading.Thread

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=_START_TIMEOUT_S)

    def wait(self) -> None:
        """Returns when the server has stopped."""
        self._thread.join()


class _Announcing(uvicorn.Server):
    """A server that says when it accepts, and leaves signals to the process."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.accepting = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.accepting.set()


def start(app: ASGIApp, port: int = 0) -> Running:
    """Serves ``app`` on 127.0.0.1. Raises InputError when the port is taken or the app does not start."""
    listener = _bind(port)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=1,
    )
    server = _Announcing(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="sandbox-server", daemon=True)
    thread.start()
    if not server.accepting.wait(_START_TIMEOUT_S):
        raise InputError("The sandbox did not start serving", hint="See the error printed above.")
    bound = listener.getsockname()[1]
    return Running(url=f"http://{_HOST}:{bound}", port=bound, _server=server, _thread=thread)


def _bind(port: int) -> socket.socket:
    # The protocol is named because asyncio switches Nagle off only where it is: without, each answer takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
    except OSError as error:
        listener.close()
        raise InputError(
            f"Port {port} on {_HOST} is taken", hint="Choose another port, or 0 for a free one."
        ) from error
    return listener
