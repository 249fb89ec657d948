"""Row 38: what belongs to another tenant is answered as what is not there, and no statement sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests import servers
from tests.web.api_front import ApiFront, accepted, dead_letter, ended, held_write, serving_api

_FAMILIES = ("inbox", "outbox", "steps", "audit ", "cursors", "scores", "published", "persons")


@pytest.fixture
def front(store_url: str) -> Iterator[ApiFront]:
    with serving_api(store_url, servers.VAULT) as served:
        yield served


def test_an_id_of_another_tenant_is_answered_as_one_that_is_not_there(front: ApiFront) -> None:
    store = front.store
    foreign = [accepted(store, "beta"), ended(store, "beta"), dead_letter(store, "beta"), held_write(store, "beta")]
    foreign += [store.api_keys.create("theirs", "viewer", frozenset({"beta"}), None)[0].id]
    foreign += [store.audit.act("cli:ann", "replay", "beta")]
    key = front.key("admin", "acme")
    with_ids = [one for one in front.api.endpoints() if "{id}" in one.path]
    assert with_ids
    for endpoint in with_ids:
        for id_ in foreign:
            told = front.ask(endpoint.method, endpoint.path.replace("{id}", id_), key)
            absent = front.ask(endpoint.method, endpoint.path.replace("{id}", id_[:-1] + "!"), key)
            assert told.status_code == absent.status_code == 404
            assert (told.content, sorted(told.headers)) == (absent.content, sorted(absent.headers))
    assert store.inbox.get(foreign[1]).state == "finished"
    assert not store.audit.list(operation="key.revoke")


def test_another_tenants_name_is_answered_as_one_that_is_not_there(front: ApiFront) -> None:
    accepted(front.store, "beta")
    key = front.key("admin", "acme")
    named = [one for one in front.api.endpoints() if any(known.name == "tenant" for known in one.parameters)]
    assert len(named) >= 5
    for endpoint in named:
        answers = []
        for tenant in ("beta", "nobody"):
            if "{tenant}" in endpoint.path:
                answers.append(front.ask(endpoint.method, endpoint.path.format(tenant=tenant), key))
            elif endpoint.method == "GET":
                answers.append(front.ask("GET", endpoint.path, key, params={"tenant": tenant}))
            else:
                taken = {known.name for known in endpoint.parameters}
                whom = {name: value for name, value in (("tenant", tenant), ("candidate", "c-1")) if name in taken}
                answers.append(front.ask(endpoint.method, endpoint.path, key, json=whom))
        assert [one.status_code for one in answers] == [404, 404]
        assert answers[0].content == answers[1].content
    assert not front.store.erasures.lift("beta", "c-1")


def test_lists_hold_nothing_of_another_tenant(front: ApiFront) -> None:
    for tenant in ("acme", "beta"):
        ended(front.store, tenant)
        dead_letter(front.store, tenant)
        held_write(front.store, tenant)
        front.store.audit.act("cli:ann", "replay", tenant)
    for key, seen in ((front.key("admin", "acme"), False), (front.key("admin"), True)):
        for endpoint in front.api.endpoints():
            if endpoint.method == "GET" and "{id}" not in endpoint.path and endpoint.path != "/openapi.json":
                told = front.ask("GET", endpoint.path, key).text
                assert "acme" in told
                assert ("beta" in told) == seen or endpoint.path == "/keys"


def test_every_statement_of_a_scoped_read_names_the_tenants(front: ApiFront) -> None:
    id_, dead = ended(front.store, "acme"), dead_letter(front.store, "acme")
    key = front.key("admin", "acme")
    said: list[str] = []

    def listen(_c: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        for endpoint in front.api.endpoints():
            if endpoint.method == "GET":
                path = endpoint.path.replace("{id}", dead if "dead" in endpoint.path else id_)
                assert front.ask("GET", path, key).status_code == 200
    finally:
        event.remove(Engine, "before_cursor_execute", listen)
    reads = [one for one in said if any(f"FROM {name.strip()}" in one for name in _FAMILIES)]
    assert len(reads) >= 9
    for statement in reads:
        assert re.search(r"connection (IN \(|= )", statement), statement
