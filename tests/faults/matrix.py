"""One applicant after the other at a pretend ATS, each worked on by a process to which something happens.

In: a scenario and the kind of database. Out: for each point what came of it, and what a recruiter sees.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from engine.model import Outcome
from engine.store import Store
from sandbox import open_sandbox, serving
from sandbox.contract import CandidateView, PretendAts
from sandbox.tenant_files import tenant_file
from tests import servers
from tests.faults.crossings import How
from tests.faults.zygote import Came, Job
from tests.pipeline.line import BACKEND, UNLIMITED, engineers


@dataclass(frozen=True)
class Point:
    """What came of one applicant: how the workers ended, the outcomes, and what a recruiter sees."""

    came: Came
    outcomes: tuple[Outcome | None, ...]
    seen: Any
    audited: frozenset[str]
    settled: int


class Matrix:
    """A pretend ATS, and workers on databases that are new at each point."""

    def __init__(self, folder: Path, database: str, ats: PretendAts, origin: str, zygote: subprocess.Popen[str]):
        self._folder, self._database, self._ats, self._origin, self._zygote = folder, database, ats, origin, zygote
        self._job, self._number = ats.add_job(BACKEND), 0
        made = tenant_file(ats, "trial")
        self._environment = dict(made.environment)
        (folder / "trial.yaml").write_text(made.text, "utf-8")
        self.point(None, forks=False)

    def point(self, at: str | None, how: How = "fail", *, forks: bool = True) -> Point:
        """Somebody applies, which is told twice, and is worked on to the end."""
        self._number += 1
        person = replace(engineers(1)[0], email=f"applicant-{self._number}@example.com")
        candidate = self._ats.apply(person, self._job)
        ids = {"candidate": candidate, "job": self._job}
        events = {
            f"{number}-{candidate}": json.dumps({"event": name, "ids": ids})
            for number, name in enumerate(("application.created", "application.updated"))
        }
        url = servers.postgres_url() if self._database == "postgresql" else self._new_file()
        job = Job(url, f"{self._folder}/trial.yaml", self._environment, self._origin, events, at, how, forks)
        came = self._run(job)
        with Store.open(url, vault=servers.VAULT) as store:
            found = {event.key: event for event in store.inbox.list()}
            assert {key: event.id for key, event in found.items()} == came.acknowledged
            outcomes = tuple(event.outcome for _, event in sorted(found.items()))
            audited = frozenset(row.operation for row in store.audit.list(limit=200))
            kinds = store.inbox.counts()["outcome"]
            assert sum(kinds.values()) == len(events), kinds
            assert not store.outbox.open_of_subject("trial", f"{candidate}|{self._job}")
            settled = sum(store.outbox.counts().values())
        view = self._ats.candidate_view(candidate)
        return Point(came, outcomes, _seen(view), audited, settled)

    def _new_file(self) -> str:
        return str(self._folder / f"{self._number}.db")

    def _run(self, job: Job) -> Came:
        assert self._zygote.stdin is not None
        assert self._zygote.stdout is not None
        print(json.dumps(asdict(job)), file=self._zygote.stdin, flush=True)
        return Came(**json.loads(self._zygote.stdout.readline()))


def _seen(view: CandidateView) -> Any:
    """What a recruiter sees of our work, without ids and times: each thing as often as it is there."""
    fields = {field.label: field.value for field in view.applications[0].fields if "Audit" not in field.label}
    return fields, len(view.notes), sorted(view.tags), sorted(file.type for file in view.attachments)


@contextmanager
def open_matrix(folder: Path, database: str) -> Iterator[Matrix]:
    """A pretend ATS in this process, and the one that forks workers."""
    with ExitStack() as ending:
        ats = open_sandbox("smartrecruiters", **UNLIMITED["smartrecruiters"], fields="none")
        ending.callback(ats.close)
        served = serving.start(ats.app)
        ending.callback(served.stop)
        ending.callback(shutil.rmtree, folder, ignore_errors=True)
        yield Matrix(folder, database, ats, served.url, _zygote())


@cache
def _zygote() -> subprocess.Popen[str]:
    """The process that forks workers: one for all tests, since it takes long to start. It ends with this one."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", "tests.faults.zygote"]
    zygote = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    assert zygote.stdin is not None
    atexit.register(zygote.wait)
    atexit.register(zygote.stdin.close)
    return zygote
