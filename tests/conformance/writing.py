"""The write-back of the ATS Acme: a manifest's text and a score in; what the scripted server was asked to write out.

    tenant = writing(acme, '''…''')
    acme.server.on("POST", "/tags", Reply(json={"id": "t1"}))
    event = tenant.score()
    assert tenant.written() == [("POST", "/tags", {"name": "Screened"})]

Events run through the real pipeline: hydrated, scored with a fixed score, planned, delivered.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from connectors.transport import HttpTransport
from engine.model import Outcome, RawEvent
from engine.pipeline.deliveries import DeliveryWork
from engine.pipeline.events import EventWork
from engine.pipeline.route import Route, open_route
from engine.redaction import Secret
from engine.rehearsal.running import scorer_of
from engine.scoring import ResumeReader
from engine.store import Store
from tests.conformance.acme import Acme
from tests.fake_server import Reply

READS = """
  get_candidate: {get: "/candidates/{{ candidate.id }}"}
  get_job: {get: "/jobs/{{ job.id }}"}
  get_application: {get: "/applications/{{ application.id }}"}
"""
OBJECTS = """
objects:
  candidate: {read: get_candidate, fields: {id: id, first_name: name, tags: tags}}
  application:
    read: get_application
    fields: {id: id, candidate_id: candidate, job_id: job, status: status, stage: stage}
    may_be_empty: [stage]
  job: {read: get_job, fields: {id: id, title: title}}
  resume: [{text: resume}]
"""
READER = ResumeReader()


@dataclass
class Tenant:
    """One tenant of the ATS with its pipeline. ``score`` runs an application of c-1 to the job j-1 to its end."""

    acme: Acme
    route: Route
    store: Store
    events: EventWork
    deliveries: DeliveryWork
    count: int = 0

    def score(self, **data: Any) -> str:
        """The id of the event, after all that can be done now was done; ``data`` is the event's own."""
        self.count += 1
        ids = {"candidate": "c-1", "job": "j-1", "application": "a-1"}
        body = {"event": "application.created", "ids": ids, "data": data}
        raw = RawEvent(
            "tenant", "backfill", f"key-{self.count}", {}, json.dumps(body).encode(), self.acme.clock.now()
        )
        event = self.store.inbox.accept([raw])[0].id
        self.work()
        return event

    def work(self) -> None:
        """Does all that is due now."""
        for _ in range(200):
            busy = self.events.translate_received() > 0
            busy = self.events.work_once() is not None or busy
            if not (self.deliveries.deliver_once() is not None or busy):
                return
        raise AssertionError("the pipeline does not come to rest")

    def wait(self, seconds: float = 600.0) -> None:
        """Lets time pass, takes back leases that ran out, and does what is due then."""
        self.acme.clock.advance(seconds)
        self.store.outbox.recover()
        self.work()

    def outcome(self, event: str) -> Outcome | None:
        return self.store.inbox.get(event).outcome

    def places(self, event: str) -> dict[str, str]:
        """Output → the kind of place where it arrived."""
        done = [one for one in self.store.outbox.of_event(event) if one.state == "delivered"]
        return {write["output"]: one.place for one in done for write in one.payload["planned"]["writes"]}

    def written(self) -> list[tuple[str, str, Any]]:
        """(method, path, JSON body) of every request that is no read, in order."""
        return [(seen.method, seen.path, _body(seen.body)) for seen in self.acme.server.requests if _writes(seen)]

    def calls(self, method: str, path: str) -> int:
        return sum(1 for seen in self.acme.server.requests if (seen.method, seen.path) == (method, path))


def _writes(seen: Any) -> bool:
    return bool(seen.method != "GET")


def _body(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body


@contextmanager
def writing(
    acme: Acme,
    text: str,
    *,
    settings: Mapping[str, Any] | None = None,
    score: Mapping[str, Any] | None = None,
    application: Mapping[str, Any] | None = None,
    **more: Any,
) -> Iterator[Tenant]:
    """A tenant whose manifest holds ``text``: operations and write_back. ``more`` changes the connection."""
    server = acme.server
    candidate = {"id": "c-1", "name": "Ana", "tags": [], "resume": "Shift lead since 2022, cash handling."}
    server.on("GET", "/candidates/c-1", Reply(json=candidate))
    server.on("GET", "/jobs/j-1", Reply(json={"id": "j-1", "title": "Shift lead"}))
    standing = {"id": "a-1", "candidate": "c-1", "job": "j-1", "status": "active", **(application or {})}
    server.on("GET", "/applications/a-1", Reply(json=standing))
    given = {"api_key": Secret("not-a-real-key"), **(settings or {})}
    connection = replace(
        acme.connection(text.replace("operations:\n", f"operations:{READS}", 1) + OBJECTS, given), **more
    )
    with TemporaryDirectory() as folder, Store.open(Path(folder) / "acme.db", acme.clock) as store:
        transport = HttpTransport(sandbox_origin=server.origin)
        route = open_route(connection, transport, store, acme.clock)
        routes = {connection.name: route}
        scorer = scorer_of(score or {"match": 86, "reasons": ["Cash handling", "Leads shifts"]})
        events = EventWork(routes, store, scorer, READER, acme.clock)
        try:
            yield Tenant(acme, route, store, events, DeliveryWork(routes, store, acme.clock))
        finally:
            route.caller.close()
