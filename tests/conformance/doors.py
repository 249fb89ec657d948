"""A served webhook door of a small manifest: what the cases of webhooks knock at, over real HTTP."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from connectors.calls import Caller
from engine.clock import ManualClock
from engine.intake.registration import Registrar
from engine.intake.subscriptions import Subscriptions
from engine.intake.translate import translate
from engine.manifest.connection import Connection
from engine.model import CanonicalEvent, Outcome
from engine.redaction import Secret
from engine.store import Store
from engine.store.group_commit import GroupCommit
from engine.web.app import make_app
from engine.web.server import WebServer
from tests.conformance.acme import Acme

KEY = "not-a-real-signing-key"
SETTINGS: Mapping[str, Any] = {"api_key": Secret("not-a-real-key"), "hook_secret": Secret(KEY)}
_DECLARED = """
settings:
  api_key: {type: secret, required: true, description: The key.}
  hook_secret: {type: secret, description: The webhook's key.}
"""


def hooked(webhook: str, operations: str = "") -> str:
    """A manifest whose webhook door is ``webhook``: keys indented by four spaces."""
    declared = webhook.strip("\n")
    poll = """  poll:
    every: 10m
    streams: {people: {operation: acme_changed, event: candidate.updated, ids: {candidate: record.id}, overlap: 1m}}
"""
    return f"{_DECLARED}operations:\n{operations.strip(chr(10))}\nevents:\n  truth: webhook\n  webhook:\n{declared}\n{poll}"


def hex_of(text: bytes, key: str = KEY) -> str:
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest()


@dataclass
class Hook:
    """The door and what is behind it."""

    url: str
    connection: Connection
    store: Store
    client: httpx.Client
    subscriptions: Subscriptions
    clock: ManualClock

    def post(self, body: Any, headers: Mapping[str, str] | None = None, path: str = "", **more: Any) -> int:
        """The status answered to a delivery of ``body`` (JSON unless it is bytes)."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.client.post(f"/hooks/tenant{path}", content=content, headers=dict(headers or {}), **more)
        return answer.status_code

    def came(self) -> list[CanonicalEvent | Outcome]:
        """What the stored deliveries are translated to, in the order in which they came."""
        return [translate(self.connection, event.raw) for event in reversed(self.store.inbox.list())]

    def registrar(self, caller: Caller, url: str | None = None) -> Registrar:
        forget = self.subscriptions.forget
        return Registrar(self.connection, caller, self.store, self.clock, url or self.url, forget)


@contextmanager
def open_hook(acme: Acme, folder: Path, text: str, settings: Mapping[str, Any] = SETTINGS) -> Iterator[Hook]:
    """The served door of the manifest ``text``; the clock is the one of ``acme``."""
    with serve_hook(acme.connection(text, settings), folder, acme.clock) as hook:
        yield hook


@contextmanager
def serve_hook(connection: Connection, folder: Path, clock: ManualClock) -> Iterator[Hook]:
    """The served door of a connection that is named ``tenant``."""
    with Store.open(folder / "store.db", clock) as store:
        group, known = GroupCommit(store.inbox), Subscriptions(store, clock)
        server = WebServer(make_app({"tenant": connection}, store, group, clock, subscriptions=known))
        url = server.start()
        try:
            with httpx.Client(base_url=url, timeout=20, trust_env=False) as client:
                yield Hook(url, connection, store, client, known, clock)
        finally:
            server.stop()
            group.close()
