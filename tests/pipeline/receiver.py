"""Another system on loopback: keeps what it is sent, checks it with the reference library, answers as told."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook

SECRET = "whsec_" + base64.b64encode(b"not-a-real-secret-of-32-bytes-ok").decode()
OTHER_SECRET = "whsec_" + base64.b64encode(b"another-not-real-secret-32-bytes").decode()


@dataclass
class Post:
    """One request as it came: headers in lower case."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.body)
        return told


@dataclass
class Receiver:
    """``answers`` are given in turn, as (status, headers); then 204. ``held``: while set, nothing is answered."""

    url: str = ""
    posts: list[Post] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    free: threading.Event = field(default_factory=threading.Event)

    def verified(self, secret: str = SECRET) -> list[dict[str, Any]]:
        """Each post, verified by the reference library. Its clock is the machine's own."""
        return [Webhook(secret).verify(post.body, dict(post.headers)) for post in self.posts]

    def types(self) -> list[str]:
        return [post.event["type"] for post in self.posts]


@contextmanager
def receiving(*answers: int | tuple[int, dict[str, str]]) -> Iterator[Receiver]:
    receiver = Receiver(answers=[(one, {}) if isinstance(one, int) else one for one in answers])
    receiver.free.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.posts.append(Post({name.lower(): value for name, value in self.headers.items()}, body))
            receiver.arrived.set()
            receiver.free.wait(20)
            status, headers = receiver.answers.pop(0) if receiver.answers else (204, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hooks"
    try:
        yield receiver
    finally:
        receiver.free.set()
        server.shutdown()
        server.server_close()
        thread.join()
