"""The API over real HTTP on loopback, with two tenants that have one of everything each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from engine.model import Outcome, OutcomeKind, RawEvent
from engine.runtime.erasing import erase
from engine.runtime.resuming import resume
from engine.store import NewDelivery, Store
from engine.store.api_keys import Role
from engine.store.group_commit import GroupCommit
from engine.web.api.app import Api
from engine.web.app import make_app
from engine.web.server import WebServer
from tests.web.front import secret_connection, signed_connection


@dataclass
class ApiFront:
    store: Store
    client: httpx.Client
    api: Api

    def key(self, role: Role = "admin", *tenants: str) -> str:
        return self.store.api_keys.create("a key", role, frozenset(tenants) or None, None)[1]

    def ask(self, method: str, path: str, key: str | None, **more: object) -> httpx.Response:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        return self.client.request(method, f"/api/v1{path}", headers=headers, **more)  # type: ignore[arg-type]


@contextmanager
def serving_api(store_url: str, vault: object = None) -> Iterator[ApiFront]:
    connections = {"acme": signed_connection(), "beta": secret_connection()}
    with Store.open(store_url, vault=vault) as store:  # type: ignore[arg-type]
        api = Api(
            store, store.clock, connections, lambda *whom: erase(store, *whom), lambda *whom: resume(store, *whom)
        )
        group = GroupCommit(store.inbox)
        server = WebServer(make_app(connections, store, group, store.clock, routes=[api.route()]))
        url = server.start()
        try:
            with httpx.Client(base_url=url, timeout=20, trust_env=False) as client:
                yield ApiFront(store, client, api)
        finally:
            server.stop()
            group.close()


def accepted(store: Store, tenant: str, key: str = "one") -> str:
    (event,) = store.inbox.accept([RawEvent(tenant, "webhook", key, {}, b"{}", store.clock.now())])
    return event.id


def ended(store: Store, tenant: str, key: str = "ended") -> str:
    id_ = accepted(store, tenant, key)
    store.inbox.finish(id_, Outcome(OutcomeKind.DEAD, "404"))
    return id_


def dead_letter(store: Store, tenant: str) -> str:
    """A write that was given up."""
    return _delivery(store, tenant, "dead letter", "")


def held_write(store: Store, tenant: str) -> str:
    return _delivery(store, tenant, "held", "the field is gone")


def _delivery(store: Store, tenant: str, key: str, held: str) -> str:
    event = accepted(store, tenant, key)
    canonical = {"type": "application.created"}
    now = store.clock.now()
    store.inbox.ready(event, subject=key, canonical=canonical, due_at=now, manifest_hash="h")
    claim = store.inbox.claim(60, tenant)
    assert claim is not None
    planned = {"planned": {"writes": [{"output": "score"}]}}
    new = NewDelivery(tenant, key, "c-1", None, "field", "set_score", planned, held=held)
    (id_,) = store.outbox.enqueue(event, [new], claim.token)
    if not held:
        taken = store.outbox.claim(60, event)
        assert taken is not None
        store.outbox.settle(id_, taken.token, "dead", "the ATS has no such field")
    return id_
