"""The caller against a real server on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.calls import Caller
from connectors.messages import Exchange, UploadFile
from connectors.transport import HttpTransport
from engine.clock import ManualClock
from engine.errors import AnswerUnusable, Refused
from engine.manifest.model import Operation
from engine.redaction import Secret
from tests.connectors.declared import connection, operation, paging
from tests.fake_server import FakeServer, Reply


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as server:
        yield server


def calling(server: FakeServer, *operations: Operation, **given: object) -> Caller:
    observe = given.pop("observe", None)
    transport = HttpTransport(sandbox_origin=server.origin)
    return Caller(connection(*operations, **given), transport=transport, clock=ManualClock(), observe=observe)  # type: ignore[arg-type]


def test_a_record_is_fetched_with_the_credential(server: FakeServer) -> None:
    server.on("GET", "/jobs/j%201", Reply(json={"data": {"id": "j 1"}}))
    get_job = operation(
        "get_job", "GET", "/jobs/{{ job.id }}", record="data", query={"full": True, "no": "{{ since }}"}
    )
    exchanges: list[Exchange] = []
    with calling(server, get_job, observe=exchanges.append) as caller:
        assert caller.record("get_job", {"job": {"id": "j 1"}}) == {"id": "j 1"}
    seen = server.requests[0]
    assert seen.headers["x-key"] == "not-a-real-key"
    assert seen.query == {"full": ["true"]}
    assert exchanges[0].result == "ok"
    assert (exchanges[0].path, exchanges[0].status, exchanges[0].writes) == ("/jobs/{job.id}", 200, False)


def test_pages_follow_the_cursor_and_drop_what_was_seen(server: FakeServer) -> None:
    first = {"content": [{"id": 1}, {"id": 2}], "next": "b"}
    second = {"content": [{"id": 2}, {"id": 3}]}
    server.on("GET", "/people", lambda seen: Reply(json=second if seen.query.get("page") == ["b"] else first))
    people = operation(
        "people",
        "GET",
        "/people",
        query={"page": "{{ page.cursor }}"},
        records="content",
        key="id",
        paging=paging("cursor", "next"),
    )
    with calling(server, people) as caller:
        assert caller.records("people", {}) == [{"id": 1}, {"id": 2}, {"id": 3}]
    assert "page" not in server.requests[0].query


def test_a_list_that_is_not_where_it_should_be_is_no_silent_zero(server: FakeServer) -> None:
    server.on("GET", "/people", Reply(json={"contents": [{"id": 1}], "total": 1}))
    with (
        calling(server, operation("people", "GET", "/people", records="content")) as caller,
        pytest.raises(AnswerUnusable) as caught,
    ):
        caller.records("people", {})
    assert "`content`" in caught.value.message
    assert "contents, total" in caught.value.message
    assert caught.value.hint == "did you mean `contents`?"


def test_a_file_is_uploaded_as_multipart(server: FakeServer) -> None:
    server.on("POST", "/files", Reply(201, json={"id": "f1"}))
    upload = operation(
        "upload", "POST", "/files", multipart={"fields": {"kind": "RESUME", "no": "{{ stage }}"}, "file": "file"}
    )
    with calling(server, upload) as caller:
        answer = caller.call("upload", {}, UploadFile("e.pdf", "application/pdf", b"%PDF\r\n--x"))
    assert answer.body == {"id": "f1"}
    body = server.requests[0].body
    assert b'name="kind"\r\n\r\nRESUME\r\n' in body
    assert b'name="file"; filename="e.pdf"\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n--x\r\n' in body
    assert b'name="no"' not in body


def test_a_prepared_request_shows_no_secret(server: FakeServer) -> None:
    put = operation("put", "PUT", "/fields", json={"score": "{{ fields }}", "api_key": "{{ settings.key }}"})
    caller = calling(server, put, settings={"key": Secret("canary-secret")})
    text = caller.prepare("put", {"fields": 5}).shown(["canary-secret"])
    assert "canary-secret" not in text
    assert '"score": 5' in text
    assert text.startswith("PUT https://api.acme-ats.example/fields")
    assert server.requests == []
    assert "canary-secret" not in repr(caller.prepare("put", {"fields": 5}))


def test_a_refusal_keeps_status_and_operation(server: FakeServer) -> None:
    server.on("GET", "/people", Reply(403, json={"code": "NO"}))
    with calling(server, operation("people", "GET", "/people")) as caller, pytest.raises(Refused) as caught:
        caller.call("people", {})
    assert (caught.value.kind, caught.value.status, caught.value.operation) == ("denied", 403, "people")
