"""People without an application: scored against the tenant's job for prospects, with what such a person can have."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.model import OutcomeKind
from sandbox.smartrecruiters import SmartRecruiters
from tests.pipeline.line import Line, engineers, open_line

PROSPECTS = "  prospect_job: JOB\n"


def added(line: Line, number: int = 0, **changes: object) -> str:
    assert isinstance(line.ats, SmartRecruiters)
    return line.ats.add_prospect(replace(engineers(number + 1)[number], **changes))  # type: ignore[arg-type]


def told(line: Line, event: str, candidate: str) -> str:
    """The outcome of an event about the person, worked off with all that follows from it."""
    id_ = line.accept(event, candidate=candidate)
    line.work()
    outcome = line.outcome(id_)
    assert outcome is not None
    return f"{outcome.kind.value}: {outcome.why}"


def test_a_prospect_is_scored_and_gets_a_tag_and_a_note(tmp_path: Path) -> None:
    with open_line(tmp_path, more=PROSPECTS) as line:
        candidate = added(line)
        assert told(line, "candidate.created", candidate).startswith("delivered: ")
        view = line.view(candidate)
        (note,) = view.notes
        assert "Skima Screened" in view.tags
        assert "Skima Match Score: " in note.text
        assert "a person without an application has no such fields" in note.text
        calls = line.calls()
        assert calls["set_properties"] == calls["upload_attachment"] == 0


def test_the_echo_of_a_prospects_tag_changes_nothing(tmp_path: Path) -> None:
    with open_line(tmp_path, more=PROSPECTS) as line:
        candidate = added(line)
        told(line, "candidate.created", candidate)
        assert told(line, "candidate.updated", candidate).startswith("unchanged: ")
        assert len(line.view(candidate).notes) == 1


def test_a_new_resume_is_scored_again(tmp_path: Path) -> None:
    with open_line(tmp_path, more=PROSPECTS) as line:
        candidate = added(line)
        told(line, "candidate.created", candidate)
        other = engineers(2)[1]
        added(line, resume_name=other.resume_name, resume_data=other.resume_data)
        assert told(line, "candidate.updated", candidate).startswith("delivered: ")
        assert len(line.view(candidate).notes) == 2


def test_without_a_job_for_prospects_they_are_left_alone(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        candidate = added(line)
        assert "no job to score them against" in told(line, "candidate.created", candidate)
        assert line.view(candidate).notes == ()


@pytest.mark.parametrize("first", ["prospect", "nobody"])
def test_a_prospect_who_applies_is_scored_as_an_applicant(tmp_path: Path, first: str) -> None:
    with open_line(tmp_path, more=PROSPECTS) as line:
        if first == "prospect":
            told(line, "candidate.created", added(line))
        candidate = line.apply()
        event = line.score(candidate)
        assert event.outcome is not None
        assert event.outcome.kind is OutcomeKind.DELIVERED
        assert line.field(candidate, "Skima Match Score") is not None
