"""Answers are hostile until read: bounded in time, size, encoding and depth, and an open outcome is called open."""

from __future__ import annotations

import gzip
import json
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.answers import LONGEST_WAIT_S, Reading, asked_wait, read
from connectors.calls import Caller
from connectors.json_body import parse
from connectors.messages import Exchange, RawAnswer
from connectors.transport import HttpTransport
from engine.clock import ManualClock
from engine.errors import (
    Ambiguous,
    AnswerUnusable,
    CallError,
    CredentialRefused,
    FieldwrightError,
    Refused,
    Throttled,
    Transient,
)
from engine.manifest.model import ErrorReading, Limits, Operation, RetryHint
from tests.connectors.declared import api, connection, errors, operation
from tests.fake_server import FakeServer, Reply

MIB = 1024 * 1024
GET = operation("get", "GET", "/x")
POST = operation("post", "POST", "/x")
PUT = operation("put", "PUT", "/x")
NOW = 1_750_000_000.0


def reading(declared: Operation, profile: ErrorReading | None = None, limits: Limits | None = None) -> Reading:
    return Reading(declared, profile or ErrorReading(), limits or Limits())


def raw(status: int, body: Any = None, content_type: str = "application/json", **headers: str) -> RawAnswer:
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return RawAnswer(status, {"content-type": content_type, **headers}, data)


def failure(answer: RawAnswer, declared: Operation, profile: ErrorReading | None = None) -> CallError:
    with pytest.raises(CallError) as caught:
        read(answer, reading(declared, profile), NOW)
    assert caught.value.operation == declared.name
    return caught.value


# ── what statuses and codes mean ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((400, "invalid"), (422, "invalid"), (401, "denied"), (403, "denied"), (404, "missing"), (410, "missing")),
        *((409, "conflict"), (418, "invalid"), (301, "invalid"), (304, "invalid"), (308, "invalid")),
    ],
)
def test_a_refusal_by_its_ordinary_meaning(status: int, kind: str) -> None:
    for declared in (GET, POST):
        error = failure(raw(status, {}), declared)
        assert isinstance(error, Refused)
        assert (error.kind, error.status, error.stage) == (kind, status, "answered")


@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504, 599])
def test_what_may_pass_is_transient_for_a_read(status: int) -> None:
    assert isinstance(failure(raw(status), GET), Transient)
    assert isinstance(failure(raw(status), PUT), Transient)


def test_a_5xx_on_a_write_that_may_not_be_repeated_leaves_it_open_whether_it_was_applied() -> None:
    assert isinstance(failure(raw(500), POST), Ambiguous)
    assert isinstance(failure(raw(503), POST, errors(status={"5xx": "transient"})), Ambiguous)
    assert isinstance(failure(raw(408), POST), Transient)
    assert isinstance(failure(raw(503), POST, errors(status={"503": "throttled"})), Throttled)


def test_the_operations_own_reading_stands_before_the_profiles() -> None:
    profile = errors(status={"401": "no_access", "4xx": "conflict", "500": "invalid"})
    own = operation("get", "GET", "/x", errors=errors(status={"401": "missing"}))
    for declared, status, kind in ((GET, 401, "no_access"), (own, 401, "missing"), (own, 402, "conflict")):
        error = failure(raw(status), declared, profile)
        assert isinstance(error, Refused)
        assert error.kind == kind
    own_class = operation("get", "GET", "/x", errors=errors(status={"4xx": "conflict"}))
    error = failure(raw(401), own_class, profile)
    assert isinstance(error, Refused)
    assert error.kind == "conflict"


def test_a_code_is_stronger_than_the_status_and_is_kept() -> None:
    profile = errors(
        "errors[0].code", {"400": "invalid"}, {"GONE": "missing", "7": "credential", "SLOW": "transient"}
    )
    error = failure(raw(400, {"errors": [{"code": "GONE"}]}), GET, profile)
    assert isinstance(error, Refused)
    assert (error.kind, error.code, error.cause) == ("missing", "GONE", "400 GONE")
    assert isinstance(failure(raw(400, {"errors": [{"code": 7}]}), GET, profile), CredentialRefused)
    assert isinstance(failure(raw(400, {"errors": [{"code": "SLOW"}]}), POST, profile), Transient)
    assert isinstance(failure(raw(400, {"errors": "junk"}), GET, profile), Refused)
    assert isinstance(failure(raw(400, b"<html>"), GET, profile), Refused)


def test_free_text_of_the_ats_is_never_taken_for_a_code() -> None:
    profile = errors("message")
    error = failure(raw(400, {"message": "Jane Canary <jane@canary.example> is unknown"}), GET, profile)
    assert error.code is None
    assert "canary" not in str(error).lower()
    assert "canary" not in error.cause.lower()


def test_a_status_declared_empty_holds_nothing() -> None:
    declared = operation("get", "GET", "/x", empty=(204, 404), record="data")
    for answer in (raw(404, {"error": "none"}), raw(204)):
        assert read(answer, reading(declared), NOW).body is None


def test_only_declared_statuses_are_good() -> None:
    declared = operation("get", "GET", "/x", ok=(202,))
    assert read(raw(202, {"a": 1}), reading(declared), NOW).body == {"a": 1}
    assert isinstance(failure(raw(200, {}), declared), Transient)


def test_a_good_status_that_is_not_declared_refuses_nothing_and_may_have_been_applied() -> None:
    declared = operation("post", "POST", "/x", ok=(201,))
    assert isinstance(failure(raw(200, {}), declared), Ambiguous)
    repeatable = operation("post", "POST", "/x", ok=(201,), idempotent=True)
    assert isinstance(failure(raw(200, {}), repeatable), Transient)


def test_a_failure_reported_with_status_200_is_a_failure() -> None:
    profile = errors("status", codes={"9": "denied", "8": "throttled"})
    declared = operation("post", "POST", "/x", success="status == `0`")
    assert read(raw(200, {"status": 0}), reading(declared, profile), NOW).body == {"status": 0}
    kinds = [failure(raw(200, {"status": code}), declared, profile) for code in (9, 8, 5)]
    assert [type(kind) for kind in kinds] == [Refused, Throttled, Refused]
    assert [kind.kind for kind in kinds if isinstance(kind, Refused)] == ["denied", "invalid"]


@pytest.mark.parametrize(
    "body", [b"<html>login</html>", b" \n<!doctype html>", b'{"a":', b"\xff\xfe{}", b'{"a": NaN}']
)
def test_a_good_status_without_json_is_tried_again_for_a_read(body: bytes) -> None:
    error = failure(raw(200, body, "text/html; charset=utf-8"), GET)
    assert isinstance(error, Transient)
    assert "text/html" in error.message
    assert "login" not in str(error)


def test_a_page_of_html_after_a_write_leaves_it_open() -> None:
    assert isinstance(failure(raw(200, b"<html>", "text/html"), POST), Ambiguous)
    assert isinstance(failure(raw(200, b"<html>", "text/plain"), POST), Ambiguous)
    assert isinstance(failure(raw(200, b"<html>", "text/html"), PUT), Transient)


def test_a_write_that_says_nothing_readable_is_done() -> None:
    assert read(raw(204), reading(POST), NOW).body is None
    assert read(raw(201, b""), reading(POST), NOW).body is None
    assert read(raw(200, b"Created", "text/plain"), reading(POST), NOW).body is None
    wanting = operation("post", "POST", "/x", record="id")
    assert isinstance(failure(raw(200, b"Created", "text/plain"), wanting), Ambiguous)


def test_a_success_that_cannot_be_told_is_no_success() -> None:
    told_by = "length(items) == `1`"
    with pytest.raises(AnswerUnusable):
        read(raw(200, {}), reading(operation("get", "GET", "/x", success=told_by)), NOW)
    assert isinstance(failure(raw(200, {}), operation("post", "POST", "/x", success=told_by)), Ambiguous)


def test_a_binary_answer_is_bytes() -> None:
    declared = operation("get", "GET", "/x", binary=True)
    answer = read(raw(200, b"%PDF", "application/pdf"), reading(declared), NOW)
    assert (answer.data, answer.body) == (b"%PDF", None)


# ── JSON ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b"[" * 65 + b"]" * 65,
        b'{"a":' * 70 + b"1" + b"}" * 70,
        b'[{"b":1},' * 70 + b"1" + b"]" * 70,
        b"9" * 5000,
        b"NaN",
        b"[1e400]",
        b"[Infinity]",
        b"\xff\xfe[\x00]\x00",
        b"\xff",
        b"",
    ],
)
def test_json_that_is_hostile_is_a_plain_error(body: bytes) -> None:
    with pytest.raises(ValueError, match="the answer"):
        parse(body)


@pytest.mark.parametrize(
    "body",
    [b"[" * 64 + b"]" * 64, b'"' + b"[" * 500 + b'"', b'{"text": "' + b"]{[" * 100 + b'"}', b"\xef\xbb\xbf[1]"],
)
def test_json_that_only_looks_deep_is_read(body: bytes) -> None:
    assert parse(body) == json.loads(body.decode("utf-8-sig"))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=60, deadline=None)
@given(value=_JSON)
def test_ordinary_json_is_read_as_it_is(value: Any) -> None:
    assert parse(json.dumps(value).encode()) == value


@settings(max_examples=150, deadline=None)
@given(
    status=st.integers(100, 599),
    body=st.one_of(st.binary(max_size=60), _JSON.map(lambda value: json.dumps(value).encode())),
    declared=st.sampled_from([GET, POST, PUT, operation("ok", "GET", "/x", success="status == `0`", record="a.b")]),
    kind=st.sampled_from(["application/json", "text/html", ""]),
)
def test_any_answer_is_good_or_one_of_our_errors(status: int, body: bytes, declared: Operation, kind: str) -> None:
    profile = errors("errors[0].code || code", {"4xx": "conflict"}, {"A": "denied"})
    answer = RawAnswer(status, {"content-type": kind}, body)
    found: FieldwrightError | None = None
    try:
        read(answer, reading(declared, profile), NOW)
    except FieldwrightError as error:
        found = error
    assert found is None or isinstance(found, CallError)
    assert not (isinstance(found, Transient) and status >= 500 and declared is POST)


# ── how long to wait ─────────────────────────────────────────────────────────────────────────────────────────


def date(offset_s: float) -> str:
    return format_datetime(datetime.fromtimestamp(NOW + offset_s, UTC), usegmt=True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(("5", 5.0), ("0", 0.0), ("1.5", 1.5), ("999999", LONGEST_WAIT_S), (date(90), 90.0), (date(-90), 0.0)),
        *(("-5", None), ("1e9", None), ("soon", None), ("1" * 13, None), ("1" * 400, None), ("", None), ("٣", None)),
        *((date(90).removesuffix(" GMT"), None), ("2026-01-31", None), ("nan", None), ("inf", None), ("5, 6", None)),
    ],
)
def test_retry_after_is_read_in_both_forms_and_garbage_is_ignored(value: str, expected: float | None) -> None:
    assert asked_wait({"retry-after": value}, (), NOW) == expected


@pytest.mark.parametrize(
    ("unit", "value", "expected"),
    [
        *(("seconds", "7", 7.0), ("milliseconds", "1500", 1.5), ("timestamp", str(int(NOW) + 30), 30.0)),
        *(
            ("timestamp", str(int(NOW) - 30), 0.0),
            ("timestamp", f"{int(NOW) + 30}000", None),
            ("timestamp", "30", None),
        ),
        *(("http_date", date(60), 60.0), ("http_date", "60", None), ("seconds", date(60), None)),
    ],
)
def test_a_hint_is_read_by_its_declared_unit(unit: Any, value: str, expected: float | None) -> None:
    assert asked_wait({"x-reset": value, "retry-after": "99"}, (RetryHint("X-Reset", unit),), NOW) == expected


def test_the_first_hint_that_can_be_read_counts() -> None:
    hints = (RetryHint("a", "seconds"), RetryHint("b", "seconds"))
    assert asked_wait({"a": "junk", "b": "4"}, hints, NOW) == 4.0


@settings(max_examples=300, deadline=None)
@given(value=st.text(max_size=40), unit=st.sampled_from(["seconds", "milliseconds", "timestamp", "http_date"]))
def test_any_hint_gives_a_wait_within_a_day_or_nothing(value: str, unit: Any) -> None:
    wait_s = asked_wait({"x": value}, (RetryHint("x", unit),), NOW)
    assert wait_s is None or 0 <= wait_s <= LONGEST_WAIT_S


# ── over the wire ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as server:
        yield server


def calling(server: FakeServer, declared: Operation, observe: Any = None, **given: Any) -> Caller:
    wired = connection(declared, apis=(api(**given),))
    return Caller(wired, transport=HttpTransport(sandbox_origin=server.origin), observe=observe)


def caught(server: FakeServer, declared: Operation, reply: Reply, **given: Any) -> FieldwrightError:
    server.on(declared.request.method, "/x", reply)
    with calling(server, declared, **given) as caller, pytest.raises(FieldwrightError) as found:
        caller.call(declared.name, {})
    return found.value


@pytest.mark.parametrize("where", ["body", "head"])
def test_an_answer_that_drips_ends_at_the_deadline(where: str) -> None:
    """One byte every 20 ms never trips a timeout per read; the deadline is for the whole exchange."""
    stop = threading.Event()
    with FakeServer() as server:
        if where == "body":
            server.on("GET", "/x", Reply(body=b"1" * 10_000, drip=lambda: not stop.wait(0.02)))
        else:
            server.on("GET", "/x", lambda _: Reply(raw=b"HTTP/1.1 100 Continue\r\n\r\n" * 200_000))
        started = time.monotonic()
        with calling(server, GET, timeout_s=0.5) as caller, pytest.raises(Transient) as found:
            caller.call("get", {})
        assert time.monotonic() - started < 3
        assert found.value.stage == "sent"
        stop.set()


def bomb(size: int, layers: int = 1) -> bytes:
    data = b"0" * size
    for _ in range(layers):
        data = gzip.compress(data, mtime=0)
    return data


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "x-gzip"])
def test_an_answer_that_inflates_past_the_limit_is_not_held(server: FakeServer, encoding: str) -> None:
    data = zlib.compress(b"0" * 200 * MIB) if encoding == "deflate" else bomb(200 * MIB)
    server.on("GET", "/x", Reply(body=data, headers={"Content-Encoding": encoding}))
    with calling(server, GET, largest_answer_bytes=MIB) as caller:
        tracemalloc.start()
        try:
            with pytest.raises(AnswerUnusable, match="larger than"):
                caller.call("get", {})
            assert tracemalloc.get_traced_memory()[1] < 32 * MIB
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("encoding", ["gzip, gzip", "gzip,deflate", "br", "zstd"])
def test_an_encoding_that_was_not_asked_for_is_not_decoded(server: FakeServer, encoding: str) -> None:
    reply = Reply(body=bomb(10 * MIB, 2), headers={"Content-Encoding": encoding})
    assert isinstance(caught(server, GET, reply), AnswerUnusable)


@pytest.mark.parametrize(
    "data", [b"no gzip at all", gzip.compress(b"[1, 2, 3]", mtime=0)[:-6], gzip.compress(b"[1]", mtime=0)[:5]]
)
def test_a_broken_compression_is_not_taken_for_an_answer(server: FakeServer, data: bytes) -> None:
    reply = Reply(body=data, headers={"Content-Encoding": "gzip"})
    assert isinstance(caught(server, GET, reply), AnswerUnusable)
    assert isinstance(caught(server, POST, reply), Ambiguous)


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("gzip", gzip.compress(b'{"a": 1}', mtime=0)),
        ("gzip", gzip.compress(b'{"a":', mtime=0) + gzip.compress(b" 1}", mtime=0)),
        ("deflate", zlib.compress(b'{"a": 1}')),
        ("deflate", zlib.compress(b'{"a": 1}', wbits=-15)),
        ("identity", b'{"a": 1}'),
    ],
)
def test_one_known_encoding_is_decoded(server: FakeServer, encoding: str, data: bytes) -> None:
    server.on("GET", "/x", Reply(body=data, headers={"Content-Encoding": encoding}))
    with calling(server, GET) as caller:
        assert caller.call("get", {}).body == {"a": 1}


def test_a_large_answer_is_cut_at_its_limit_whatever_it_says_of_its_length(server: FakeServer) -> None:
    error = caught(server, GET, Reply(body=b" " * 3 * MIB + b"1"), largest_answer_bytes=MIB)
    assert isinstance(error, AnswerUnusable)
    assert isinstance(caught(server, POST, Reply(body=b" " * 3 * MIB), largest_answer_bytes=MIB), Ambiguous)


def test_endless_headers_end(server: FakeServer) -> None:
    endless = b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"a" * 500_000 + b"\r\n\r\n"
    assert isinstance(caught(server, GET, Reply(raw=endless)), Transient)


def test_what_is_no_http_is_no_answer(server: FakeServer) -> None:
    assert isinstance(caught(server, GET, Reply(raw=b"SSH-2.0-OpenSSH\r\n\r\n")), Transient)
    assert isinstance(caught(server, POST, Reply(raw=b"SSH-2.0-OpenSSH\r\n\r\n")), Ambiguous)


@pytest.mark.parametrize("drop", ["before", "during"])
def test_a_lost_connection_is_transient_for_a_read_and_open_for_a_write(server: FakeServer, drop: str) -> None:
    reply = Reply(json={"id": "x" * 500}, drop=drop)
    error = caught(server, GET, reply)
    assert isinstance(error, Transient)
    assert error.stage == "sent"
    assert isinstance(caught(server, PUT, reply), Transient)
    open_error = caught(server, POST, reply)
    assert isinstance(open_error, Ambiguous)
    assert open_error.stage == "sent"


def test_no_answer_in_time_is_open_for_a_write(server: FakeServer) -> None:
    never = threading.Event()
    error = caught(server, POST, Reply(hold=never), timeout_s=0.2)
    never.set()
    assert isinstance(error, Ambiguous)


def test_a_host_that_cannot_be_reached_got_nothing() -> None:
    with FakeServer() as gone:
        origin = gone.origin
    seen: list[Exchange] = []
    wired = connection(POST)
    caller = Caller(wired, transport=HttpTransport(sandbox_origin=origin), clock=ManualClock(), observe=seen.append)
    with caller, pytest.raises(Transient) as found:
        caller.call("post", {})
    assert found.value.stage == "before"
    assert found.value.operation == "post"
    assert (seen[0].status, seen[0].result) == (None, "transient")
