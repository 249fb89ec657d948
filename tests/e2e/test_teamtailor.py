"""Teamtailor by its shipped manifest over real HTTP: a signed webhook in, custom fields out; no Python of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.calls import Caller
from connectors.transport import HttpTransport
from engine.clock import ManualClock
from engine.manifest.connection import Connection
from engine.model import OutcomeKind
from engine.redaction import Secret
from engine.rehearsal.running import scorer_of
from engine.runtime.actions import action_of, given_of
from engine.runtime.service import Service
from engine.store import Store, StoredEvent
from tests.conformance.shipped import shipped
from tests.e2e.service import until
from tests.fake_server import FakeServer, Reply, Seen

KEY, PARTNER_KEY = "not-a-real-signing-key", "not-a-real-provider-key"
RESULT = "/partner/v1/partner-results/r-1"
READS = {
    "/v1/candidates/1337": "get_candidate",
    "/v1/candidates/1337/job-applications": "list_candidate_applications",
    "/v1/job-applications/501": "get_application",
    "/v1/jobs/7263": "get_job",
    "/v1/custom-fields": "list_fields",
}


@dataclass
class Teamtailor:
    """A scripted account in North America that keeps the values of custom fields, behind a service with one tenant."""

    server: FakeServer
    values: dict[str, str] = field(default_factory=dict)
    url: str = ""
    clock: ManualClock = field(default_factory=lambda: ManualClock(time.time()))
    store: Store | None = None

    def script(self) -> None:
        about = shipped("teamtailor")
        for path, operation in READS.items():
            self.server.on("GET", path, Reply(json=about.body(operation)))
        nothing = Reply(json={"data": [], "links": {"next": None}})
        for path in ("/v1/candidates", "/v1/job-applications"):
            self.server.on("GET", path, nothing)
        self.server.on("GET", "/v1/jobs", Reply(401, json={"errors": [{"title": "Unauthorized"}]}), nothing)
        self.server.on(
            "GET", "/uploads/a1/resume.pdf", Reply(body=b"Ana Example. Shift lead since 2022, retail sales.")
        )
        self.server.on("GET", "/v1/candidates/1337/custom-field-values", self._listed)
        self.server.on("POST", "/v1/custom-field-values", self._made)
        for number in ("11", "12", "16"):
            self.server.on("PATCH", f"/v1/custom-field-values/v{number}", self._changed)
        self.server.on("POST", "/v1/notes", Reply(201, json={"data": {"id": "2"}}))
        self.server.on("PUT", RESULT, Reply(json={"data": {"id": "r-1"}}))

    def _listed(self, _: Seen) -> Reply:
        data = [
            {"id": f"v{number}", "attributes": {"value": value}, "relationships": _belongs(number)}
            for number, value in self.values.items()
        ]
        return Reply(json={"data": data, "links": {"next": None}})

    def _made(self, seen: Seen) -> Reply:
        number = seen.json["data"]["relationships"]["custom-field"]["data"]["id"]
        if number in self.values:
            return Reply(422, json={"errors": [{"title": "Taken"}]})
        self.values[number] = seen.json["data"]["attributes"]["value"]
        return Reply(201, json={"data": {"id": f"v{number}"}})

    def _changed(self, seen: Seen) -> Reply:
        self.values[seen.path.rpartition("/v")[2]] = seen.json["data"]["attributes"]["value"]
        return Reply(json={"data": {}})

    def signed(self, body: Any, key: str = KEY) -> int:
        """The status answered to a webhook of the company's."""
        content = json.dumps(body).encode()
        stamp = str(int(self.clock.now()))
        digest = hmac.new(key.encode(), f"{stamp}.".encode() + content, hashlib.sha256).hexdigest()
        given = base64.b64encode(f"t={stamp},v1=00,v2={digest}".encode()).decode()
        return self.post(content, {"TT-Signature": given})

    def post(self, content: bytes, headers: dict[str, str]) -> int:
        sent = {**headers, "content-type": "application/json"}
        return httpx.post(f"{self.url}/hooks/trial", content=content, headers=sent, timeout=10).status_code

    def delivered(self, count: int) -> list[StoredEvent]:
        """The events that were delivered, once there are ``count`` and all events have ended."""

        def ended() -> list[StoredEvent]:
            self.clock.advance(3)
            assert self.store is not None
            events = self.store.inbox.list(limit=100)
            kinds = [event.outcome.kind if event.outcome else None for event in events]
            whole = None not in kinds and kinds.count(OutcomeKind.DELIVERED) == count
            return events if whole else []

        return until(ended, "every event ends")

    def written(self) -> list[Seen]:
        return [seen for seen in self.server.requests if seen.method != "GET"]


def _belongs(number: str) -> dict[str, Any]:
    return {"custom-field": {"data": {"type": "custom-fields", "id": number}}}


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Teamtailor]:
    with ExitStack() as ending:
        server = ending.enter_context(FakeServer())
        opened = Teamtailor(server)
        opened.script()
        opened.store = ending.enter_context(Store.open(tmp_path / "service.db", opened.clock))
        settings: dict[str, Any] = {
            "api_key": Secret("not-a-real-key"),
            "webhook_key": Secret(KEY),
            "partner_key": Secret("not-a-real-partner-key"),
            "partner_webhook_key": Secret(PARTNER_KEY),
            "note_user_id": "2",
        }
        manifest = shipped("teamtailor").manifest
        defaults = {name: one.default for name, one in manifest.settings.items() if one.default is not None}
        connection = Connection("trial", manifest, {**defaults, **settings})
        service = Service(
            {"trial": connection},
            opened.store,
            scorer=scorer_of({"match": 86, "reasons": ["Retail sales"]}),
            sandboxes={"trial": server.origin},
            clock=opened.clock,
        )
        opened.url = service.start()
        ending.callback(service.stop)
        yield opened


def test_a_signed_webhook_ends_in_custom_fields_made_once_and_changed_the_next_time(account: Teamtailor) -> None:
    account.values["12"] = "what somebody wrote"
    created = {"payload": {"event_name": "job_application.create", "data": {"id": "501", "attributes": {}}}}
    assert account.signed(created, "guessed") == 401
    assert account.signed(created) == 200
    account.delivered(1)
    assert account.values["11"] == "86"
    assert account.values["12"] == "• Retail sales"
    assert sorted((seen.method, seen.path) for seen in account.written()) == [
        ("PATCH", "/v1/custom-field-values/v12"),
        ("POST", "/v1/custom-field-values"),
        ("POST", "/v1/custom-field-values"),
        ("POST", "/v1/notes"),
    ]
    for seen in account.written():
        assert seen.headers["content-type"] == "application/vnd.api+json"
        assert seen.headers["authorization"] == "Token token=not-a-real-key"
        assert seen.headers["x-api-version"] == "20240404"
    (fetched,) = account.server.seen("/uploads/a1/resume.pdf")
    assert "authorization" not in fetched.headers


def test_a_partners_event_ends_in_the_result_at_the_address_that_it_brought(account: Teamtailor) -> None:
    result = {"id": "r-1", "status": "sending", "update-url": f"https://api.na.teamtailor.com{RESULT}"}
    event = {"id": "e-1", "partner-result": result, "candidate": {"id": 1337, "job": {"id": 7263}}}
    content = json.dumps({"partner-event": event}).encode()
    assert account.post(content, {"Authorization": "Bearer guessed"}) == 401
    assert account.post(content, {"Authorization": f"Bearer {PARTNER_KEY}"}) == 200
    account.delivered(1)
    (put,) = account.server.seen(RESULT)
    assert put.headers["authorization"] == "Token token=not-a-real-partner-key"
    attributes = put.json["data"]["attributes"]
    assert attributes == {"status": "completed", "assessment": {"score": 86}, "summary": "• Retail sales"}
    assert "11" not in account.values


_STAGE = {"stage": {"data": {"type": "stages", "id": "22510"}}}
_BOTH = {"candidate": {"data": {"type": "candidates", "id": "1"}}, "job": {"data": {"type": "jobs", "id": "2"}}}
_NAMED = {"first-name": "Ana", "last-name": "Example", "email": "ana@example.com"}


@pytest.mark.parametrize(
    ("action", "given", "call", "sent"),
    [
        (
            "create_candidate",
            ["first_name=Ana", "last_name=Example", "email=ana@example.com"],
            ("POST", "/v1/candidates"),
            {"type": "candidates", "attributes": _NAMED},
        ),
        (
            "apply_to_job",
            ["candidate_id=1", "job_id=2"],
            ("POST", "/v1/job-applications"),
            {"type": "job-applications", "relationships": _BOTH},
        ),
        (
            "move",
            ["application_id=501", "stage_id=22510"],
            ("PATCH", "/v1/job-applications/501"),
            {"id": "501", "type": "job-applications", "relationships": _STAGE},
        ),
    ],
)
def test_what_a_person_decides_on_is_sent_as_a_document_of_the_ats(
    account: Teamtailor, action: str, given: list[str], call: tuple[str, str], sent: dict[str, Any]
) -> None:
    manifest = shipped("teamtailor").manifest
    declared = action_of(manifest, action)
    account.server.on(*call, Reply(201 if call[0] == "POST" else 200, json={"data": {"id": "1"}}))
    tenant = replace(shipped("teamtailor").connections[0], name="by-hand")
    transport = HttpTransport(sandbox_origin=account.server.origin)
    with closing(Caller(tenant, transport=transport, clock=account.clock)) as caller:
        caller.call(declared.operation, {"given": given_of(declared, given)})
    (seen,) = account.written()
    assert (seen.method, seen.path, seen.json) == (*call, {"data": sent})
