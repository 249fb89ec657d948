"""Signing in: once for everyone, renewed once, told apart from an object that is merely denied."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.calls import Caller
from connectors.messages import Exchange
from connectors.transport import HttpTransport
from engine.clock import ManualClock, iso
from engine.errors import CredentialRefused, FieldwrightError, InputError, Refused, Transient
from engine.manifest.model import Expiry
from tests.connectors.declared import api, connection, errors, operation, path, request, sign_in, step
from tests.fake_server import FakeServer, Reply, Seen

PEOPLE = operation("people", "GET", "/people")
NOTE = operation("note", "POST", "/notes", json={"text": "t"})
CHECK = operation("me", "GET", "/me")
BEARER = {"Authorization": "Bearer {{ auth.token }}"}


class Tokens:
    """A token endpoint that gives token 1, 2, 3, …, and people only to the newest of them."""

    def __init__(self, server: FakeServer, **more: Any) -> None:
        self.given, self.more, self.lock = 0, more, threading.Lock()
        server.on("POST", "/token", self.token)
        for method, target in (("GET", "/people"), ("POST", "/notes"), ("GET", "/me")):
            server.on(method, target, self.guarded)

    def token(self, seen: Seen) -> Reply:
        with self.lock:
            self.given += 1
            return Reply(json={"access": f"fake-token-{self.given}", **self.more})

    def guarded(self, seen: Seen) -> Reply:
        good = seen.headers.get("authorization") == f"Bearer fake-token-{self.given}"
        return Reply(json={"ok": True}) if good else Reply(401, json={"code": "UNAUTHORIZED"})


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as server:
        yield server


def token_step(expiry: Expiry | None = None, **given: Any) -> Any:
    return step(
        "token", request("POST", "/token", form={"id": "{{ settings.key }}"}), {"token": "access"}, expiry=expiry
    )


def calling(
    server: FakeServer, *ways: Any, clock: Any = None, keeper: Any = None, observe: Any = None, **given: Any
) -> Caller:
    operations = (PEOPLE, NOTE, CHECK)
    wired = connection(*operations, apis=(api(auth=tuple(ways), **given),))
    transport = HttpTransport(sandbox_origin=server.origin)
    return Caller(wired, transport=transport, clock=clock or ManualClock(), keeper=keeper, observe=observe)


def failure(caller: Caller, name: str = "people") -> FieldwrightError:
    with pytest.raises(FieldwrightError) as caught:
        caller.call(name, {})
    return caught.value


def test_a_step_is_made_once_and_its_capture_signs_every_call(server: FakeServer) -> None:
    Tokens(server)
    seen: list[Exchange] = []
    with calling(server, sign_in(token_step(), headers=BEARER), observe=seen.append) as caller:
        caller.call("people", {})
        caller.call("note", {})
    assert [request.path for request in server.requests] == ["/token", "/people", "/notes"]
    assert server.requests[0].body == b"id=not-a-real-key"
    assert [(each.operation, each.writes) for each in seen] == [
        ("sign_in.token", False),
        ("people", False),
        ("note", True),
    ]


def test_the_captures_of_a_step_feed_the_next(server: FakeServer) -> None:
    server.on("POST", "/one", Reply(json={"code": "a b"})).on("GET", "/two/a%20b", Reply(json={"t": "fake"}))
    server.on("GET", "/people", Reply(json=[]))
    one = step("one", request("POST", "/one"), {"code": "code"})
    two = step("two", request("GET", "/two/{{ auth.code }}"), {"token": "t"})
    with calling(server, sign_in(one, two, headers=BEARER)) as caller:
        caller.call("people", {})
    assert server.requests[-1].headers["authorization"] == "Bearer fake"


def test_the_first_way_that_fits_the_settings_is_taken(server: FakeServer) -> None:
    server.on("GET", "/people", Reply(json=[]))
    other = sign_in(headers={"X-Other": "{{ settings.other }}"}, when="settings.other")
    mine = sign_in(headers={"X-Key": "{{ settings.key }}"}, when="settings.key")
    with calling(server, other, mine) as caller:
        caller.call("people", {})
    assert server.requests[0].headers["x-key"] == "not-a-real-key"
    assert isinstance(failure(calling(server, other)), InputError)


def test_a_credential_in_the_query_is_masked_where_it_is_shown(server: FakeServer) -> None:
    server.on("GET", "/people", Reply(json=[]))
    with calling(server, sign_in(query={"k": "{{ settings.key }}"})) as caller:
        caller.call("people", {})
        shown = caller.prepare("people", {}).shown()
    assert server.requests[0].query == {"k": ["not-a-real-key"]}
    assert "not-a-real-key" not in shown


@pytest.mark.parametrize(
    ("expiry", "more", "lives_s"),
    [
        (Expiry(600.0), {}, 570.0),
        (Expiry(600.0, after=path("life")), {"life": 3600}, 3570.0),
        (Expiry(600.0, after=path("life")), {"life": "3600"}, 3570.0),
        (Expiry(600.0, after=path("life")), {"life": "junk"}, 570.0),
        (Expiry(600.0, after=path("life")), {"life": -1}, 570.0),
        (Expiry(600.0, after=path("life")), {"life": 20}, 10.0),
        (Expiry(600.0, moment=path("until")), {"until": iso(1_750_000_000.0 + 7200)}, 7170.0),
        (Expiry(600.0, moment=path("until")), {"until": "2001-01-01"}, 570.0),
    ],
)
def test_a_token_is_made_anew_shortly_before_it_ends(
    server: FakeServer, expiry: Expiry, more: dict[str, Any], lives_s: float
) -> None:
    clock = ManualClock()
    tokens = Tokens(server, **more)
    with calling(server, sign_in(token_step(expiry), headers=BEARER), clock=clock) as caller:
        caller.call("people", {})
        clock.advance(lives_s - 1)
        caller.call("people", {})
        assert tokens.given == 1
        clock.advance(2)
        caller.call("people", {})
    assert tokens.given == 2


def test_only_what_ended_is_made_anew(server: FakeServer) -> None:
    clock = ManualClock()
    server.on("POST", "/one", Reply(json={"code": "c"})).on("POST", "/two", Reply(json={"t": "fake"}))
    server.on("GET", "/people", Reply(json=[]))
    one = step("one", request("POST", "/one"), {"code": "code"}, expiry=Expiry(86400.0))
    two = step("two", request("POST", "/two", json={"c": "{{ auth.code }}"}), {"token": "t"}, expiry=Expiry(600.0))
    with calling(server, sign_in(one, two, headers=BEARER), clock=clock) as caller:
        caller.call("people", {})
        clock.advance(700)
        caller.call("people", {})
    assert [seen.path for seen in server.requests] == ["/one", "/two", "/people", "/two", "/people"]


def test_twenty_threads_sign_in_once(server: FakeServer) -> None:
    tokens = Tokens(server)
    with calling(server, sign_in(token_step(), headers=BEARER)) as caller:
        threads = [threading.Thread(target=caller.call, args=("people", {})) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert tokens.given == 1
    assert len(server.seen("/people")) == 20


def test_a_dead_token_is_renewed_once_for_all_calls_that_find_it_dead(server: FakeServer) -> None:
    """Each new token ends the one before it, so a second renewal would break the calls of the first."""
    tokens = Tokens(server)
    with calling(server, sign_in(token_step(), headers=BEARER, renew_on=(401,))) as caller:
        caller.call("people", {})
        tokens.given += 1
        together = threading.Barrier(8)
        failed: list[BaseException] = []

        def call() -> None:
            together.wait(10)
            try:
                caller.call("note", {})
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=call) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert failed == []
    assert len(server.seen("/token")) == 2


def test_a_renewal_that_does_not_help_is_made_once(server: FakeServer) -> None:
    Tokens(server)
    server.on("GET", "/people", Reply(401))
    with calling(server, sign_in(token_step(), headers=BEARER, renew_on=(401,))) as caller:
        error = failure(caller)
    assert isinstance(error, Refused)
    assert error.kind == "denied"
    assert [seen.path for seen in server.requests] == ["/token", "/people", "/token", "/people"]


def test_a_denied_object_costs_no_renewal_while_the_token_is_alive(server: FakeServer) -> None:
    tokens = Tokens(server)
    server.on("GET", "/people", Reply(401))
    with calling(server, sign_in(token_step(), headers=BEARER, renew_on=(401,)), check="me") as caller:
        for _ in range(5):
            assert isinstance(failure(caller), Refused)
    assert tokens.given == 2


def test_a_401_is_believed_only_when_the_check_passes(server: FakeServer) -> None:
    clock = ManualClock()
    server.on("GET", "/people", Reply(401)).on("GET", "/me", Reply(json={}))
    with calling(server, sign_in(headers={"X-Key": "k"}), clock=clock, check="me") as caller:
        for _ in range(3):
            error = failure(caller)
            assert isinstance(error, Refused)
            assert error.kind == "denied"
        assert len(server.seen("/me")) == 1
        clock.advance(61)
        server.on("GET", "/me", Reply(401))
        assert isinstance(failure(caller), CredentialRefused)
        assert len(server.seen("/me")) == 2


def test_no_access_by_401_keeps_its_meaning(server: FakeServer) -> None:
    server.on("GET", "/people", Reply(401)).on("GET", "/me", Reply(json={}))
    reading = errors(status={"401": "no_access"})
    with calling(server, sign_in(headers={"X-Key": "k"}), check="me", errors=reading) as caller:
        error = failure(caller)
    assert isinstance(error, Refused)
    assert error.kind == "no_access"


def test_a_check_on_another_profile_is_made_with_that_profiles_credential(server: FakeServer) -> None:
    server.on("GET", "/people", Reply(401)).on("GET", "/me", Reply(json={}))
    main = api(auth=(sign_in(headers={"X-Main": "fake-1"}),), check="me")
    other = api("other", base_url="https://other.example", auth=(sign_in(headers={"X-Other": "fake-2"}),))
    wired = connection(PEOPLE, operation("me", "GET", "/me", api="other"), apis=(main, other))
    with Caller(wired, transport=HttpTransport(sandbox_origin=server.origin), clock=ManualClock()) as caller:
        assert isinstance(failure(caller), Refused)
    headers = server.seen("/me")[0].headers
    assert "x-main" not in headers
    assert headers["x-other"] == "fake-2"


def test_while_the_check_cannot_answer_nothing_is_believed(server: FakeServer) -> None:
    server.on("GET", "/people", Reply(401)).on("GET", "/me", Reply(503))
    with calling(server, sign_in(headers={"X-Key": "k"}), check="me") as caller:
        assert isinstance(failure(caller), Transient)


def test_a_403_needs_no_check(server: FakeServer) -> None:
    server.on("GET", "/people", Reply(403)).on("GET", "/me", Reply(401))
    with calling(server, sign_in(headers={"X-Key": "k"}), check="me") as caller:
        assert isinstance(failure(caller), Refused)
    assert server.seen("/me") == []


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refused_sign_in_is_a_refused_credential_and_is_not_hammered(server: FakeServer, status: int) -> None:
    clock = ManualClock()
    server.on("POST", "/token", Reply(status, json={"error": "invalid_client"}))
    with calling(server, sign_in(token_step(), headers=BEARER), clock=clock) as caller:
        for _ in range(3):
            error = failure(caller)
            assert isinstance(error, CredentialRefused)
            assert (error.operation, error.status) == ("sign_in.token", status)
            assert error.hint is not None
            assert "not-a-real-key" not in str(error)
        assert len(server.requests) == 1
        Tokens(server)
        clock.advance(31)
        caller.call("people", {})


@pytest.mark.parametrize(
    "reply", [Reply(500), Reply(drop="before"), Reply(body=b"<html>", headers={"Content-Type": "text/html"})]
)
def test_a_sign_in_that_does_not_come_through_may_later(server: FakeServer, reply: Reply) -> None:
    server.on("POST", "/token", reply)
    with calling(server, sign_in(token_step(), headers=BEARER)) as caller:
        assert isinstance(failure(caller), Transient)
        Tokens(server)
        caller.call("people", {})


def test_an_answer_without_the_token_is_a_refused_credential_that_says_where(server: FakeServer) -> None:
    server.on("POST", "/token", Reply(json={"error": "canary"}))
    with calling(server, sign_in(token_step(), headers=BEARER)) as caller:
        error = failure(caller)
    assert isinstance(error, CredentialRefused)
    assert "`access`" in error.message
    assert "canary" not in str(error)


class Memory:
    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        return self.values.get(name)

    def put(self, name: str, value: str) -> None:
        self.values[name] = value

    def change(self, name: str, to: Callable[[str | None], str]) -> str:
        value = to(self.get(name))
        self.put(name, value)
        return value


def test_a_refresh_token_that_changes_outlives_a_restart(server: FakeServer) -> None:
    server.on(
        "POST", "/token", Reply(json={"access": "fake-1", "refresh": "second"}), Reply(json={"access": "fake-2"})
    )
    server.on("GET", "/people", Reply(json=[]))
    refresh = request("POST", "/token", json={"r": "{{ auth.refresh | default(settings.key) }}"})
    kept = step("token", refresh, {"token": "access", "refresh": "refresh"}, keep=("refresh",))
    keeper = Memory()
    for _ in range(2):
        with calling(server, sign_in(kept, headers=BEARER), keeper=keeper) as caller:
            caller.call("people", {})
    assert [seen.json["r"] for seen in server.seen("/token")] == ["not-a-real-key", "second"]
    assert keeper.values == {"refresh": "second"}


def test_checking_a_credential_says_whether_it_lives(server: FakeServer) -> None:
    server.on("GET", "/me", Reply(json={}), Reply(401), Reply(403))
    with calling(server, sign_in(headers={"X-Key": "k"}), check="me") as caller:
        caller.check_credential("main")
        with pytest.raises(CredentialRefused):
            caller.check_credential("main")
        with pytest.raises(Refused):
            caller.check_credential("main")


def test_preparing_a_request_signs_nobody_in(server: FakeServer) -> None:
    with calling(server, sign_in(token_step(), headers=BEARER)) as caller:
        shown = caller.prepare("note", {}).shown()
        assert server.requests == []
        Tokens(server)
        caller.call("people", {})
        assert "fake-token" not in caller.prepare("note", {}).shown()
    assert "POST https://api.acme-ats.example/notes" in shown
    assert "Authorization: •••" in shown
