"""Reliability rows 2, 12 and 18: the process is killed at every commit and every request, before and after it.

Whatever the point, another process ends the event with one outcome, the ledger balances, and the pretend ATS shows
each result once. Dying after one crossing and before the next one is the same to all others, so each place is tried
once, between two crossings; FIELDWRIGHT_ALL_EDGES=1 tries both. With looking switched off, the harness sees the
doubles that looking prevents: it is not blind.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from engine.clock import ManualClock
from engine.model import OutcomeKind
from engine.store import Store
from engine.store.vault import Vault
from engine.store.vault_keys import new_key
from sandbox import open_sandbox, serving
from sandbox.contract import CandidateView, PretendAts
from sandbox.people import SampleApplicant
from sandbox.tenant_files import tenant_file
from tests import servers
from tests.pipeline.line import BACKEND, PEOPLE, UNLIMITED

KEYS = new_key()
NOW = 1_750_000_000.0
LATER_S = 600.0
SCENARIOS: dict[str, tuple[str, dict[str, Any]]] = {
    "fields, a tag and a file": ("smartrecruiters", {}),
    "no fields, so a note": ("smartrecruiters", {"fields": "none"}),
    "no fields, notes refused, so a file": (
        "smartrecruiters",
        {"fields": "none", "permissions": "all,-messages_write"},
    ),
    "notes of an ATS that does not show them": ("trackerrms", {}),
}
BLIND = "notes of an ATS that does not show them"
"""There a write without an answer is there once or not at all, and the event ends dead with that cause, for a person."""

BOTH = ("fields, a tag and a file", "no fields, notes refused, so a file")
"""The writes that differ in kind are tried on PostgreSQL too; FIELDWRIGHT_ALL_EDGES=1 tries all."""

ALL_EDGES = bool(os.environ.get("FIELDWRIGHT_ALL_EDGES"))
APPLICANT = next(one for one in PEOPLE if one.applied_to == BACKEND.key and one.resume_content_type == "text/plain")


@dataclass
class Matrix:
    """A pretend ATS, and a process that runs the pipeline at it, killed where a run says."""

    ats: PretendAts
    url: str
    job: str
    folder: Path
    dialect: str
    process: subprocess.Popen[str]
    environment: dict[str, str]
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def run(self, kill_at: str, *, looks: bool = True) -> Run:
        """A new applicant's event: accepted by a process that is killed at ``kill_at``, ended by another one."""
        number = next(self.numbers)
        person = _as(APPLICANT, f"killed-{number}@example.com")
        candidate = self.ats.apply(person, self.job)
        database = servers.postgres_url() if self.dialect == "postgresql" else str(self.folder / f"{number}.db")
        body = {"event": "application.created", "ids": {"candidate": candidate, "job": self.job}}
        order = {"database": database, "sandbox": self.url, "file": str(self.folder / "trial.yaml"), "looks": looks}
        order |= {"environment": self.environment, "key": f"k{number}", "keys": KEYS, "body": json.dumps(body)}
        first = self._ask({**order, "now": NOW, "kill_at": kill_at})
        second = self._ask({**order, "now": NOW + LATER_S, "kill_at": ""})
        with Store.open(database, ManualClock(NOW + 2 * LATER_S), Vault.given(KEYS)) as store:
            outcomes = [event.outcome.kind for event in store.inbox.list(limit=50) if event.outcome]
            return Run(first, second, outcomes, store.ledger.balance().missing, self.ats.candidate_view(candidate))

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


@dataclass(frozen=True)
class Run:
    """How the killed process and the one after it ended, and what there is then."""

    first: dict[str, Any]
    second: dict[str, Any]
    outcomes: list[OutcomeKind]
    missing: int
    view: CandidateView

    @property
    def shown(self) -> Any:
        """What a recruiter sees of our work: fields, tags, and how many notes and files of each kind."""
        application = self.view.applications[0]
        fields = {
            one.label: one.value for one in (*application.fields, *self.view.fields) if "Audit" not in one.label
        }
        return fields, sorted(self.view.tags), len(self.view.notes), sorted(one.type for one in self.view.attachments)

    @property
    def copies(self) -> int:
        return len(self.view.notes) + len(self.view.attachments)


def _points(crossings: int) -> list[str]:
    after = [f"{number}>" for number in range(1, crossings + 1)]
    before = [f"{number}<" for number in range(1, crossings + 1 if ALL_EDGES else 2)]
    return [*before, *after]


def _as(person: SampleApplicant, email: str) -> SampleApplicant:
    return SampleApplicant(**{**{name: getattr(person, name) for name in person.__slots__}, "email": email})


@contextmanager
def _opened(scenario: str, dialect: str, folder: Path) -> Iterator[Matrix]:
    name, switches = SCENARIOS[scenario]
    ats = open_sandbox(name, **{**UNLIMITED[name], **switches})
    served = serving.start(ats.app)
    made = tenant_file(ats, "trial")
    (folder / "trial.yaml").write_text(made.text, "utf-8")
    command = [sys.executable, "-m", "tests.faults.pipeline_child"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": environment}
    try:
        with subprocess.Popen(command, **pipes) as process:  # type: ignore[call-overload]
            yield Matrix(ats, served.url, ats.add_job(BACKEND), folder, dialect, process, dict(made.environment))
            process.stdin.close()
    finally:
        ats.close()
        served.stop()


@pytest.mark.parametrize(
    ("scenario", "dialect"),
    [(scenario, "sqlite") for scenario in SCENARIOS]
    + [(scenario, "postgresql") for scenario in SCENARIOS if ALL_EDGES or scenario in BOTH],
)
def test_killed_at_any_point_the_event_ends_once_and_its_results_are_there_once(
    scenario: str, dialect: str, tmp_path: Path
) -> None:
    with _opened(scenario, dialect, tmp_path) as matrix:
        whole = matrix.run("")
        assert (whole.first["status"], whole.outcomes, whole.missing) == (0, [OutcomeKind.DELIVERED], 0)
        crossed = whole.first["crossed"]
        undecided = 0
        for point in _points(len(crossed)):
            run = matrix.run(point)
            assert (run.first["status"], run.second["status"]) == (-signal.SIGKILL, 0), point
            assert run.missing == 0, point
            if scenario == BLIND and run.outcomes == [OutcomeKind.DEAD]:
                undecided += 1
                assert run.copies <= whole.copies, point
                continue
            assert run.outcomes == [OutcomeKind.DELIVERED], point
            assert run.shown == whole.shown, f"{point} ({crossed[int(point[:-1]) - 1]})"
    sends = crossed.count("send")
    told = f"{scenario}, {dialect}: {len(crossed) - sends} commits and {sends} requests, {len(_points(len(crossed)))} kills"
    print(f"{told}: 0 lost, 0 doubled, {undecided} left to a person")


def test_without_looking_the_same_harness_sees_what_would_be_written_twice(tmp_path: Path) -> None:
    doubled = []
    with _opened("no fields, so a note", "sqlite", tmp_path) as matrix:
        whole = matrix.run("", looks=False)
        crossed = whole.first["crossed"]
        for number in (number for number, kind in enumerate(crossed, 1) if kind == "send"):
            run = matrix.run(f"{number}>", looks=False)
            if run.copies > whole.copies:
                doubled.append(number)
    print(f"without looking: doubled at {len(doubled)} of {crossed.count('send')} requests")
    assert doubled
