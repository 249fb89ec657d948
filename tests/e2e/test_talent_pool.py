"""Prospects by the ATS's own webhooks, and what changes when a person in the talent pool applies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.model import OutcomeKind
from engine.store import StoredEvent
from sandbox.smartrecruiters import SmartRecruiters
from tests.e2e.service import Running, running, until
from tests.pipeline.line import BACKEND, Line, engineers, open_line

PROSPECTS = "  prospect_job: JOB\n"
OF_APPLICATIONS = {"get_application", "list_attachments", "set_properties", "upload_attachment", "set_status"}


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Running]:
    """A service whose subscription is active, and whose tenant has a job for prospects."""
    # The tests move the clock; the ATS signs by the time of day.
    with running(tmp_path, more=f"{PROSPECTS}  signature_tolerance: 24h\n") as opened:
        until(lambda: any(one["active"] for one in opened.ats.state()["subscriptions"]), "the subscription is made")
        yield opened


def _ended(trial: Running, kind: str, count: int = 1) -> list[StoredEvent]:
    """The events of a type, oldest first, once so many arrived and all have ended."""
    until(lambda: len(trial.events(kind)) >= count, f"{kind} arrives")
    trial.settle()
    return trial.events(kind)


def _why(event: StoredEvent) -> str:
    assert event.outcome is not None
    return f"{event.outcome.kind.value}: {event.outcome.why}"


def _operations(trial: Running, event: StoredEvent) -> set[str]:
    return {row.operation for row in trial.store.audit.list(event_id=event.id, limit=200)}


def test_a_prospects_webhooks_tag_and_note_them_and_their_echo_changes_nothing(trial: Running) -> None:
    candidate = trial.ats.add_prospect(engineers(1)[0])
    (created,) = _ended(trial, "candidate.created")
    (echo,) = _ended(trial, "candidate.updated")
    assert _why(created).startswith("delivered")
    assert _why(echo).startswith("unchanged")
    assert {"add_tags", "share_note", "list_prospect_attachments"} <= _operations(trial, created)
    assert not _operations(trial, created) & (OF_APPLICATIONS | {"list_candidate_properties"})
    view = trial.ats.candidate_view(candidate)
    (note,) = view.notes
    assert f"Skima evaluation for {BACKEND.title}" in note.text
    assert "Skima Match Score: " in note.text
    assert "a person without an application has no such fields" in note.text
    assert "a file is attached to an application, and there is none" in note.text
    assert (view.tags, len(view.attachments)) == (("Skima Screened",), 1)


def test_a_prospects_new_resume_is_read_and_their_application_gets_the_fields(trial: Running) -> None:
    person, other = engineers(2)
    candidate = trial.ats.add_prospect(person)
    _ended(trial, "candidate.created")
    _ended(trial, "candidate.updated")
    other = replace(other, first_name=person.first_name, last_name=person.last_name, email=person.email)
    assert trial.ats.add_prospect(other) == candidate
    _echo, updated = _ended(trial, "candidate.updated", 2)
    assert _why(updated).startswith("delivered")
    assert len(trial.ats.candidate_view(candidate).notes) == 2
    assert trial.ats.apply(replace(person, resume_name=""), trial.job) == candidate
    (applied,) = _ended(trial, "application.created")
    assert "set_properties" in _operations(trial, applied)
    assert trial.ats.candidate_view(candidate).applications[0].field("Skima Match Score")


def _prospect_elsewhere(line: Line) -> str:
    """A person who was scored as a prospect, and has applied to another job since."""
    candidate = line.ats.add_prospect(engineers(1)[0])
    line.accept("candidate.created", candidate=candidate)
    line.work()
    line.ats.apply(engineers(1)[0], line.ats.add_job(replace(BACKEND, key="other", title="Platform Engineer")))
    return candidate


def test_a_prospect_who_applied_elsewhere_is_no_longer_scored_when_the_prospects_job_changes(tmp_path: Path) -> None:
    with open_line(tmp_path, more=PROSPECTS) as line:
        candidate = _prospect_elsewhere(line)
        assert isinstance(line.ats, SmartRecruiters)
        line.ats.tenant.jobs[line.job].qualifications_html = "<ul><li>Embalming</li></ul>"
        line.accept("job.updated", job=line.job)
        line.work()
        line.pass_time(1)
        outcomes = [event.outcome for event in line.store.inbox.list(limit=10) if event.outcome]
        assert any("no prospect any more" in outcome.why for outcome in outcomes)
        assert len(line.view(candidate).notes) == 1


def test_an_answer_about_a_prospect_who_applied_elsewhere_is_still_kept(tmp_path: Path) -> None:
    with open_line(tmp_path, more=PROSPECTS) as line:
        candidate = _prospect_elsewhere(line)
        given = {"feedback": {"verdict": "👍", "comment": "Call her"}}
        event = line.accept("feedback.given", candidate=candidate, job=line.job, data=given)
        line.work()
        outcome = line.outcome(event)
        assert outcome is not None
        assert outcome.kind is OutcomeKind.DELIVERED
        assert "HM Comment: Call her" in line.view(candidate).notes[0].text
