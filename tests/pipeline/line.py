"""The whole pipeline without its web front, against a pretend ATS on loopback, by a clock that tests move."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from connectors.transport import HttpTransport
from engine.clock import ManualClock
from engine.manifest.connection import Connection, connect
from engine.manifest.overlay import load_overlay
from engine.model import Outcome, RawEvent
from engine.pipeline.deliveries import DeliveryWork
from engine.pipeline.events import EventWork
from engine.pipeline.route import Route, open_route
from engine.scoring import Background, BuiltinScorer, ResumeReader, Skills
from engine.store import Store, StoredEvent
from sandbox import open_sandbox, people, serving
from sandbox.contract import CandidateView, PretendAts
from sandbox.people import SampleApplicant
from sandbox.tenant_files import tenant_file
from tests.servers import VAULT

READER = ResumeReader()
SCORER = BuiltinScorer(Skills.load(), Background.load())
PEOPLE = people.applicants()
BACKEND = next(job for job in people.jobs() if job.key == "backend-engineer")
UNLIMITED = {"smartrecruiters": {"rate_limit": 0}, "trackerrms": {}}


def engineers(count: int) -> list[SampleApplicant]:
    """Applicants for the backend job whose résumés can be read."""
    return [person for person in PEOPLE if person.applied_to == BACKEND.key][:count]


def connection_of(ats: PretendAts, folder: Path, more: str = "", tenant: str = "trial") -> Connection:
    """The connection of a tenant of ``ats``; ``more`` is YAML added to its file, settings with two spaces first."""
    made = tenant_file(ats, tenant)
    file = folder / f"{tenant}.yaml"
    file.write_text(made.text + more, "utf-8")
    return connect(load_overlay(file), made.environment)


@dataclass
class Line:
    """One tenant's pipeline. ``work`` does what is due now; ``pass_time`` moves the clock and works."""

    ats: PretendAts
    url: str
    store: Store
    clock: ManualClock
    route: Route
    events: EventWork
    deliveries: DeliveryWork
    job: str
    made: Counter[str] = field(default_factory=Counter)

    def accept(self, event: str, key: str | None = None, *, data: Any = None, **ids: str) -> str:
        """Puts a canonical event into the inbox; its id."""
        self.made["events"] += 1
        body = {"event": event, "ids": ids, "data": data or {}}
        raw = RawEvent("trial", "backfill", key or f"key-{self.made['events']}", {}, json.dumps(body).encode(), 0.0)
        return self.store.inbox.accept([raw])[0].id

    def apply(self, number: int = 0, **changes: Any) -> str:
        """A new applicant to the backend job; the candidate's id."""
        return self.ats.apply(replace(engineers(number + 1)[number], **changes), self.job)

    def score(self, candidate: str, **ids: str) -> StoredEvent:
        """An application is created, and all that can be done at this moment is done; the event afterwards."""
        event = self.accept("application.created", candidate=candidate, job=self.job, **ids)
        self.work()
        return self.store.inbox.get(event)

    def work(self, most: int = 500) -> None:
        """Does everything that is due at this moment of the clock."""
        for _ in range(most):
            busy = self.events.translate_received() > 0
            busy = self.events.work_once() is not None or busy
            busy = self.deliveries.deliver_once() is not None or busy
            if not busy:
                return
        raise AssertionError("the pipeline does not come to rest")

    def pass_time(self, seconds: float) -> None:
        """Moves the clock in one step, takes back leases that ran out, and works."""
        self.clock.advance(seconds)
        self.store.inbox.recover()
        self.store.outbox.recover()
        self.deliveries.release_held()
        self.work()

    def outcome(self, event: str) -> Outcome | None:
        return self.store.inbox.get(event).outcome

    def view(self, candidate: str) -> CandidateView:
        return self.ats.candidate_view(candidate)

    def field(self, candidate: str, label: str) -> str | None:
        """What the recruiter sees in a custom field of the application."""
        return self.view(candidate).applications[0].field(label)

    def steps(self, event: str, stage: str) -> list[Mapping[str, Any]]:
        return [step.detail for step in self.store.steps.of(event) if step.stage == stage]

    def calls(self, event: str | None = None) -> Counter[str]:
        """Calls made (for one event), by operation."""
        rows = self.store.audit.list(event_id=event, limit=2000) if event else self.store.audit.list(limit=2000)
        return Counter(row.operation for row in rows)


@contextmanager
def open_line(
    folder: Path, name: str = "smartrecruiters", more: str = "", *, url: str | None = None, **switches: Any
) -> Iterator[Line]:
    """A pretend ATS with one job (its id stands for JOB in ``more``), and the pipeline of one tenant at it.

    ``url`` is the database, where it is not a file in ``folder``.
    """
    with ExitStack() as ending:
        ats = open_sandbox(name, **{**UNLIMITED[name], **switches})
        ending.callback(ats.close)
        running = serving.start(ats.app)
        ending.callback(running.stop)
        clock = ManualClock()
        store = ending.enter_context(Store.open(url or folder / "line.db", clock, VAULT if url else None))
        job = ats.add_job(BACKEND)
        connection = connection_of(ats, folder, more.replace("JOB", job))
        route = open_route(connection, HttpTransport(sandbox_origin=running.url), store, clock)
        ending.callback(route.caller.close)
        routes = {connection.name: route}
        yield Line(
            ats=ats,
            url=running.url,
            store=store,
            clock=clock,
            route=route,
            events=EventWork(routes, store, SCORER, READER, clock),
            deliveries=DeliveryWork(routes, store, clock),
            job=job,
        )
