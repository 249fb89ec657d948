"""What a write must never do while it waits: undo what a person did, use up its tries, or be made blindly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.model import OutcomeKind
from sandbox.smartrecruiters import SmartRecruiters
from sandbox.trackerrms import TrackerRms
from tests.pipeline.line import Line, engineers, open_line

MOVE = '  credential: api_key\nstage_move: {to: IN_REVIEW, when: "score.match >= `0`"}\n'


def apply_many(line: Line, count: int) -> list[str]:
    """Events of ``count`` new applications, accepted; their ids."""
    person = engineers(1)[0]
    assert isinstance(line.ats, TrackerRms)
    events = []
    for number in range(count):
        candidate = line.ats.apply(replace(person, first_name=f"P{number}", email=f"p{number}@example.com"), line.job)
        application = str(line.ats.application(candidate, line.job).id)
        events.append(line.accept("application.created", candidate=candidate, job=line.job, application=application))
    return events


@pytest.mark.parametrize("stage", ["OFFERED", "REJECTED"])
def test_a_move_that_had_to_wait_does_not_undo_what_a_person_did_meanwhile(tmp_path: Path, stage: str) -> None:
    with open_line(tmp_path, more=MOVE) as line:
        assert isinstance(line.ats, SmartRecruiters)
        candidate = line.apply()
        line.ats.faults.set(answer_5xx=1, path="*/status", method="PUT")
        event = line.score(candidate)
        line.ats.tenant.candidates[candidate].applications[line.job].status = stage
        line.pass_time(400)
        outcome = line.outcome(event.id)
        assert outcome is not None
        assert outcome.kind is OutcomeKind.DELIVERED
        assert line.ats.tenant.candidates[candidate].applications[line.job].status == stage
        assert any(step["why"].startswith("not moved") for step in line.steps(event.id, "attempt"))


def test_a_move_that_had_to_wait_is_made_where_nobody_was_quicker(tmp_path: Path) -> None:
    with open_line(tmp_path, more=MOVE) as line:
        candidate = line.apply()
        line.ats.faults.set(answer_5xx=1, path="*/status", method="PUT")
        line.score(candidate)
        line.pass_time(400)
        assert line.view(candidate).applications[0].stage.startswith("IN_REVIEW")


def test_waiting_for_our_own_limits_uses_up_no_try_and_leaves_no_step(tmp_path: Path) -> None:
    """100 calls a minute are enough for a dozen applications: the others wait for minutes, and not for hours."""
    with open_line(tmp_path, "trackerrms") as line:
        events = apply_many(line, 40)
        line.work()
        waiting = [event for event in events if line.store.inbox.get(event).state == "ready"]
        assert waiting
        assert all(line.store.inbox.get(event).attempts == 0 for event in waiting)
        assert all(line.steps(event, "attempt") == [] for event in waiting)
        for _ in range(12):
            line.pass_time(60)
        assert {outcome.kind for event in events if (outcome := line.outcome(event))} == {OutcomeKind.DELIVERED}
        assert all(line.outcome(event) for event in events)


def test_tags_that_cannot_be_read_are_not_overwritten_and_the_word_goes_to_the_note(tmp_path: Path) -> None:
    with open_line(tmp_path, "trackerrms") as line:
        (event,) = apply_many(line, 1)
        line.events.translate_received()
        line.events.work_once()
        candidate = line.store.inbox.get(event).raw.body.decode().partition('"candidate": "')[2].partition('"')[0]
        line.ats.switches.update({"resource_id_key": "resourceId"})
        line.ats.faults.set(path=f"/api/v1/Resource/{candidate}", answer_5xx=1, status_5xx=204)
        line.work()
        assert line.outcome(event).kind is OutcomeKind.DELIVERED  # type: ignore[union-attr]
        assert line.view(candidate).tags == ()
        (note,) = line.view(candidate).notes
        assert "Tag: SKIMA Screened" in note.text
        assert line.route.discovery.unavailable().keys() == {"status_moves"}


def test_a_write_on_its_way_is_kept_from_others_for_as_long_as_it_may_take(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        line.accept("application.created", candidate=line.apply(), job=line.job)
        line.events.translate_received()
        line.events.work_once()
        held = line.store.outbox.claim(120.0)
        assert held is not None
        line.clock.advance(110)
        line.store.outbox.mark_sent(held.id, held.token, 120.0)
        line.clock.advance(60)
        assert line.store.outbox.recover() == 0
