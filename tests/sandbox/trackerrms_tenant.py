"""A pretend TrackerRMS served on loopback, with short ways to call both of its APIs, for its tests."""

from __future__ import annotations

import base64
import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox import serving
from sandbox.people import SampleApplicant, SampleJob
from sandbox.trackerrms import TrackerRms

JOB = SampleJob("welder", "Welder", "Workshop", "Leeds", "GB", "<p>Welds things.</p>", "<ul><li>TIG</li></ul>")


def applicant(first: str = "Ana", last: str = "López", **more: Any) -> SampleApplicant:
    given = {
        "email": f"{first}.{last}@example.com".lower(), "phone": "+44 20 7946 0001", "city": "Leeds",
        "country_code": "GB", "applied_to": "welder", "source": "Referral", "resume_name": "cv.txt",
        "resume_content_type": "text/plain", "resume_data": b"Ten years of TIG welding.",
    } | more  # fmt: skip
    return SampleApplicant(first, last, **given)


@dataclass
class Tenant:
    """The sandbox, its address, and a client that keeps the JWT it was given."""

    ats: TrackerRms
    url: str
    client: httpx.Client

    def sign_in(self, token: str = "sandbox-static-token") -> str:
        answer = self.client.post("/api/Auth/ExchangeToken", json={"bearerToken": token})
        answer.raise_for_status()
        jwt: str = answer.json()["token"]
        self.client.headers["Authorization"] = f"Bearer {jwt}"
        return jwt

    def post(self, path: str, body: Any = None) -> httpx.Response:
        return self.client.post(f"/api/v1/{path}", json={} if body is None else body)

    def get(self, path: str) -> httpx.Response:
        return self.client.get(f"/api/v1/{path}")

    def patch(self, path: str, body: Any) -> httpx.Response:
        return self.client.patch(f"/api/v1/{path}", json=body)

    def legacy(self, operation: str, *, key: str = "", credentials: Any = None, **parts: Any) -> dict[str, Any]:
        """A legacy call with the API key unless told otherwise; its JSON, which always comes with 200."""
        block = {"credentials": {"apikey": "sandbox-api-key"} if credentials is None else credentials, **parts}
        body = {"trackerrms": {key or operation: block}}
        answer = httpx.post(f"{self.url}/api/widget/{operation}", json=body)
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found


class _Switchboard:
    """One server for all tests of a process: it passes each request on to the tenant of the moment."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        await self.app(scope, receive, send)


@functools.cache
def _serving() -> tuple[_Switchboard, str]:
    switchboard = _Switchboard()
    return switchboard, serving.start(switchboard).url


@contextmanager
def open_tenant(**switches: Any) -> Iterator[Tenant]:
    """A tenant that is served until the block ends, signed in."""
    ats = TrackerRms(**switches)
    switchboard, url = _serving()
    switchboard.app = ats.app
    try:
        with httpx.Client(base_url=url) as client:
            tenant = Tenant(ats, url, client)
            tenant.sign_in(ats.switches.static_token)
            yield tenant
    finally:
        switchboard.app = None
        ats.close()


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()
