"""The way of events through the whole pipeline, against pretend ATSs, by a clock that the tests move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.model import OutcomeKind
from sandbox.smartrecruiters import SmartRecruiters
from sandbox.trackerrms import TrackerRms
from tests.pipeline.line import BACKEND, Line, engineers, open_line


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with open_line(tmp_path) as opened:
        yield opened


def kind(line: Line, event: str) -> OutcomeKind | None:
    outcome = line.outcome(event)
    return outcome.kind if outcome else None


def test_an_application_gets_score_reasons_tag_and_pdf(line: Line) -> None:
    candidate = line.apply()
    event = line.score(candidate)
    view = line.view(candidate)
    assert event.outcome is not None
    assert event.outcome.kind is OutcomeKind.DELIVERED
    assert 0 <= int(line.field(candidate, "Skima Match Score") or "") <= 100
    assert "•" in (line.field(candidate, "Skima Reasons") or "")
    assert view.tags == ("Skima Screened",)
    assert not view.notes
    assert [file.data[:5] for file in view.attachments if file.type == "GENERIC_FILE"] == [b"%PDF-"]


def test_without_custom_fields_the_results_go_to_one_note_that_says_why(tmp_path: Path) -> None:
    with open_line(tmp_path, fields="none") as line:
        candidate = line.apply()
        line.score(candidate)
        (note,) = line.view(candidate).notes
        assert "Skima Match Score:" in note.text
        assert "custom fields “Skima Match Score”, “Skima Reasons”: there is no field of this name" in note.text
        assert line.view(candidate).tags == ("Skima Screened",)


def test_no_call_is_made_twice_for_one_event(line: Line) -> None:
    event = line.score(line.apply())
    assert max(line.calls(event.id).values()) == 1


def test_a_second_event_that_changes_nothing_writes_nothing_and_ends_unchanged(line: Line) -> None:
    candidate = line.apply()
    line.score(candidate)
    again = line.score(candidate)
    assert again.outcome is not None
    assert again.outcome.kind is OutcomeKind.UNCHANGED
    assert not {"set_properties", "add_tags", "share_note", "upload_attachment"} & set(line.calls(again.id))


def test_events_of_one_application_within_the_window_are_scored_once(line: Line) -> None:
    candidate = line.apply()
    created = line.accept("application.created", candidate=candidate, job=line.job)
    added = line.accept("attachment.added", candidate=candidate, job=line.job)
    line.work()
    assert {kind(line, created), kind(line, added)} == {OutcomeKind.SUPERSEDED, OutcomeKind.DELIVERED}
    assert line.calls()["download_attachment"] == 1


def test_the_same_event_twice_is_one_event(line: Line) -> None:
    candidate = line.apply()
    first = line.accept("application.created", "same", candidate=candidate, job=line.job)
    second = line.accept("application.created", "same", candidate=candidate, job=line.job)
    assert first == second


def test_a_deleted_candidate_is_erased(line: Line) -> None:
    candidate = line.apply()
    scored = line.score(candidate)
    deleted = line.accept("candidate.deleted", candidate=candidate)
    line.work()
    assert kind(line, deleted) is OutcomeKind.ERASED
    assert line.store.scores.applications_of_job("trial", line.job) == []
    assert line.store.inbox.get(scored.id).body == b""


def test_a_changed_job_scores_its_applications_again(line: Line) -> None:
    candidates = [line.apply(number) for number in (0, 1)]
    for candidate in candidates:
        line.score(candidate)
    before = [line.field(candidate, "Skima Match Score") for candidate in candidates]
    assert isinstance(line.ats, SmartRecruiters)
    line.ats.tenant.jobs[line.job].qualifications_html = "<ul><li>Embalming</li><li>Thanatology licence</li></ul>"
    changed = line.accept("job.updated", job=line.job)
    line.work()
    line.pass_time(1)
    assert kind(line, changed) is OutcomeKind.SUPERSEDED
    after = [line.field(candidate, "Skima Match Score") for candidate in candidates]
    assert all(int(new or 0) < int(old or 0) for new, old in zip(after, before, strict=True))


def test_a_changed_job_scores_again_where_applications_have_ids_of_their_own(tmp_path: Path) -> None:
    with open_line(tmp_path, "trackerrms") as line:
        assert isinstance(line.ats, TrackerRms)
        candidate = line.apply()
        line.score(candidate, application=str(line.ats.application(candidate, line.job).id))
        line.store.cache.forget("trial", "applications", candidate)
        line.ats.database.opportunities[int(line.job)].description = "<p>Embalming and thanatology.</p>"
        line.accept("job.updated", job=line.job)
        line.work()
        line.pass_time(1)
        assert len(line.view(candidate).notes) == 2


PROSPECTS = "  prospect_job: JOB\n"


def leave(line: Line, candidate: str) -> None:
    """The candidate's only application is withdrawn and gone: a person without one."""
    assert isinstance(line.ats, SmartRecruiters)
    with line.ats.tenant.lock:
        line.ats.tenant.drop_application(line.ats.tenant.candidates[candidate].applications[line.job])


def test_a_person_without_an_application_is_left_alone_without_a_job_for_prospects(line: Line) -> None:
    candidate = line.apply()
    leave(line, candidate)
    event = line.accept("candidate.created", candidate=candidate)
    line.work()
    outcome = line.outcome(event)
    assert outcome is not None
    assert outcome.kind is OutcomeKind.FILTERED
    assert "no job to score them against" in outcome.why


def test_a_prospect_is_read_against_the_job_for_prospects(tmp_path: Path) -> None:
    with open_line(tmp_path, more=PROSPECTS) as line:
        candidate = line.apply()
        leave(line, candidate)
        event = line.accept("candidate.created", candidate=candidate)
        line.work()
        assert line.calls(event)["list_prospect_attachments"] == 1
        assert line.outcome(event).why == "there is no résumé yet"  # type: ignore[union-attr]


def test_an_answer_about_a_prospect_is_kept_in_a_note(tmp_path: Path) -> None:
    with open_line(tmp_path, more=PROSPECTS) as line:
        candidate = line.apply()
        leave(line, candidate)
        given = {"feedback": {"verdict": "👎", "comment": "Too far away"}}
        event = line.accept("feedback.given", candidate=candidate, job=line.job, data=given)
        line.work()
        assert kind(line, event) is OutcomeKind.DELIVERED
        (note,) = line.view(candidate).notes
        assert "HM Comment: Too far away" in note.text


def test_a_manager_answer_is_written_to_its_fields(line: Line) -> None:
    candidate = line.apply()
    line.score(candidate)
    given = {"feedback": {"verdict": "👍", "comment": "Call her", "by": "Henry"}}
    event = line.accept("feedback.given", candidate=candidate, job=line.job, data=given)
    line.work()
    assert kind(line, event) is OutcomeKind.DELIVERED
    assert line.field(candidate, "HM Feedback") == "👍"
    assert line.field(candidate, "HM Comment") == "Call her"


def test_a_manager_answer_outlives_an_attempt_that_comes_to_nothing(line: Line) -> None:
    candidate = line.apply()
    line.score(candidate)
    given = {"feedback": {"verdict": "Maybe"}}
    answer = line.accept("feedback.given", candidate=candidate, job=line.job, data=given)
    other = line.accept("application.updated", candidate=candidate, job=line.job)
    line.ats.faults.set(answer_5xx=1, method="GET")
    line.work()
    assert kind(line, other) is OutcomeKind.SUPERSEDED
    assert kind(line, answer) is None
    line.pass_time(10)
    assert kind(line, answer) is OutcomeKind.DELIVERED
    assert line.field(candidate, "HM Feedback") == "Maybe"


MOVE = '  credential: api_key\nstage_move: {{to: {to}, when: "score.match >= `0`"}}\n'


@pytest.mark.parametrize(("to", "ends_at"), [("IN_REVIEW", "IN_REVIEW"), ("LEAD", "NEW")])
def test_a_stage_moves_forward_only(tmp_path: Path, to: str, ends_at: str) -> None:
    with open_line(tmp_path, more=MOVE.format(to=to)) as line:
        candidate = line.apply()
        line.score(candidate)
        assert line.view(candidate).applications[0].stage.split(" · ")[0] == ends_at


def test_an_application_without_a_resume_is_filtered_and_scored_when_it_comes(line: Line) -> None:
    candidate = line.apply(resume_name="")
    outcome = line.score(candidate).outcome
    assert outcome is not None
    assert (outcome.kind, outcome.why) == (OutcomeKind.FILTERED, "there is no résumé yet")
    assert isinstance(line.ats, SmartRecruiters)
    person = engineers(1)[0]
    with line.ats.tenant.lock:
        application = line.ats.tenant.candidates[candidate].applications[line.job]
        line.ats.tenant.attach(
            application, person.resume_name, "RESUME", person.resume_content_type, person.resume_data
        )
    line.accept("attachment.added", candidate=candidate, job=line.job)
    line.work()
    assert line.field(candidate, "Skima Match Score")


def test_an_application_that_is_over_is_not_scored(line: Line) -> None:
    candidate = line.apply()
    assert isinstance(line.ats, SmartRecruiters)
    line.ats.tenant.candidates[candidate].applications[line.job].status = "REJECTED"
    outcome = line.score(candidate).outcome
    assert outcome is not None
    assert outcome.kind is OutcomeKind.FILTERED
    assert line.view(candidate).tags == ()


def test_events_of_a_person_are_split_by_application(line: Line) -> None:
    candidate = line.apply()
    other = line.ats.add_job(replace(BACKEND, key="other", title="Platform Engineer"))
    line.ats.apply(engineers(1)[0], other)
    event = line.accept("candidate.updated", candidate=candidate)
    line.work()
    line.pass_time(1)
    assert kind(line, event) is OutcomeKind.SUPERSEDED
    assert all(one.field("Skima Match Score") for one in line.view(candidate).applications)
