"""``fieldwright serve`` as a process of its own, killed and started again: every accepted event ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.model import OutcomeKind
from engine.settings import Settings
from engine.store import Store
from engine.store.audit_heads import head_keys, read_heads
from engine.store.audit_verifying import verify
from sandbox import open_sandbox, serving
from sandbox.smartrecruiters import SmartRecruiters
from sandbox.tenant_files import tenant_file
from tests.e2e.service import until
from tests.pipeline.line import BACKEND, engineers

_PEOPLE = 6


class Process:
    """A served state folder; ``told`` is what the command printed at its start."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *more: str) -> None:
        command = [
            sys.executable,
            "-c",
            "from engine.cli.main import run; run()",
            "serve",
            "--port",
            "0",
            "--json",
            *more,
        ]
        self.log = (folder / "serve.log").open("ab")
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self.log, env={**os.environ, **environment}, cwd=folder
        )
        self.told = self._read_start()

    def _read_start(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        text = ""
        for line in self.process.stdout:
            text += line.decode()
            try:
                told: dict[str, Any] = json.loads(text)
            except ValueError:
                continue
            return told
        raise AssertionError(f"serve ended: {text}")

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        code = self.process.wait(40)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.log.close()
        return code


@contextmanager
def pretend_ats(folder: Path) -> Iterator[tuple[SmartRecruiters, str, dict[str, str]]]:
    """A pretend ATS with applicants' job, and the environment of a service for it."""
    ats = open_sandbox("smartrecruiters", rate_limit=0, retry_speed=600.0)
    assert isinstance(ats, SmartRecruiters)
    served = serving.start(ats.app)
    made = tenant_file(ats, "trial")
    (folder / "tenants").mkdir()
    (folder / "tenants" / "trial.yaml").write_text(made.text, "utf-8")
    own = {"FIELDWRIGHT_SANDBOXES": f"trial={served.url}", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        yield ats, ats.add_job(BACKEND), {**made.environment, **own}
    finally:
        ats.close()
        served.stop()


def _is_subscribed(ats: SmartRecruiters) -> bool:
    return any(item.active for item in ats.deliveries.subscriptions.values())


def test_every_event_accepted_before_a_kill_ends_after_the_restart(tmp_path: Path) -> None:
    with pretend_ats(tmp_path) as (ats, job, environment):
        first = Process(tmp_path, environment)
        port = first.told["url"].rpartition(":")[2]
        until(lambda: _is_subscribed(ats), "the subscription is made")
        candidates = [ats.apply(person, job) for person in engineers(_PEOPLE)]
        with Store.open(Settings(state=tmp_path / "var").database) as store:
            until(lambda: store.inbox.counts()["outcome"].get("delivered"), "the first is written")
            first.end(signal.SIGKILL)
            accepted = {event.id for event in store.inbox.list(limit=500)}
            still_open = {event.id for event in store.inbox.list(limit=500) if event.outcome is None}
            second = Process(tmp_path, environment, "--port", port)
            try:
                until(lambda: all(store.inbox.get(event).outcome for event in accepted), "all end")
                until(lambda: all(_scored(ats, candidate) for candidate in candidates), "all are scored")
            finally:
                assert second.end(signal.SIGTERM) == 0
            kinds = {event.outcome.kind for event in store.inbox.list(limit=500) if event.outcome}
        assert accepted
        assert still_open
        assert kinds <= {OutcomeKind.DELIVERED, OutcomeKind.UNCHANGED, OutcomeKind.SUPERSEDED}
        for candidate in candidates:
            view = ats.candidate_view(candidate)
            assert view.tags == ("Skima Screened",)
            assert len([file for file in view.attachments if file.type == "GENERIC_FILE"]) == 1


def _scored(ats: SmartRecruiters, candidate: str) -> bool:
    return ats.candidate_view(candidate).applications[0].field("Skima Match Score") is not None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told_to_and_hands_everything_back(tmp_path: Path, number: int) -> None:
    with pretend_ats(tmp_path) as (ats, job, environment):
        heads = tmp_path / "heads.jsonl"
        service = Process(tmp_path, environment, "--audit-heads", str(heads))
        until(lambda: _is_subscribed(ats), "the subscription is made")
        for person in engineers(3):
            ats.apply(person, job)
        assert service.end(number) == 0
        with Store.open(Settings(state=tmp_path / "var").database) as store:
            assert not store.inbox.list(state="leased")
            kept = list(read_heads(heads, {key.id: key.public for key in head_keys(store.vault)}))
            verdict = verify(store.seals, kept)
        assert (verdict.wrong, verdict.unsealed) == (None, 0)
        assert kept[-1].seq == verdict.sealed > 0
        log = (tmp_path / "serve.log").read_text("utf-8")
        assert "stopped" in log
        assert "Traceback" not in log
        assert ats.switches.api_key not in log
