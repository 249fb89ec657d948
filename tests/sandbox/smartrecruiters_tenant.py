"""A pretend SmartRecruiters over real HTTP, with a job, people and a webhook receiver."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from sandbox.people import SampleApplicant, SampleJob
from sandbox.serving import start
from sandbox.smartrecruiters import SmartRecruiters

KEY = "not-a-real-key-0123456789abcdef0"
HOOKS = "/webhooks-api/v201907/subscriptions"
JOB = SampleJob(
    "backend", "Backend Engineer", "Engineering", "Austin", "us", "<p>Build.</p>", "<ul><li>Python</li></ul>"
)


def applicant(number: int = 1, **changes: Any) -> SampleApplicant:
    known = {
        "first_name": f"Ana{number}",
        "last_name": "Lopez",
        "email": f"ana{number}@example.com",
        "phone": "5125550100",
        "city": "Austin",
        "country_code": "us",
        "applied_to": "backend",
        "source": "LinkedIn",
        "resume_name": f"ana-{number}.txt",
        "resume_content_type": "text/plain",
        "resume_data": b"Six years of Python.",
    }
    return SampleApplicant(**{**known, **changes})


@dataclass
class OpenTenant:
    ats: SmartRecruiters
    url: str
    client: httpx.Client
    job: str

    def apply(self, number: int = 1, **changes: Any) -> str:
        return self.ats.apply(applicant(number, **changes), self.job)

    def at(self, candidate: str, rest: str = "") -> str:
        return f"/candidates/{candidate}/jobs/{self.job}{rest}"

    def field_id(self, label: str) -> str:
        content = self.client.get("/configuration/candidate-properties").json()["content"]
        return next(str(item["id"]) for item in content if item["label"] == label)

    def values(self, candidate: str) -> dict[str, Any]:
        content = self.client.get(self.at(candidate, "/properties")).json().get("content", [])
        return {item["label"]: item["value"] for item in content}


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and error code, after checking the envelope."""
    body = answer.json()
    assert set(body) == {"message", "errors"}
    return answer.status_code, body["errors"][0]["code"]


@contextmanager
def open_tenant(**switches: Any) -> Iterator[OpenTenant]:
    ats = SmartRecruiters(**{"rate_limit": 0, **switches})
    running = start(ats.app)
    try:
        with httpx.Client(base_url=running.url, headers={"X-SmartToken": KEY}, timeout=20) as client:
            yield OpenTenant(ats, running.url, client, ats.add_job(JOB))
    finally:
        ats.close()
        running.stop()


@dataclass
class Received:
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A webhook receiver: shakes hands, then answers ``status``; ``got`` are the deliveries."""

    url: str = ""
    status: int = 202
    echo_secret: bool = True
    got: list[Received] = field(default_factory=list)
    handshakes: list[Received] = field(default_factory=list)

    def names(self) -> list[str]:
        return [item.headers["event-name"] for item in self.got]


@contextmanager
def open_receiver() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            received = Received({name.lower(): value for name, value in self.headers.items()}, body)
            secret = received.headers.get("x-hook-secret")
            (receiver.handshakes if secret else receiver.got).append(received)
            self.send_response(200 if secret else receiver.status)
            if secret and receiver.echo_secret:
                self.send_header("X-Hook-Secret", secret)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hooks"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def subscribe(tenant: OpenTenant, receiver: Receiver, *events: str, **more: Any) -> str:
    """An active subscription with a secret key; its id."""
    body = {"callbackUrl": receiver.url, "events": list(events), **more}
    made = tenant.client.post(HOOKS, json=body)
    assert made.status_code == 201
    one = f"{HOOKS}/{made.json()['id']}"
    assert tenant.client.post(f"{one}/secret-key").status_code == 201
    assert tenant.client.put(f"{one}/activation").status_code == 204
    return str(made.json()["id"])
