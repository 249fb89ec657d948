"""A served web front for tests: a real server, a real store, two connections, and ways to knock."""

from __future__ import annotations

import functools
import json
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from connectors.signatures import Signed, sign
from engine.intake.subscriptions import STATE
from engine.manifest.build import load
from engine.manifest.connection import Connection
from engine.manifest.model import Manifest
from engine.manifest.schema.files import data_folder
from engine.model import RawEvent
from engine.redaction import Secret
from engine.store import Store
from engine.store.group_commit import GroupCommit
from engine.web.app import make_app
from engine.web.server import WebServer

KEY = "not-a-real-signing-key"
URL_SECRET = "not/a real+secret"
BODY = json.dumps({"job_id": "j1", "candidate_id": "c1", "application_id": "a1"}).encode()


@functools.cache
def manifest(name: str) -> Manifest:
    return load(data_folder("mappings") / f"{name}.yaml")


def signed_connection(name: str = "acme", **settings: Any) -> Connection:
    given = {"signature_tolerance": 300, "api_key": Secret("not-a-real-key"), **settings}
    return Connection(name, manifest("smartrecruiters"), given)


def secret_connection(name: str = "beta", secret: str | None = URL_SECRET) -> Connection:
    return Connection(name, manifest("trackerrms"), {"webhook_secret": Secret(secret)} if secret else {})


def headers_of(body: bytes = BODY, *, at: float | None = None, key: str = KEY, **more: str) -> dict[str, str]:
    """The headers of a delivery signed for ``body``."""
    headers = {
        "event-id": "e-1",
        "event-name": "application.created",
        "event-version": "v201910",
        "link": "<https://api.example.com/a>; rel=self",
        "smartrecruiters-timestamp": str(int(time.time() if at is None else at)),
        "content-type": "application/json",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    rule = manifest("smartrecruiters").events.webhook.signature
    context = {"settings": {}, "subscription": {"secret": key}}
    return {**headers, rule.header: sign(rule, Signed(headers, body), context=context)}


@dataclass
class Front:
    """The served front; ``post`` and ``raw`` speak to it."""

    url: str
    store: Store
    group: GroupCommit
    client: httpx.Client
    body: bytes = field(default=BODY, repr=False)

    def post(
        self, path: str = "/hooks/acme", body: bytes = BODY, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        return self.client.post(path, content=body, headers=headers_of(body) if headers is None else headers)

    @contextmanager
    def connection(self) -> Iterator[socket.socket]:
        parts = urlsplit(self.url)
        with socket.create_connection((parts.hostname, parts.port), timeout=10) as opened:
            yield opened

    def stored(self) -> list[RawEvent]:
        return [event.raw for event in self.store.inbox.list(limit=10_000)]

    def refused(self) -> dict[str, dict[str, int]]:
        """The counters, once the writer has stored what was counted until now."""
        self.group.submit(RawEvent("probe", "engine", f"{time.time_ns()}", {}, b"{}", 0.0)).result(timeout=10)
        self.group.submit(RawEvent("probe", "engine", f"{time.time_ns()}", {}, b"{}", 0.0)).result(timeout=10)
        return self.store.inbox.refused()


@contextmanager
def serving(
    folder: Path, *, group: GroupCommit | None = None, more: Mapping[str, Connection] | None = None, **options: Any
) -> Iterator[Front]:
    connections = {
        "acme": signed_connection(),
        "beta": secret_connection(),
        "shut": secret_connection("shut", None),
    } | dict(more or {})
    web = {name: options.pop(name) for name in ("header_timeout_s", "limit_concurrency") if name in options}
    with Store.open(folder / "store.db") as store:
        store.connections.put("acme", STATE, {"id": "s1", "secret": KEY})
        group = group or GroupCommit(store.inbox, **options.pop("group_options", {}))
        server = WebServer(make_app(connections, store, group, **options), **web)
        url = server.start()
        try:
            with httpx.Client(base_url=url, timeout=20, trust_env=False) as client:
                yield Front(url, store, group, client)
        finally:
            server.stop()
            group.close()


def answer_of(opened: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    received = b""
    try:
        while chunk := opened.recv(65536):
            received += chunk
    except ConnectionError:
        pass
    return received
