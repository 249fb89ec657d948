from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from tests.sandbox.trackerrms_tenant import JOB, applicant, encoded, open_tenant


class Receiver:
    """What was received: path with query, headers in lower case, body; answers with ``status``."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.url = ""

    @property
    def bodies(self) -> list[tuple[str, str]]:
        return [(body["recordType"], body["action"]) for _, _, body in self.got]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            receiver.got.append((self.path, {key.lower(): value for key, value in self.headers.items()}, body))
            self.send_response(receiver.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            return None

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hooks/acme?token=not-a-real-token"
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_an_application_is_told_thin_unsigned_and_to_the_url_with_its_token() -> None:
    with receiving() as receiver, open_tenant(webhooks=[receiver.url]) as tenant:
        key = tenant.ats.apply(applicant(), tenant.ats.add_job(JOB))
        assert tenant.ats.webhooks.drain()
        assert receiver.bodies == [
            ("Opportunity", "Created"), ("Resource", "Created"), ("Resource", "Updated"),
            ("OpportunityResource", "Created"),
        ]  # fmt: skip
        path, headers, body = receiver.got[1]
        assert path == "/hooks/acme?token=not-a-real-token"
        assert body == {"recordType": "Resource", "action": "Created", "recordId": int(key)}
        assert not [name for name in headers if "sign" in name or name == "authorization"]


def test_our_own_writes_come_back_as_events() -> None:
    with receiving() as receiver, open_tenant() as tenant:
        key = int(tenant.ats.apply(applicant(), tenant.ats.add_job(JOB)))
        tenant.client.post("/_sandbox/webhooks", json={"url": receiver.url, "recordTypes": ["Resource"]})
        tenant.post("Activity", {"recordType": "Resource", "recordId": key, "note": "x"})
        tenant.patch(f"Resource/{key}", {"jobTitle": "Lead"})
        tag = [{"column": "tag", "value": "x"}]
        tenant.legacy("updateRecord", instructions={"recordtype": "R", "recordid": key}, updates=tag)
        file = {"filename": "a.txt", "recordType": "R", "recordId": key, "data": encoded(b"a")}
        tenant.legacy("attachDocument", file=file)
        assert tenant.ats.webhooks.drain()
        assert receiver.bodies == [("Resource", "Updated")] * 4


def test_a_subscription_chooses_its_actions_and_stays_on_loopback() -> None:
    with receiving() as receiver, open_tenant() as tenant:
        added = tenant.client.post("/_sandbox/webhooks", json={"url": receiver.url, "actions": ["Deleted"]})
        assert added.json()["subscriptions"][0]["actions"] == ["Deleted"]
        for bad in ({"url": "http://example.com/"}, {"url": "https://127.0.0.1/"}, {}, []):
            assert tenant.client.post("/_sandbox/webhooks", json=bad).status_code == 400
        key = tenant.ats.apply(applicant(), tenant.ats.add_job(JOB))
        tenant.ats.delete_candidate(key)
        assert tenant.ats.webhooks.drain()
        assert receiver.bodies == [("OpportunityResource", "Deleted"), ("Resource", "Deleted")]
        assert tenant.get(f"Resource/{key}").status_code == 404


def test_a_failed_webhook_is_lost_unless_retries_are_switched_on() -> None:
    with receiving() as receiver, open_tenant(webhooks=[receiver.url]) as tenant:
        receiver.status = 500
        tenant.ats.add_job(JOB)
        assert tenant.ats.webhooks.drain()
        tenant.ats.advance(100_000)
        assert tenant.ats.webhooks.drain()
        assert len(receiver.got) == 1

        tenant.ats.switches.update({"webhook_retries": 2})
        tenant.ats.add_job(JOB)
        assert tenant.ats.webhooks.drain()
        tenant.client.post("/_sandbox/clock/advance", json={"seconds": 61})
        assert tenant.ats.webhooks.drain()
        assert [entry["attempt"] for entry in tenant.ats.webhooks.log][-2:] == [1, 2]
        receiver.status = 200
        tenant.ats.advance(121)
        assert tenant.ats.webhooks.drain()
        tenant.ats.advance(100_000)
        assert tenant.ats.webhooks.drain()
        assert len(receiver.got) == 4
        assert tenant.ats.state()["deliveries"][-1]["status"] == 200


def test_a_dead_receiver_is_logged_without_its_token_mattering_to_anyone() -> None:
    with receiving() as receiver:
        url = receiver.url
    with open_tenant(webhooks=[url]) as tenant:
        tenant.ats.add_job(JOB)
        assert tenant.ats.webhooks.drain()
        assert tenant.ats.webhooks.log[0]["problem"] == "ConnectionRefusedError"
