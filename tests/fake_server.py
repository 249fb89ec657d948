"""A scripted HTTP server on loopback for tests: real sockets, answers as told, every request recorded.

with FakeServer() as server:
    server.on("GET", "/jobs", Reply(json={"jobs": []}), Reply(429))   # one after the other; the last one stays
    ...; assert server.requests[0].headers["x-key"] == "k"
"""

from __future__ import annotations

import json as json_module
import socket
import ssl
import struct
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Seen:
    """A request as it came: header names in lower case, query values as lists."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    target: str = ""

    @property
    def json(self) -> Any:
        return json_module.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What is answered. ``drop``: ``before`` closes without an answer, ``during`` after half of the body.

    ``hold`` waits for an event before answering; ``drip_s`` sends the body byte by byte; ``raw`` replaces all.
    """

    status: int = 200
    json: Any = None
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: str | None = None
    hold: threading.Event | None = None
    drip: Callable[[], bool] | None = None
    raw: bytes | None = None

    @property
    def content(self) -> bytes:
        return json_module.dumps(self.json).encode() if self.json is not None else self.body


Script = Reply | Callable[[Seen], Reply]


class FakeServer:
    """The server. ``origin`` is where it listens; ``requests`` what came, in order."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Seen] = []
        self._routes: dict[tuple[str, str], list[Script]] = defaultdict(list)
        self._lock = threading.Lock()
        self.connections = 0
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.fake = self
        self._scheme = "https" if tls else "http"
        if tls is not None:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def origin(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def on(self, method: str, path: str, *scripts: Script) -> FakeServer:
        """What ``method path`` (``*`` for any path) answers, one after the other; the last one stays."""
        with self._lock:
            self._routes[method, path] = list(scripts)
        return self

    def seen(self, path: str) -> list[Seen]:
        """The requests to ``path``."""
        with self._lock:
            return [request for request in self.requests if request.path == path]

    def answer(self, request: Seen) -> Reply:
        with self._lock:
            self.requests.append(request)
            scripts = self._routes.get((request.method, request.path)) or self._routes.get((request.method, "*"))
            if not scripts:
                return Reply(404, json={"code": "NO_SUCH_ROUTE"})
            script = scripts.pop(0) if len(scripts) > 1 else scripts[0]
        return script if isinstance(script, Reply) else script(request)

    def __enter__(self) -> FakeServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.end_connections()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    fake: FakeServer

    def __init__(self, *arguments: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.fake.connections += 1
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def end_connections(self) -> None:
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections that end are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = parse_qs(parts.query, keep_blank_values=True)
        seen = Seen(self.command, parts.path, query, headers, body, self.path)
        self._send(self.server.fake.answer(seen))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def _send(self, reply: Reply) -> None:
        if reply.hold is not None:
            reply.hold.wait(30)
        if reply.drop == "before":
            self._reset()
            return
        if reply.raw is not None:
            self.wfile.write(reply.raw)
            self.close_connection = True
            return
        self._send_head(reply)
        if reply.drop == "during":
            self.wfile.write(reply.content[: len(reply.content) // 2])
            self.wfile.flush()
            self._reset()
        elif reply.drip is not None:
            self._drip(reply)
        else:
            self.wfile.write(reply.content)

    def _send_head(self, reply: Reply) -> None:
        content = reply.content
        self.send_response(reply.status)
        given = {name.lower() for name in reply.headers}
        if reply.json is not None and "content-type" not in given:
            self.send_header("content-type", "application/json")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 204 and "content-length" not in given:
            self.send_header("content-length", str(len(content)))
        self.end_headers()

    def _drip(self, reply: Reply) -> None:
        assert reply.drip is not None
        self.close_connection = True
        for byte in reply.content:
            if not reply.drip():
                return
            self.wfile.write(bytes([byte]))
            self.wfile.flush()

    def _reset(self) -> None:
        # Lingering for no time makes the close a reset, which is what a lost connection looks like.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def log_message(self, *_: Any) -> None:
        """Quiet."""
