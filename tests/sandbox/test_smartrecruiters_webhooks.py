from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest

from sandbox.smartrecruiters import callbacks
from tests.sandbox.smartrecruiters_tenant import HOOKS, code, open_receiver, open_tenant, subscribe

_APPLICATION = ("application.created", "application.attachment.created")


def test_the_signature_covers_six_parts_as_in_the_published_vector() -> None:
    headers = {
        "event-id": "123",
        "event-name": "application.created",
        "event-version": "v201910",
        "link": "<http://smartrecruiters.com/endpoint>; rel=self",
    }
    found = callbacks.signature(
        "HeBVky2bccvvkcXPimH8c", "1574080897", b'{"job_id":"jid","candidate_id":"cid"}', headers
    )
    assert found == "2e9291f10d44ca10204a4cd81b05d73b6a316b2b605d4e2e0e0b37b40198ce1f"


def test_a_subscription_is_inactive_until_the_handshake_and_active_once() -> None:
    with open_tenant() as tenant, open_receiver() as receiver:
        made = tenant.client.post(HOOKS, json={"callbackUrl": receiver.url, "events": ["job.created"]})
        assert made.status_code == 201
        assert made.json()["status"] == "inactive"
        assert made.json()["events"] == [{"name": "job.created", "version": "v201910"}]
        one = f"{HOOKS}/{made.json()['id']}"
        receiver.echo_secret = False
        assert tenant.client.put(f"{one}/activation").status_code == 424
        receiver.echo_secret = True
        assert tenant.client.put(f"{one}/activation").status_code == 204
        assert tenant.client.put(f"{one}/activation").status_code == 409
        assert tenant.client.get(one).json()["status"] == "active"
        assert isinstance(tenant.client.get(HOOKS).json(), list)
        assert tenant.client.delete(one).status_code == 204
        assert tenant.client.put(f"{one}/activation").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"callbackUrl": "http://receiver.example/hooks", "events": ["job.created"]},
        {"callbackUrl": "nonsense", "events": ["job.created"]},
        {"callbackUrl": "https://receiver.example:x/", "events": ["job.created"]},
        {"callbackUrl": "https://receiver.example/hooks", "events": ["job.exploded"]},
        {"callbackUrl": "https://receiver.example/hooks", "events": []},
        {
            "callbackUrl": "https://receiver.example/h",
            "events": ["job.created"],
            "callbackAuthentication": {"type": "x"},
        },
    ],
)
def test_a_subscription_that_cannot_work_is_422(body: dict[str, Any]) -> None:
    with open_tenant() as tenant:
        assert tenant.client.post(HOOKS, json=body).status_code == 422


def test_plain_http_is_refused_where_the_switch_says_so_and_nothing_leaves_this_machine() -> None:
    with open_tenant(http_callbacks=False) as tenant, open_receiver() as receiver:
        body = {"callbackUrl": receiver.url, "events": ["job.created"]}
        assert code(tenant.client.post(HOOKS, json=body)) == (422, "INVALID_CALLBACK_URL")
        far = tenant.client.post(HOOKS, json={**body, "callbackUrl": "https://receiver.example/hooks"})
        assert tenant.client.put(f"{HOOKS}/{far.json()['id']}/activation").status_code == 424
    for url in ("http://10.0.0.1/", "http://127.0.0.1.example/", "http://localhost@example.org/", "http:///x"):
        assert not callbacks.is_loopback(url)
        assert callbacks.post(url, b"", {}, 1.0) is None


def test_there_are_at_most_twenty_subscriptions_and_sixteen_live_keys() -> None:
    with open_tenant() as tenant:
        body = {"callbackUrl": "https://receiver.example/hooks", "events": ["job.created"]}
        made = [tenant.client.post(HOOKS, json=body) for _ in range(21)]
        assert [answer.status_code for answer in made] == [201] * 20 + [403]
        assert code(made[-1]) == (403, "SUBSCRIPTIONS_LIMIT_EXCEEDED")
        assert "page_id=" in tenant.client.get(HOOKS).headers["link"]
        keys = f"{HOOKS}/{made[0].json()['id']}/secret-key"
        statuses = [tenant.client.post(keys).status_code for _ in range(17)]
        assert statuses == [201] * 16 + [403]
        tenant.ats.advance(86_401)
        newest = tenant.client.post(keys).json()
        assert tenant.client.get(keys).json() == newest


def test_an_application_is_told_with_ids_only_and_signed_with_each_live_key() -> None:
    with open_tenant() as tenant, open_receiver() as receiver:
        subscription = subscribe(tenant, receiver, *_APPLICATION, "candidate.created")
        keys = f"{HOOKS}/{subscription}/secret-key"
        first = tenant.client.get(keys).json()["secretKey"]
        second = tenant.client.post(keys).json()["secretKey"]
        candidate = tenant.apply()
        assert tenant.ats.wait_idle()
        assert sorted(receiver.names()) == sorted([*_APPLICATION, "candidate.created"])
        by_name = {item.headers["event-name"]: item for item in receiver.got}
        created = by_name["application.created"]
        application = tenant.client.get(tenant.at(candidate)).json()["applicationId"]
        ids = {"job_id": tenant.job, "candidate_id": candidate, "application_id": application}
        assert json.loads(created.body) == ids
        assert set(json.loads(by_name["application.attachment.created"].body)) == {*ids, "attachment_id"}
        assert created.headers["link"] == f"<{tenant.url}{tenant.at(candidate)}>; rel=self"
        timestamp = created.headers["smartrecruiters-timestamp"]
        assert abs(int(timestamp) - time.time()) < 60
        expected = [callbacks.signature(key, timestamp, created.body, created.headers) for key in (first, second)]
        assert created.headers["smartrecruiters-signature"] == ";".join(f"v1={value}" for value in expected)


@pytest.mark.parametrize("status", [200, 204, 302, 500])
def test_only_a_202_is_a_delivery_and_retries_keep_the_event_id_up_the_ladder(status: int) -> None:
    with open_tenant() as tenant, open_receiver() as receiver:
        subscription = subscribe(tenant, receiver, "application.created")
        receiver.status = status
        tenant.apply()
        assert tenant.ats.wait_idle()
        assert len(receiver.got) == 1
        for minutes in (1, 3, 10):
            before = len(receiver.got)
            tenant.ats.advance(minutes * 60 - 5)
            assert tenant.ats.wait_idle()
            assert len(receiver.got) == before
            tenant.ats.advance(10)
            assert tenant.ats.wait_idle()
            assert len(receiver.got) == before + 1
        receiver.status = 202
        tenant.ats.advance(45 * 60)
        assert tenant.ats.wait_idle()
        assert len({item.headers["event-id"] for item in receiver.got}) == 1
        log = f"{HOOKS}/{subscription}/callbacks-log"
        statuses = [entry["status"] for entry in tenant.client.get(log).json()]
        assert statuses == ["successful", "failed", "failed", "failed", "failed"]
        entry = tenant.client.get(log, params={"callbackStatus": "successful"}).json()[0]
        assert entry["requestDetails"]["body"] == receiver.got[0].body.decode()
        assert "link" in tenant.client.get(log, params={"limit": 2}).headers


def test_the_ladder_ends_after_ten_retries() -> None:
    with open_tenant() as tenant, open_receiver() as receiver:
        subscribe(tenant, receiver, "application.created")
        receiver.status = 500
        tenant.apply()
        for _ in range(12):
            assert tenant.ats.wait_idle()
            tenant.ats.advance(86_400)
        assert tenant.ats.wait_idle()
        assert len(receiver.got) == 11
        assert tenant.ats.state()["deliveries"] == {"delivered": 0, "failed": 11, "waiting": 0}


def test_failures_in_a_row_suspend_the_subscription_where_switched_and_it_can_be_activated_again() -> None:
    with open_tenant(suspend_after=3) as tenant, open_receiver() as receiver:
        one = f"{HOOKS}/{subscribe(tenant, receiver, 'application.created')}"
        receiver.status = 500
        for number in range(3):
            tenant.apply(number)
        assert tenant.ats.wait_idle()
        assert tenant.client.get(one).json()["status"] == "inactive"
        tenant.apply(4)
        receiver.status = 202
        assert tenant.client.put(f"{one}/activation").status_code == 204
        tenant.apply(5)
        assert tenant.ats.wait_idle()
        assert len(receiver.got) == 4


def test_a_receiver_that_is_gone_has_not_got_it() -> None:
    with open_tenant(delivery_timeout_s=2.0) as tenant:
        with open_receiver() as receiver:
            subscribe(tenant, receiver, "application.created")
        tenant.apply()
        assert tenant.ats.wait_idle()
        assert tenant.ats.state()["deliveries"]["failed"] == 1


def test_our_own_writes_come_back_as_events_and_unchanged_ones_do_not() -> None:
    with open_tenant() as tenant, open_receiver() as receiver:
        candidate = tenant.apply()
        echoes = ["application.fields.updated", "candidate.updated", "application.status.updated",
                  "application.attachment.created"]  # fmt: skip
        subscribe(tenant, receiver, *echoes)
        field = [{"id": tenant.field_id("Skima Match Score"), "value": 87}]

        def write() -> None:
            tenant.client.put(tenant.at(candidate, "/properties"), json=field)
            tenant.client.post(f"/candidates/{candidate}/tags", json={"tags": ["Skima Screened"]})

        write()
        tenant.client.put(tenant.at(candidate, "/status"), json={"status": "IN_REVIEW"})
        files = {"file": ("evidence.pdf", b"x", "application/pdf")}
        tenant.client.post(tenant.at(candidate, "/attachments"), data={"attachmentType": "GENERIC_FILE"}, files=files)
        assert tenant.ats.wait_idle()
        assert sorted(receiver.names()) == sorted(echoes)
        write()
        tenant.client.post("/messages/shares", json={"content": f"#[CANDIDATE:{candidate}]"})
        assert tenant.ats.wait_idle()
        assert len(receiver.got) == len(echoes)


def test_a_deletion_is_told_without_a_link() -> None:
    with open_tenant() as tenant, open_receiver() as receiver:
        candidate = tenant.apply()
        subscribe(tenant, receiver, "candidate.deleted")
        tenant.client.delete(f"/candidates/{candidate}")
        assert tenant.ats.wait_idle()
        assert json.loads(receiver.got[0].body) == {"id": candidate}
        assert "link" not in receiver.got[0].headers


@pytest.mark.parametrize(
    ("how", "name", "value"),
    [
        ({"type": "basic", "username": "u", "password": "p"}, "authorization", "Basic dTpw"),
        ({"type": "header", "headerName": "X-TOKEN", "headerValue": "not-a-secret"}, "x-token", "not-a-secret"),
    ],
)
def test_callbacks_carry_the_authentication_asked_for(how: dict[str, str], name: str, value: str) -> None:
    with open_tenant() as tenant, open_receiver() as receiver:
        subscribe(tenant, receiver, "application.created", callbackAuthentication=how)
        tenant.apply()
        assert tenant.ats.wait_idle()
        assert receiver.got[0].headers[name] == value


def test_a_retry_ladder_can_run_faster_than_real() -> None:
    with open_tenant(retry_speed=60_000.0) as tenant, open_receiver() as receiver:
        subscribe(tenant, receiver, "application.created")
        receiver.status = 500
        tenant.apply()
        deadline = time.monotonic() + 20
        while len(receiver.got) < 4 and time.monotonic() < deadline:
            tenant.ats.wait_idle()
        assert len(receiver.got) >= 4


def test_the_api_answers_while_a_handshake_is_under_way() -> None:
    with open_tenant() as tenant, open_receiver() as receiver:
        made = tenant.client.post(HOOKS, json={"callbackUrl": f"{tenant.url}/slow", "events": ["job.created"]})
        answer = tenant.client.put(f"{HOOKS}/{made.json()['id']}/activation")
        assert answer.status_code == 424
        assert httpx.get(f"{tenant.url}/").status_code == 200
        assert receiver.got == []
