"""The front door against strangers: 4xx, a counter, nothing stored, nothing told, and nobody kept waiting."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.clock import ManualClock
from engine.intake.delivered import Knock
from engine.intake.door import Admitted, Door, Turned, doors_of
from engine.intake.handshake import HandsShaken
from tests.web.front import BODY, KEY, Front, answer_of, headers_of, serving, signed_connection

_MIB = 1024 * 1024


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with serving(tmp_path_factory.mktemp("front"), body_timeout_s=1.0, header_timeout_s=1.0) as served:
        yield served


def test_to_a_stranger_an_unknown_connection_looks_like_a_bad_signature(front: Front) -> None:
    answers = [
        front.post("/hooks/nobody"),
        front.post("/hooks/nobody/secret"),
        front.post(headers=headers_of(key="not-a-real-other-key")),
        front.post("/hooks/acme/secret"),
        front.post("/hooks/beta/wrong"),
        front.post("/hooks/shut"),
    ]
    told = {(answer.status_code, answer.content, tuple(sorted(set(answer.headers) - {"date"}))) for answer in answers}
    assert len(told) == 1
    assert answers[0].status_code == 401


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"smartrecruiters-signature": ""}, "signature missing"),
        ({"smartrecruiters-signature": "v1=zz"}, "signature malformed"),
        ({"smartrecruiters-signature": "v2=" + "0" * 64}, "signature malformed"),
        ({"smartrecruiters-signature": "v1=" + "0" * 64}, "signature wrong"),
        ({"smartrecruiters-signature": ";".join(["v1=" + "0" * 64] * 100)}, "signature wrong"),
        ({"event-id": "another"}, "signature wrong"),
        ({"smartrecruiters-timestamp": "soon"}, "signature wrong"),
    ],
)
def test_a_bad_signature_leaves_nothing_but_a_counter(front: Front, change: dict[str, str], reason: str) -> None:
    before = front.refused().get("acme", {}).get(reason, 0)
    assert front.post(headers=headers_of() | change).status_code == 401
    assert front.refused()["acme"][reason] == before + 1
    assert not [event for event in front.stored() if event.connection == "acme"]


@pytest.mark.parametrize(("age_s", "status"), [(290, 202), (-290, 202), (320, 401), (-320, 401), (31 * 86400, 401)])
def test_a_recording_is_refused_once_it_is_old(tmp_path: Path, age_s: int, status: int) -> None:
    with serving(tmp_path) as own:
        assert own.post(headers=headers_of(at=time.time() - age_s)).status_code == status
        assert len(own.stored()) == (status == 202)
        if status == 401:
            assert own.refused() == {"acme": {"signature stale": 1}}


def test_a_recording_sent_again_is_stored_once_and_refused_later(tmp_path: Path) -> None:
    clock = ManualClock(1_750_000_000.0)
    with serving(tmp_path, clock=clock) as own:
        recorded = headers_of(at=clock.now())
        assert [own.post(headers=recorded).status_code for _ in range(2)] == [202, 202]
        for later_s in (360, 31 * 86400):
            clock.advance(later_s)
            assert own.post(headers=recorded).status_code == 401
        assert len(own.stored()) == 1


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe{}", b"[" * 100_000, b'{"a":NaN}', b'{"a":1,"a":2}'])
def test_a_signed_body_that_is_not_json_is_a_400(front: Front, body: bytes) -> None:
    answer = front.post(body=body, headers=headers_of(body))
    assert answer.status_code == 400
    assert not [event for event in front.stored() if event.connection == "acme"]


def test_a_changed_byte_is_refused_wherever_it_is() -> None:
    door = _door()
    headers = headers_of(at=1000)
    assert isinstance(_judged(door, headers, BODY), Admitted)
    for place in range(len(BODY)):
        changed = BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]
        assert _judged(door, headers, changed) == Turned(401, "signature wrong")


def test_a_body_that_was_cut_or_written_anew_is_refused() -> None:
    headers = headers_of(at=1000)
    for changed in (BODY[:-1], b"", BODY + b" ", BODY.replace(b": ", b":")):
        assert _judged(_door(), headers, changed) == Turned(401, "signature wrong")


def test_a_thousand_signatures_are_refused_quickly() -> None:
    headers = headers_of(at=1000)
    many = ";".join([*["v1=" + "0" * 64] * 1000, headers["smartrecruiters-signature"]])
    started = time.monotonic()
    verdict = _judged(_door(), headers | {"smartrecruiters-signature": many}, BODY)
    assert isinstance(verdict, Turned)
    assert verdict.status in (401, 431)
    assert time.monotonic() - started < 1


def test_an_empty_key_signs_nothing() -> None:
    headers = headers_of(at=1000)
    for subscription in (None, {}, {"secret": ""}, {"secret": None}):
        assert _judged(_door(), headers, BODY, subscription) == Turned(401, "signature key unknown")


# ── sizes ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["/hooks/acme", "/hooks/nobody"])
def test_more_than_a_mebibyte_is_a_413_however_it_is_announced(front: Front, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\n".encode()
    announced = head + b"content-length: 209715200\r\n\r\n"
    chunked = head + b"transfer-encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    for start, piece in ((announced, b"x" * 65536), (chunked, chunk)):
        with front.connection() as opened:
            opened.sendall(start)
            sent = _sent_until_refused(opened, piece, 64 * _MIB)
            assert b" 413 " in answer_of(opened)[:20] or sent < 16 * _MIB
            assert sent < 32 * _MIB


def test_a_body_of_exactly_the_limit_is_read(front: Front) -> None:
    body = b'"' + b"x" * (_MIB - 2) + b'"'
    assert front.post(body=body, headers={}).status_code == 401
    assert front.post(body=body + b" ", headers={}).status_code == 413


def test_a_door_tells_its_own_limit_to_the_proven_only() -> None:
    door = _door()
    large = b'"' + b"x" * _MIB + b'"'
    assert _judged(door, headers_of(large, at=1000, key="not-a-real-other-key"), large).status == 401  # type: ignore[union-attr]
    assert _judged(door, headers_of(large, at=1000), large) == Turned(413, "body too large")


def test_what_one_door_may_take_is_read_at_every_address(tmp_path: Path) -> None:
    connection = signed_connection("large")
    events = connection.manifest.events
    assert events.webhook is not None
    webhook = replace(events.webhook, largest_body_bytes=2 * _MIB)
    wide = replace(connection, manifest=replace(connection.manifest, events=replace(events, webhook=webhook)))
    assert doors_of({"large": wide})["large"].limit_bytes == 2 * _MIB
    with serving(tmp_path, more={"large": wide}) as own:
        for size, status in ((_MIB + 100, 401), (3 * _MIB, 413)):
            told = [own.post(path, b"x" * size, {}) for path in ("/hooks/acme", "/hooks/large", "/hooks/nobody")]
            assert {(one.status_code, one.content) for one in told} == {(status, told[0].content)}


def test_headers_over_16_kib_are_refused(front: Front) -> None:
    answer = front.post(headers={**headers_of(), "x-filler": "x" * 20_000})
    assert answer.status_code in (400, 431)
    assert front.post(headers={**headers_of(), "x-filler": "x" * 16_000}).status_code in (400, 431)


def _sent_until_refused(opened: socket.socket, piece: bytes, limit_bytes: int) -> int:
    sent = 0
    try:
        while sent < limit_bytes:
            opened.sendall(piece)
            sent += len(piece)
    except OSError:
        pass
    return sent


# ── slow clients ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("opening", "drip"),
    [
        (b"", b""),
        (b"POST /hooks/acme HTTP/1.1\r\nhost: x\r\n", b"x"),
        (b"POST /hooks/acme HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n", b"x"),
        (b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\nPOST /hooks/acme HTTP/1.1\r\nhost: x\r\n", b"x"),
    ],
    ids=["silent", "half a header", "half a body", "half a second header"],
)
def test_who_never_finishes_is_dropped(front: Front, opening: bytes, drip: bytes) -> None:
    started = time.monotonic()
    with front.connection() as opened:
        opened.sendall(opening)
        opened.settimeout(0.2)
        while True:
            try:
                if not opened.recv(65536):
                    break
            except TimeoutError:
                assert time.monotonic() - started < 8
                opened.sendall(drip)
            except ConnectionError:
                break


def test_many_drips_do_not_keep_a_good_client_waiting(front: Front) -> None:
    half = b"POST /hooks/acme HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"
    drips = []
    try:
        for _ in range(200):
            opened = front.connection()
            drips.append(opened)
            opened.__enter__().sendall(half)
        slowest = 0.0
        for _ in range(30):
            started = time.monotonic()
            assert front.client.get("/healthz").status_code == 200
            slowest = max(slowest, time.monotonic() - started)
        assert slowest < 1.0
    finally:
        for opened in drips:
            opened.__exit__(None, None, None)


def test_more_connections_than_the_cap_are_refused(tmp_path: Path) -> None:
    with serving(tmp_path, limit_concurrency=5, header_timeout_s=60.0) as own:
        held = [own.connection() for _ in range(8)]
        for one in held:
            one.__enter__()
        assert own.client.get("/healthz").status_code == 503
        for one in held:
            one.__exit__(None, None, None)


# ── anything at all ──────────────────────────────────────────────────────────────────────────────────────────

_NAMES = st.sampled_from(
    ["event-id", "event-name", "link", "smartrecruiters-signature", "smartrecruiters-timestamp", "content-type", "a"]
)
_VALUES = st.text(st.characters(max_codepoint=0xFF, exclude_categories=()), max_size=60)


def _door() -> Door:
    connection = signed_connection()
    webhook = connection.manifest.events.webhook
    assert webhook is not None
    return Door(connection, webhook)


def _judged(
    door: Door,
    headers: dict[str, str],
    body: bytes,
    subscription: Mapping[str, str | None] | None = MappingProxyType({"secret": KEY}),
) -> Admitted | HandsShaken | Turned:
    return door.judge(Knock("POST", None, headers, b"", body), 1000.0, subscription)


@settings(max_examples=2000, deadline=None)
@given(headers=st.dictionaries(_NAMES, _VALUES), body=st.binary(max_size=200), query=st.binary(max_size=60))
def test_whatever_a_stranger_sends_is_turned_away(headers: dict[str, str], body: bytes, query: bytes) -> None:
    verdict = _DOOR.judge(Knock("POST", None, headers, query, body), 1000.0, {"secret": KEY})
    assert isinstance(verdict, Turned)
    assert verdict.status in (400, 401, 413, 431)


@settings(max_examples=1000, deadline=None)
@given(
    body=st.binary(max_size=200)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(repr).map(str.encode)
)
def test_whatever_is_signed_is_admitted_or_no_json(body: bytes) -> None:
    verdict = _judged(_DOOR, headers_of(body, at=1000), body)
    assert isinstance(verdict, Admitted) or (isinstance(verdict, Turned) and verdict.status == 400)
    assert _judged(_DOOR, headers_of(body, at=1000), body) == verdict


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(["/hooks/acme", "/hooks/beta/x", "/hooks/%ff%00", "/hooks//", "/hooks/a%2Fb/../c"]),
    headers=st.dictionaries(
        _NAMES, st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40).map(str.strip)
    ),
    body=st.binary(max_size=300),
)
def test_over_http_a_stranger_never_sees_a_500(front: Front, path: str, headers: dict[str, str], body: bytes) -> None:
    assert front.client.post(path, content=body, headers=headers).status_code in (400, 401)


def test_hammering_from_many_threads_leaves_the_door_alive(front: Front) -> None:
    statuses: list[int] = []

    def hammer() -> None:
        for _ in range(30):
            statuses.append(front.post("/hooks/nobody", b"{}", {}).status_code)

    threads = [threading.Thread(target=hammer) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [401] * 240
    assert front.refused()[""]["unknown connection"] >= 240


_DOOR = _door()
