"""A running service and a pretend ATS, both on loopback, by a clock that tests move forward."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from engine.clock import ManualClock
from engine.intake.subscriptions import STATE
from engine.model import OutcomeKind
from engine.pipeline.route_work import OpenRoute
from engine.runtime.service import Service
from engine.store import Store, StoredEvent
from sandbox import open_sandbox, serving
from sandbox.contract import PretendAts
from tests import servers
from tests.pipeline.line import BACKEND, SCORER, UNLIMITED, connection_of, engineers

WAIT_S = 40.0


def until(condition: Callable[[], Any], what: str = "") -> Any:
    """What ``condition`` gives once it gives something; fails after a while."""
    ends_at = time.monotonic() + WAIT_S
    while time.monotonic() < ends_at:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"did not happen: {what or condition}")


@dataclass
class Running:
    """A service with one tenant, ``trial``, at ``ats``."""

    service: Service
    url: str
    ats: PretendAts
    ats_url: str
    store: Store
    clock: ManualClock
    job: str

    def apply(self, number: int = 0) -> str:
        return self.ats.apply(engineers(number + 1)[number], self.job)

    def events(self, kind: str = "") -> list[StoredEvent]:
        """Events of a canonical type (all, where none is given), oldest first."""
        found = reversed(self.store.inbox.list(limit=500))
        return [event for event in found if not kind or (event.canonical or {}).get("type") == kind]

    def outcomes(self) -> list[OutcomeKind]:
        return [event.outcome.kind for event in self.events() if event.outcome]

    def settle(self) -> None:
        """Moves the clock past the windows in which events are collected, until every event has ended."""

        def ended() -> bool:
            self.clock.advance(3)
            return bool(self.events()) and all(event.outcome for event in self.events())

        until(ended, "every event ends")

    def subscription(self) -> dict[str, Any]:
        """The subscription whose key the door knows."""
        known: dict[str, Any] = self.store.connections.get("trial", STATE) or {}
        return known

    def post(
        self,
        body: Any,
        *,
        name: str = "candidate.updated",
        sign: bool = True,
        sent_s_ago: int = 0,
        event: str | None = None,
        **changes: str,
    ) -> httpx.Response:
        """A delivery at the door, signed as the ATS would; ``changes`` replace headers after signing."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {
            "smartrecruiters-timestamp": str(int(self.clock.now()) - sent_s_ago),
            "event-id": event or f"made-{time.monotonic_ns()}",
            "event-name": name,
            "event-version": "v201910",
            "link": "",
        }
        parts = [headers["smartrecruiters-timestamp"].encode(), raw]
        parts += [headers[part].encode() for part in ("event-id", "event-name", "event-version", "link")]
        key = self.subscription().get("secret", "none").encode()
        signature = hmac.new(key, b".".join(parts), hashlib.sha256).hexdigest()
        if sign:
            headers["smartrecruiters-signature"] = f"v1={signature}"
        sent = {**headers, "content-type": "application/json"}
        sent |= {part.replace("_", "-"): value for part, value in changes.items()}
        return httpx.post(f"{self.url}/hooks/trial", content=raw, headers=sent, timeout=10)


@contextmanager
def running(
    folder: Path,
    name: str = "smartrecruiters",
    more: str = "",
    *,
    outgoing: Mapping[str, OpenRoute] | None = None,
    database: str | None = None,
    **switches: Any,
) -> Iterator[Running]:
    """A pretend ATS with one job (its id stands for JOB in ``more``), and the service with one tenant at it.

    ``database`` is the URL of a server's, where it is not a file in ``folder``.
    """
    with ExitStack() as ending:
        ats = open_sandbox(name, **{**UNLIMITED[name], **switches})
        ending.callback(ats.close)
        served = serving.start(ats.app)
        ending.callback(served.stop)
        clock = ManualClock(time.time())
        vault = servers.VAULT if database else None
        store = ending.enter_context(Store.open(database or folder / "service.db", clock, vault))
        job = ats.add_job(BACKEND)
        connection = connection_of(ats, folder, more.replace("JOB", job))
        at, connections = {"trial": served.url}, {"trial": connection}
        service = Service(connections, store, scorer=SCORER, sandboxes=at, clock=clock, outgoing=outgoing)
        url = service.start()
        ending.callback(service.stop)
        yield Running(service, url, ats, served.url, store, clock, job)
