"""Tenants that an ATS counts together share a budget in the running service."""

from __future__ import annotations

import json
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from connectors.budgets import MARGIN
from connectors.quotas import QuotaUse
from engine.clock import ManualClock
from engine.manifest.connection import Connection
from engine.manifest.model import Quota
from engine.pipeline.guarding import Guard
from engine.pipeline.route import KeptSecrets
from engine.redaction import Secret
from engine.runtime.service import open_routes, route_opener
from engine.store import Store
from tests import servers
from tests.conformance.acme import manifest
from tests.fake_server import FakeServer, Reply

LIMITED = """
    settings: {api_key: {type: secret, required: true}, client: {type: text}}
    apis:
      main:
        base_url: https://api.acme.example
        auth: [{headers: {X-Key: "{{ settings.api_key }}"}}]
        limits: {rate: 2/10s, quota: {credits: 1000, per: 24h}, key: "{{ settings.client }}"}
    operations:
      me: {get: /me}
"""


def test_tenants_of_one_client_wait_for_each_other_and_their_quota_is_kept_in_the_store(tmp_path: Path) -> None:
    clock = ManualClock()
    made = manifest(LIMITED)
    clients = {"ana": "one", "ben": "one", "eve": "two"}
    tenants = {
        name: Connection(name, made, {"api_key": Secret("fake"), "client": client})
        for name, client in clients.items()
    }
    with FakeServer() as server, Store.open(tmp_path / "kept.db", clock) as store:
        server.on("GET", "/me", Reply(json={}))
        sandboxes = dict.fromkeys(tenants, server.origin)
        routes = open_routes(tenants, route_opener(store, clock, sandboxes, Guard(store, clock)), sandboxes)
        for name in ("ana", "ben", "eve", "eve"):
            routes[name].caller.call("me", {})
        assert clock.monotonic() == 0
        routes["ben"].caller.call("me", {})
        assert clock.monotonic() == pytest.approx(10 * MARGIN)
        for route in routes.values():
            route.caller.close()
        assert store.connections.get("ben", "auth.quota.main") is not None


def test_what_several_processes_take_at_once_is_all_counted(store_url: str) -> None:
    """Each has a store of its own on one database; none overwrites what another took."""
    quota, taken = Quota(credits=10_000, period_s=86_400.0), 30
    clock = ManualClock()
    connection = Connection("ana", manifest(LIMITED), {"api_key": Secret("fake"), "client": "one"})
    with ExitStack() as ending:
        stores = [ending.enter_context(Store.open(store_url, clock, servers.VAULT)) for _ in range(4)]

        def take(store: Store) -> None:
            for _ in range(taken):
                use = QuotaUse("main")
                use.join(KeptSecrets(connection, store))
                use.take(quota, 100, clock.now())

        threads = [threading.Thread(target=take, args=(store,)) for store in stores]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        kept = json.loads(KeptSecrets(connection, stores[0]).get("quota.main") or "{}")
    assert sum(kept["used"].values()) == 4 * taken * 100
