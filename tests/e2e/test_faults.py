"""What goes wrong at an ATS, and what becomes of the event: retried or moved down a rung, never lost, never twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.model import OutcomeKind
from engine.store import StoredEvent
from tests.pipeline.line import Line, open_line

HOUR_S = 3600.0


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with open_line(tmp_path) as opened:
        yield opened


def ended(line: Line, event: StoredEvent | str) -> tuple[OutcomeKind, str]:
    outcome = line.outcome(event if isinstance(event, str) else event.id)
    assert outcome is not None
    return outcome.kind, outcome.why


def pdfs(line: Line, candidate: str) -> list[str]:
    return [file.name for file in line.view(candidate).attachments if file.type == "GENERIC_FILE"]


def test_a_dead_credential_loses_nothing_and_the_way_shows_it(line: Line) -> None:
    key = line.ats.switches.api_key
    candidate = line.apply()
    line.ats.switches.update({"api_key": "not-a-real-key-but-another-one"})
    event = line.score(candidate)
    assert event.state == "ready"
    assert line.steps(event.id, "attempt")[0]["result"] == "later"
    assert "401" in line.steps(event.id, "attempt")[0]["cause"]
    line.ats.switches.update({"api_key": key})
    line.pass_time(10)
    assert ended(line, event)[0] is OutcomeKind.DELIVERED


def test_a_credential_that_dies_between_reading_and_writing_loses_nothing(line: Line) -> None:
    candidate = line.apply()
    event = line.accept("application.created", candidate=candidate, job=line.job)
    line.events.translate_received()
    line.events.work_once()
    key = line.ats.switches.api_key
    line.ats.switches.update({"api_key": "not-a-real-key-but-another-one"})
    line.clock.advance(120)
    line.work()
    assert line.store.inbox.get(event).state == "planned"
    line.ats.switches.update({"api_key": key})
    line.pass_time(HOUR_S)
    assert ended(line, event)[0] is OutcomeKind.DELIVERED
    assert line.field(candidate, "Skima Match Score")


def test_401_on_one_object_is_no_access_to_it_and_says_nothing_of_the_credential(line: Line) -> None:
    denied, other = line.apply(0), line.apply(1)
    line.ats.switches.update({"denied_candidates": denied, "denied_answer": "401"})
    outcome, why = ended(line, line.score(denied))
    assert outcome is OutcomeKind.DEAD
    assert "401" in why
    assert ended(line, line.score(other))[0] is OutcomeKind.DELIVERED


def test_429_for_minutes_is_waited_out_with_few_requests(line: Line) -> None:
    candidate = line.apply()
    line.ats.faults.set(answer_429=1_000_000)
    event = line.score(candidate)
    started = line.clock.now()
    while line.clock.now() - started < 300:
        line.pass_time(5)
    asked = sum(line.calls().values())
    assert asked < 40
    line.ats.faults.clear()
    line.pass_time(HOUR_S)
    assert ended(line, event)[0] is OutcomeKind.DELIVERED


@pytest.mark.parametrize(
    "fault", [{"answer_5xx": 1}, {"reset_before": 1}, {"html_with_200": 1}, {"answer_429": 1}], ids=str
)
@pytest.mark.parametrize(
    "path", ["/candidates/*", "/jobs/*", "/configuration/*", "*/properties", "*/tags", "*/attachments*"]
)
def test_what_fails_once_is_tried_again(line: Line, fault: dict[str, int], path: str) -> None:
    candidate = line.apply()
    line.ats.faults.set(path=path, **fault)
    event = line.score(candidate)
    for _ in range(4):
        line.pass_time(400)
    assert ended(line, event)[0] is OutcomeKind.DELIVERED
    assert line.field(candidate, "Skima Match Score")
    assert line.view(candidate).tags == ("Skima Screened",)
    assert len(pdfs(line, candidate)) == 1


def test_a_note_whose_answer_was_lost_is_found_again_and_not_written_twice(tmp_path: Path) -> None:
    with open_line(tmp_path, fields="none") as line:
        candidate = line.apply()
        line.ats.faults.set(drop_after_apply=1, path="/messages/shares")
        event = line.score(candidate)
        assert event.state == "planned"
        line.pass_time(10)
        assert ended(line, event)[0] is OutcomeKind.DELIVERED
        assert len(line.view(candidate).notes) == 1
        found = [step["why"] for step in line.steps(event.id, "attempt") if step.get("operation") == "share_note"]
        assert found[-1] == "found there after a lost answer"


def test_a_pdf_whose_answer_was_lost_is_found_again_and_not_attached_twice(line: Line) -> None:
    candidate = line.apply()
    line.ats.faults.set(drop_after_apply=1, path="*/attachments", method="POST")
    event = line.score(candidate)
    line.pass_time(10)
    assert ended(line, event)[0] is OutcomeKind.DELIVERED
    assert len(pdfs(line, candidate)) == 1


@pytest.mark.parametrize("path", ["*/properties", "*/tags"])
def test_fields_and_tags_whose_answer_was_lost_are_simply_written_again(line: Line, path: str) -> None:
    candidate = line.apply()
    line.ats.faults.set(drop_after_apply=1, path=path, method="PUT" if "prop" in path else "POST")
    event = line.score(candidate)
    line.pass_time(10)
    assert ended(line, event)[0] is OutcomeKind.DELIVERED
    assert line.view(candidate).tags == ("Skima Screened",)


def test_a_lost_answer_where_nothing_can_be_looked_up_is_not_written_twice(tmp_path: Path) -> None:
    with open_line(tmp_path, "trackerrms") as line:
        candidate = line.apply()
        line.ats.faults.set(drop_after_apply=1, path="/api/widget/attachDocument")
        event = line.score(candidate, application=str(line.ats.application(candidate, line.job).id))  # type: ignore[attr-defined]
        line.pass_time(10)
        outcome, why = ended(line, event)
        assert outcome is OutcomeKind.DEAD
        assert "shows no way to look" in why
        assert len([file for file in line.view(candidate).attachments if file.type != "resume"]) == 1


def test_refused_fields_become_a_note_with_the_cause_and_are_not_tried_again_for_an_hour(tmp_path: Path) -> None:
    with open_line(tmp_path, permissions="all,-properties") as line:
        first, second, third = (line.apply(number) for number in range(3))
        assert ended(line, line.score(first))[0] is OutcomeKind.DELIVERED
        (note,) = line.view(first).notes
        assert "403 PERMISSION_DENIED" in note.text
        again = line.score(second)
        assert line.calls(again.id)["set_properties"] == 0
        assert len(line.view(second).notes) == 1
        line.clock.advance(HOUR_S + 1)
        line.ats.switches.update({"permissions": "all"})
        line.score(third)
        assert line.field(third, "Skima Match Score")


def test_one_bad_field_in_a_batch_falls_alone(tmp_path: Path) -> None:
    with open_line(tmp_path, locked_fields="Skima Reasons") as line:
        candidate = line.apply()
        event = line.score(candidate)
        assert ended(line, event)[0] is OutcomeKind.DELIVERED
        assert line.field(candidate, "Skima Match Score")
        assert line.field(candidate, "Skima Reasons") is None
        (note,) = line.view(candidate).notes
        assert "Skima Reasons" in note.text
        assert "Skima Match Score:" not in note.text


def test_refused_notes_become_a_pdf(tmp_path: Path) -> None:
    with open_line(tmp_path, fields="none", permissions="all,-messages_write") as line:
        candidate = line.apply()
        event = line.score(candidate)
        assert ended(line, event)[0] is OutcomeKind.DELIVERED
        assert len(pdfs(line, candidate)) == 1
        rungs = [step for step in line.steps(event.id, "rung") if step["output"] == "match_score"]
        assert [cause["place"] for cause in rungs[-1]["causes"]] == [
            "custom field “Skima Match Score”",
            "activity note",
        ]


def test_where_everything_is_refused_the_event_is_dead_with_its_causes(tmp_path: Path) -> None:
    with open_line(tmp_path, permissions="all,-messages_write,-attachments,-properties,-tags") as line:
        candidate = line.apply()
        event = line.score(candidate)
        outcome, why = ended(line, event)
        assert outcome is OutcomeKind.DEAD
        assert "403" in why
        lost = [step for step in line.steps(event.id, "rung") if step["place"] is None]
        assert {step["output"] for step in lost} >= {"match_score", "reasons", "screened"}
        assert all(step["causes"] for step in lost)


def test_an_ats_that_is_down_for_days_loses_nothing(line: Line) -> None:
    candidate = line.apply()
    line.ats.faults.set(answer_5xx=1_000_000)
    event = line.score(candidate)
    for _ in range(70):
        line.pass_time(HOUR_S)
    line.ats.faults.clear()
    for _ in range(30):
        line.pass_time(HOUR_S)
    assert ended(line, event)[0] is OutcomeKind.DELIVERED


def test_after_the_last_try_the_event_is_dead_and_can_be_sent_again(line: Line) -> None:
    candidate = line.apply()
    line.ats.faults.set(answer_5xx=1_000_000)
    event = line.score(candidate)
    for _ in range(120):
        line.pass_time(HOUR_S)
    outcome, why = ended(line, event)
    assert outcome is OutcomeKind.DEAD
    assert "given up after 10 tries" in why
    line.ats.faults.clear()
    line.store.inbox.replay(event.id)
    line.work()
    assert ended(line, event)[0] is OutcomeKind.DELIVERED
