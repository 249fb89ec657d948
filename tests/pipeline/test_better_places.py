"""A value goes to the better place once it is there, without a second note."""

from __future__ import annotations

from pathlib import Path

from engine.model import OutcomeKind
from tests.pipeline.line import Line, open_line


def updated(line: Line, candidate: str) -> str:
    event = line.accept("application.updated", candidate=candidate, job=line.job)
    line.work()
    return event


def test_what_went_to_a_note_comes_into_the_fields_once_they_may_be_written(tmp_path: Path) -> None:
    with open_line(tmp_path, permissions="all,-properties") as line:
        candidate = line.apply()
        line.score(candidate)
        assert len(line.view(candidate).notes) == 1
        line.ats.switches.update({"permissions": "all"})
        line.clock.advance(3601)
        event = updated(line, candidate)
        assert line.outcome(event).kind is OutcomeKind.DELIVERED  # type: ignore[union-attr]
        assert line.field(candidate, "Skima Match Score")
        assert len(line.view(candidate).notes) == 1
        assert line.outcome(updated(line, candidate)).kind is OutcomeKind.UNCHANGED  # type: ignore[union-attr]


def test_what_stands_in_fields_is_not_repeated_in_a_note_while_they_are_refused(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        candidate, other = line.apply(), line.apply(1)
        line.score(candidate)
        line.ats.switches.update({"permissions": "all,-properties"})
        line.score(other)
        assert len(line.view(other).notes) == 1
        assert line.outcome(updated(line, candidate)).kind is OutcomeKind.UNCHANGED  # type: ignore[union-attr]
        assert line.view(candidate).notes == ()


def test_a_tag_that_a_person_took_away_stays_away(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        candidate = line.apply()
        line.score(candidate)
        line.ats.tenant.candidates[candidate].tags.clear()  # type: ignore[attr-defined]
        updated(line, candidate)
        assert line.view(candidate).tags == ()
