"""The doors over real HTTP: what is acknowledged is stored, and when."""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import threading
import time
from pathlib import Path

import httpx
import pytest

from engine.clock import ManualClock
from engine.intake.subscriptions import STATE
from engine.store.group_commit import GroupCommit
from tests.web.front import BODY, KEY, URL_SECRET, Front, headers_of, serving

_BETA = "/hooks/beta/not%2Fa%20real%2Bsecret"


def test_a_signed_event_is_stored_as_it_came_and_acknowledged(front: Front) -> None:
    answer = front.post()
    assert (answer.status_code, answer.content) == (202, b"")
    (event,) = front.stored()
    assert (event.connection, event.source, event.key, event.body) == ("acme", "webhook", "e-1", BODY)
    assert event.headers["event-name"] == "application.created"


def test_no_credential_is_stored(front: Front) -> None:
    more = {"authorization": "Basic not-a-real-word", "cookie": "s=not-a-real-word", "x-api-key": "not-a-real-word"}
    assert front.post(headers={**headers_of(), **more}).status_code == 202
    (event,) = front.stored()
    assert not {"authorization", "cookie", "x-api-key", "smartrecruiters-signature"} & set(event.headers)
    assert "not-a-real-word" not in json.dumps(dict(event.headers))


def test_the_same_event_in_any_number_is_one_row_and_all_are_acknowledged(front: Front) -> None:
    headers = headers_of()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: front.post(headers=headers).status_code, range(100)))
    assert answers == [202] * 100
    assert len(front.stored()) == 1


def test_an_event_without_an_id_is_known_by_its_body(front: Front) -> None:
    bodies = [BODY, BODY, b'{"job_id": "j2"}']
    for body in bodies:
        assert front.post(body=body, headers=headers_of(body, event_id="")).status_code == 202
    assert sorted(event.key.split(":")[0] for event in front.stored()) == ["sha256", "sha256"]


def test_a_handshake_is_answered_before_any_signature_and_not_stored(front: Front) -> None:
    answer = front.post(body=b"", headers={"X-Hook-Secret": "shaken"})
    assert (answer.status_code, answer.headers["x-hook-secret"]) == (200, "shaken")
    assert front.stored() == []


def test_a_handshake_cannot_smuggle_a_header(front: Front) -> None:
    with front.connection() as opened:
        opened.sendall(
            b"POST /hooks/acme HTTP/1.1\r\nhost: localhost\r\nx-hook-secret: a\x85b\xff\r\nconnection: close\r\n"
            b"content-length: 0\r\n\r\n"
        )
        assert b"x-hook-secret: ab\r\n" in opened.recv(65536)


def test_the_secret_in_the_address_lets_an_unsigned_event_in(front: Front) -> None:
    body = b'{"recordType": "Resource", "action": "Updated", "recordId": 7}'
    assert front.post(_BETA, body, {}).status_code == 200
    (event,) = front.stored()
    assert event.key.startswith("Resource-Updated-7-")
    assert URL_SECRET not in json.dumps(dict(event.headers)) + event.key


@pytest.mark.parametrize("path", ["/hooks/beta", "/hooks/beta/", "/hooks/beta/wrong", "/hooks/shut", "/hooks/shut/"])
def test_a_wrong_address_is_refused(front: Front, path: str) -> None:
    assert front.post(path, b"{}", {}).status_code == 401
    assert front.stored() == []


def test_what_cannot_be_translated_is_admitted_all_the_same(front: Front) -> None:
    for number, body in enumerate((b"[]", b"17", b'{"surprise": true}')):
        assert front.post(body=body, headers=headers_of(body, event_id=f"odd-{number}")).status_code == 202
    assert len(front.stored()) == 3


def test_it_is_acknowledged_only_after_the_commit(front: Front) -> None:
    """While another transaction holds the store, no answer comes; when it ends, the answer and the row do."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with front.store.transaction():
            answer = pool.submit(front.post)
            with pytest.raises(TimeoutError):
                answer.result(timeout=0.3)
        assert answer.result(timeout=10).status_code == 202
    assert len(front.stored()) == 1


def test_a_full_queue_is_a_503_with_retry_after_and_nothing_is_lost_of_what_got_in(tmp_path: Path) -> None:
    """Back-pressure: what is not acknowledged is not promised, what is acknowledged is stored."""
    with serving(tmp_path, group_options={"max_batch": 1, "max_waiting": 2}) as front:

        async def flood() -> list[httpx.Response]:
            async with httpx.AsyncClient(base_url=front.url, timeout=20, trust_env=False) as client:
                sent = [
                    asyncio.ensure_future(
                        client.post("/hooks/acme", content=BODY, headers=headers_of(event_id=f"e{number}"))
                    )
                    for number in range(20)
                ]
                while not any(one.done() for one in sent):
                    await asyncio.sleep(0.01)
                release.set()
                return await asyncio.gather(*sent)

        held, release = threading.Event(), threading.Event()

        def hold() -> None:
            with front.store.transaction():
                held.set()
                release.wait(20)

        holder = threading.Thread(target=hold)
        holder.start()
        held.wait(10)
        answers = asyncio.run(flood())
        holder.join()
        statuses = [answer.status_code for answer in answers]
        assert set(statuses) == {202, 503}
        assert all(answer.headers["retry-after"] == "30" for answer in answers if answer.status_code == 503)
        assert len(front.stored()) == statuses.count(202)


def test_a_store_that_cannot_commit_is_a_503(front: Front) -> None:
    front.group.close()
    answer = front.post()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert front.stored() == []


def test_a_key_made_by_another_process_is_seen_half_a_second_later(tmp_path: Path) -> None:
    clock = ManualClock(time.time())
    with serving(tmp_path, clock=clock) as front:
        assert front.post().status_code == 202
        front.store.connections.put("acme", STATE, {"id": "s2", "secret": "not-a-real-new-key"})
        headers = headers_of(key="not-a-real-new-key", event_id="e-2")
        assert front.post(headers=headers).status_code == 401
        clock.advance(0.5)
        assert front.post(headers=headers).status_code == 202
        assert front.post(headers=headers_of(key=KEY)).status_code == 401


def test_health_says_that_the_process_lives_and_the_store_commits(front: Front) -> None:
    assert front.client.get("/healthz").json() == {"status": "alive"}
    assert front.client.get("/readyz").json() == {"status": "ready"}


def test_a_store_that_does_not_commit_is_not_ready_but_alive(front: Front) -> None:
    front.store._database.engine.dispose()
    Path(front.store._database.engine.url.database).unlink()
    Path(front.store._database.engine.url.database).mkdir()
    answer = front.client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "not ready")
    assert front.client.get("/healthz").status_code == 200


def test_other_addresses_are_not_found_and_no_address_is_repaired(front: Front) -> None:
    for path in ("/", "/hooks", "/healthz/", "/hook/acme"):
        assert front.client.get(path, headers={"x-forwarded-host": "evil.example"}).status_code == 404


def test_every_answer_with_a_body_carries_the_security_headers(front: Front) -> None:
    for answer in (front.client.get("/healthz"), front.post(headers={}), front.client.get("/nowhere")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_only_post_is_accepted(front: Front) -> None:
    for path in ("/hooks/acme", "/hooks/beta", "/hooks/beta/wrong", "/hooks/nobody"):
        answer = front.client.get(path)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_a_failure_nobody_expected_is_a_500_with_a_reference_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(GroupCommit):
        def submit_all(self, pairs: object, loop: object) -> None:
            for _, future in pairs:  # type: ignore[attr-defined]
                future.set_exception(RuntimeError("Ana López, 555-0100"))

    with serving(tmp_path) as front:
        front.group.__class__ = Broken
        answer = front.post()
    assert answer.status_code == 500
    reference = answer.json()["reference"]
    assert reference in caplog.text
    assert "RuntimeError" in caplog.text
    assert "López" not in answer.text + caplog.text
