"""An outcome tells all: what arrived, and what no place was found for."""

from __future__ import annotations

from pathlib import Path

from tests.pipeline.line import open_line

ONE_PLACE = """rungs:
  reasons: [field]
"""


def test_an_output_without_a_place_is_named_in_the_outcome(tmp_path: Path) -> None:
    with open_line(tmp_path, more=ONE_PLACE, fields="Skima Match Score:NUMBER") as line:
        event = line.score(line.apply(0))
        assert event.outcome is not None
        assert event.outcome.kind.value == "delivered"
        assert event.outcome.why.endswith("; no place for reasons")


def test_a_managers_earlier_answer_is_written_though_a_newer_one_waits_behind_it(tmp_path: Path) -> None:
    with open_line(tmp_path, fields="none") as line:
        candidate = line.apply(0)
        line.score(candidate)
        line.ats.faults.set(answer_429=1, path="/messages/shares")
        for verdict in ("👍", "👎"):
            answer = {"feedback": {"verdict": verdict}}
            line.accept("feedback.given", data=answer, candidate=candidate, job=line.job)
            line.work()
        line.pass_time(600)
        notes = " ".join(note.text for note in line.view(candidate).notes)
        assert "👍" in notes
        assert "👎" in notes
