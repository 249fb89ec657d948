"""The API: what it answers to a key, page by page, and what to whoever asks wrongly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.clock import ManualClock
from engine.pipeline.story import story_of
from engine.store import Store
from engine.web.api.guard import Guard, TooManyTries
from tests import servers
from tests.web.api_front import ApiFront, accepted, dead_letter, ended, held_write, serving_api


@pytest.fixture
def front(store_url: str) -> Iterator[ApiFront]:
    with serving_api(store_url, servers.VAULT) as served:
        yield served


def test_without_a_known_key_everything_is_a_401(front: ApiFront) -> None:
    revoked, _ = front.store.api_keys.create("old", "admin", None, None)
    answers = [
        front.ask("GET", "/events", None),
        front.ask("GET", "/nothing/like/this", None),
        front.ask("DELETE", "/events", None),
        front.ask("GET", "/events", "fwk_" + "x" * 43),
        front.ask("GET", "/events", "x" * 10_000),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert front.store.api_keys.revoke(revoked.id)
    assert not front.store.api_keys.revoke(revoked.id)


def test_a_key_that_ran_out_or_was_revoked_is_nobodys(front: ApiFront) -> None:
    now = front.store.clock.now()
    _, old = front.store.api_keys.create("old", "admin", None, now - 1)
    made, gone = front.store.api_keys.create("gone", "admin", None, now + 60)
    assert front.ask("GET", "/keys", gone).status_code == 200
    front.store.api_keys.revoke(made.id)
    assert [front.ask("GET", "/keys", key).status_code for key in (old, gone)] == [401, 401]


def test_the_pages_of_a_list_neither_repeat_nor_miss_what_was_there(front: ApiFront) -> None:
    there = {accepted(front.store, "acme", f"{n}") for n in range(7)}
    key, seen, cursor = front.key("viewer"), [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = front.ask("GET", "/events", key, params={"limit": "2", **more}).json()
        seen += [event["id"] for event in page["events"]]
        accepted(front.store, "acme", f"later {len(seen)}")
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(there)


def test_an_event_is_told_as_the_command_tells_it(front: ApiFront) -> None:
    id_ = ended(front.store, "acme")
    told = front.ask("GET", f"/events/{id_}", front.key("viewer")).json()
    assert told == story_of(front.store.browse(), id_).as_json(raw=False)


def test_what_was_given_up_and_what_is_held_is_told_with_its_cause(front: ApiFront) -> None:
    dead, held = dead_letter(front.store, "acme"), held_write(front.store, "beta")
    key = front.key("viewer")
    (letter,) = front.ask("GET", "/dead-letters", key).json()["dead_letters"]
    assert (letter["id"], letter["cause"]) == (dead, "the ATS has no such field")
    assert front.ask("GET", f"/dead-letters/{dead}", key).json() == letter
    assert front.ask("GET", f"/dead-letters/{held}", key).status_code == 404
    (waiting,) = front.ask("GET", "/held", key, params={"tenant": "beta"}).json()["held"]
    assert (waiting["id"], waiting["outputs"], waiting["cause"]) == (held, ["score"], "the field is gone")


def test_a_replay_asked_for_twice_is_done_and_audited_once(front: ApiFront) -> None:
    id_, key = ended(front.store, "acme"), front.key("operator")
    told = [front.ask("POST", f"/events/{id_}/replay", key).json() for _ in range(2)]
    assert [one["replayed"] for one in told] == [True, False]
    (row,) = front.store.audit.list(operation="replay")
    assert (row.event_id, row.actor.partition("_")[0]) == (id_, "key:key")


def test_an_erasure_removes_the_person_and_names_the_key_in_the_audit(front: ApiFront) -> None:
    dead_letter(front.store, "acme")
    whom = {"tenant": "acme", "candidate": "c-1"}
    told = front.ask("POST", "/people/erase", front.key("admin"), json=whom)
    assert told.status_code == 200
    assert told.json()["counts"]["outbox"] == 1
    assert front.store.audit.list(operation="erase")[0].actor.startswith("key:key_")


def test_a_connection_that_was_switched_off_is_told_and_resumed(front: ApiFront) -> None:
    front.store.breakers.put("acme", {"standing": "disabled", "since": 1.0, "good": 0, "failing_since": 1.0})
    key = front.key("operator")
    (acme, beta) = front.ask("GET", "/connections", key).json()["connections"]
    assert (acme["breaker"], beta["breaker"]) == ("disabled", "closed")
    assert "fieldwright resume acme" in acme["calls"]
    assert front.ask("POST", "/connections/acme/resume", key).json() == {"tenant": "acme", "was": "disabled"}
    accepted(front.store, "acme")
    assert front.ask("POST", "/connections/acme/resume", key).json()["was"] == "closed"
    assert [entry.operation for entry in front.store.audit.list(connection="acme")] == ["resume"]


def test_the_ledger_accounts_for_all(front: ApiFront) -> None:
    accepted(front.store, "acme")
    ended(front.store, "acme")
    acme = front.ask("GET", "/ledger", front.key("viewer", "acme")).json()["ledger"]
    told = {"tenant": "acme", "accepted": 2, "reopened": 0, "open": 1, "outcomes": {"dead": 1}, "missing": 0}
    assert acme == [told]


def test_each_role_may_do_what_it_says_and_no_more(front: ApiFront) -> None:
    for endpoint in front.api.endpoints():
        path = endpoint.path.replace("{id}", "evt_none")
        for n, role in enumerate(("viewer", "operator", "admin")):
            refused = front.ask(endpoint.method, path, front.key(role)).status_code == 403
            assert refused == (n < ("viewer", "operator", "admin").index(endpoint.role)), (endpoint.path, role)


def test_a_key_is_made_shown_once_and_reaches_no_further_than_its_maker(front: ApiFront) -> None:
    admin, own = front.key("admin"), front.key("admin", "acme")
    made = front.ask("POST", "/keys", own, json={"name": "n", "role": "viewer", "expires": "90d"}).json()
    assert made["tenants"] == ["acme"]
    assert front.ask("GET", "/events", made["key"]).status_code == 200
    wide = front.ask("POST", "/keys", own, json={"name": "n", "role": "viewer", "tenants": "acme,beta"})
    assert wide.status_code == 404
    assert made["key"] not in front.ask("GET", "/keys", admin).text
    assert all(key["tenants"] == ["acme"] for key in front.ask("GET", "/keys", own).json()["keys"])
    (all_of_them,) = [key["id"] for key in front.ask("GET", "/keys", admin).json()["keys"] if key["tenants"] is None]
    assert front.ask("POST", f"/keys/{all_of_them}/revoke", own).status_code == 404
    assert front.ask("POST", f"/keys/{made['id']}/revoke", own).status_code == 200
    assert front.ask("GET", "/events", made["key"]).status_code == 401
    assert [row.operation for row in front.store.audit.list(direction="act")] == ["key.revoke", "key.create"]


@pytest.mark.parametrize(
    ("path", "told", "hint"),
    [
        ("/events?stat=ready", "no parameter `stat`", "`state`"),
        ("/events?state=redy", "no state `redy`", "`ready`"),
        ("/events?limit=0", "from 1 to 200", None),
        ("/events?limit=9999999999999", "from 1 to 200", None),
        ("/events?limit=1&limit=2", "twice", None),
        ("/events?cursor=!!", "cursor", "next"),
        ("/events?cursor=W10", "cursor", "next"),
        ("/events?cursor=%F0%9F%98%80", "cursor", "next"),
    ],
)
def test_a_wrong_parameter_is_told_with_what_is_right(
    front: ApiFront, path: str, told: str, hint: str | None
) -> None:
    answer = front.ask("GET", path, front.key("viewer"))
    assert answer.status_code == 400
    assert told in answer.json()["error"]
    assert hint is None or hint in answer.json()["hint"]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"tenant": 1}', b"[" * 60_000, b"\xff", b'{"tenant":"a","tenant":"b"}']
)
def test_a_body_that_cannot_be_used_is_a_400(front: ApiFront, body: bytes) -> None:
    assert front.ask("POST", "/people/erase", front.key("admin"), content=body).status_code == 400


def test_a_method_that_is_not_there_names_those_that_are(front: ApiFront) -> None:
    answer = front.ask("DELETE", "/keys", front.key("admin"))
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert front.ask("POST", "/people/erase", front.key("admin"), content=b"x" * 70_000).status_code == 413


def test_the_document_describes_every_route(front: ApiFront) -> None:
    paths = front.ask("GET", "/openapi.json", front.key("viewer")).json()["paths"]
    described = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert described == {(one.method, f"/api/v1{one.path}") for one in front.api.endpoints()}
    for one in front.api.endpoints():
        operation = paths[f"/api/v1{one.path}"][one.method.lower()]
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        named = {parameter["name"] for parameter in operation["parameters"]}
        assert named | set(body.get("schema", {}).get("properties", ())) == {known.name for known in one.parameters}


def test_every_answer_of_the_api_carries_the_headers_of_security(front: ApiFront) -> None:
    for path, key in (
        ("/events", None),
        ("/none", front.key()),
        ("/events", front.key()),
        ("/events?x=1", front.key()),
    ):
        headers = front.ask("GET", path, key).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"


def test_who_guesses_is_stopped_and_locks_nobody_else_out(store_url: str) -> None:
    clock = ManualClock(1_000.0)
    with Store.open(store_url, clock, servers.VAULT) as store:
        guard = Guard(store, clock)
        _, key = store.api_keys.create("good", "viewer", None, None)
        _, other = store.api_keys.create("not seen yet", "viewer", None, None)
        assert guard.caller(f"Bearer {key}", "a") is not None
        for _ in range(20):
            assert guard.caller("Bearer fwk_guess", "a") is None
        with pytest.raises(TooManyTries):
            guard.caller(f"Bearer {other}", "a")
        assert guard.caller(f"Bearer {key}", "a") is not None
        assert guard.caller(f"Bearer {other}", "b") is not None
        clock.advance(61)
        assert guard.caller("Bearer fwk_guess", "a") is None
