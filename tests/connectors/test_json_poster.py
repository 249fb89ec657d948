"""Posting JSON to an operator's own service."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from connectors.json_poster import HttpJsonPoster
from engine.errors import CallError, InputError, Refused, Throttled, Transient
from engine.ports import JsonPoster
from tests.fake_server import FakeServer, Reply


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as server:
        yield server


def failure(server: FakeServer, reply: Reply, timeout_s: float = 5) -> CallError:
    server.on("POST", "/score", reply)
    poster = HttpJsonPoster(f"{server.origin}/score", timeout_s=timeout_s)
    with pytest.raises(CallError) as caught:
        poster.post({"a": 1})
    poster.close()
    return caught.value


def test_what_is_posted_arrives_and_what_is_answered_comes_back(server: FakeServer) -> None:
    server.on("POST", "/score", Reply(json={"match": 71}))
    poster: JsonPoster = HttpJsonPoster(f"{server.origin}/score?v=1", {"Authorization": "Bearer fake"}, 5)
    assert poster.post({"text": "é"}) == {"match": 71}
    seen = server.requests[0]
    assert (seen.json, seen.query, seen.headers["authorization"]) == ({"text": "é"}, {"v": ["1"]}, "Bearer fake")
    assert seen.headers["host"] == server.origin.removeprefix("http://")
    poster.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("reply", [Reply(500), Reply(503), Reply(408), Reply(drop="before"), Reply(body=b"<html>")])
def test_what_may_pass_is_transient(server: FakeServer, reply: Reply) -> None:
    assert isinstance(failure(server, reply), Transient)


def test_no_answer_in_time_is_transient(server: FakeServer) -> None:
    never = threading.Event()
    assert isinstance(failure(server, Reply(hold=never), 0.2), Transient)
    never.set()


def test_a_service_that_is_not_there_is_named(server: FakeServer) -> None:
    with FakeServer() as gone:
        origin = gone.origin
    with pytest.raises(Transient, match=origin):
        HttpJsonPoster(f"{origin}/score").post({})


def test_429_says_how_long_to_wait(server: FakeServer) -> None:
    error = failure(server, Reply(429, headers={"Retry-After": "7"}))
    assert isinstance(error, Throttled)
    assert error.wait_s == 7


@pytest.mark.parametrize(("status", "kind"), [(400, "invalid"), (401, "denied"), (404, "missing"), (302, "invalid")])
def test_a_refusal_is_for_good(server: FakeServer, status: int, kind: str) -> None:
    error = failure(server, Reply(status, headers={"Location": "http://127.0.0.1:1/"}))
    assert isinstance(error, Refused)
    assert error.kind == kind


@pytest.mark.parametrize(
    "url", ["", "score", "ftp://a/b", "http://user:pass@host/", "http://a b/", "file:///etc/passwd"]
)
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(InputError):
        HttpJsonPoster(url)
