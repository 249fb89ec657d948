"""The transport over real sockets: connections are kept, addresses and secrets are not logged."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest

from connectors.messages import PreparedRequest
from connectors.transport import HttpTransport
from tests.fake_server import FakeServer, Reply

URL = "https://api.acme-ats.example/x?token=canary-secret"


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as server:
        yield server


def request(**given: object) -> PreparedRequest:
    return PreparedRequest("get", "GET", URL, {"X-SmartToken": "canary-secret"}, **given)  # type: ignore[arg-type]


def test_a_connection_is_kept_for_the_next_call(server: FakeServer) -> None:
    server.on("GET", "/x", Reply(json={}))
    with HttpTransport(sandbox_origin=server.origin) as transport:
        for _ in range(20):
            assert transport.send(request()).status == 200
    assert server.connections == 1


def test_path_and_query_are_kept_and_the_host_is_the_sandboxs(server: FakeServer) -> None:
    server.on("GET", "/x", Reply(json={}))
    with HttpTransport(sandbox_origin=server.origin.replace("127.0.0.1", "localhost")) as transport:
        transport.send(request())
    assert server.requests[0].target == "/x?token=canary-secret"
    assert server.requests[0].headers["host"].startswith("localhost:")


def test_threads_share_a_transport_and_get_their_own_answers(server: FakeServer) -> None:
    server.on("POST", "/x", lambda seen: Reply(body=seen.body))
    wrong: list[bytes] = []

    def work(number: int) -> None:
        for turn in range(20):
            body = f"{number}-{turn}".encode()
            answer = transport.send(PreparedRequest("post", "POST", "https://a.example/x", {}, body))
            if answer.body != body:
                wrong.append(answer.body)

    with HttpTransport(sandbox_origin=server.origin) as transport:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert wrong == []
    assert server.connections <= 8


def test_cookies_are_not_carried_from_call_to_call(server: FakeServer) -> None:
    server.on("GET", "/x", Reply(json={}, headers={"Set-Cookie": "session=1"}))
    with HttpTransport(sandbox_origin=server.origin) as transport:
        transport.send(request())
        transport.send(request())
    assert "cookie" not in server.requests[1].headers


def test_nothing_of_a_request_is_logged(server: FakeServer, caplog: pytest.LogCaptureFixture) -> None:
    server.on("GET", "/x", Reply(json={}, headers={"Set-Cookie": "canary-secret"}))
    with caplog.at_level(logging.DEBUG), HttpTransport(sandbox_origin=server.origin) as transport:
        transport.send(request())
    assert "canary-secret" not in caplog.text
    assert server.origin not in caplog.text


def test_an_answer_that_was_cut_does_not_spoil_the_next_call(server: FakeServer) -> None:
    server.on("GET", "/x", Reply(body=b"a" * 500_000), Reply(body=b"fine"))
    with HttpTransport(sandbox_origin=server.origin) as transport:
        cut = transport.send(request(largest_answer_bytes=1000))
        assert cut.problem == "the answer is larger than 1,000 bytes"
        assert cut.body == b""
        assert transport.send(request()).body == b"fine"


def test_a_large_upload_arrives_whole(server: FakeServer) -> None:
    server.on("POST", "/x", lambda seen: Reply(body=str(len(seen.body)).encode()))
    with HttpTransport(sandbox_origin=server.origin) as transport:
        answer = transport.send(PreparedRequest("post", "POST", URL, {}, b"x" * 3_000_000))
    assert answer.body == b"3000000"
