"""How long a worker may hold an event."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.model import Job, Json, OutcomeKind, ResumeText, Score
from engine.pipeline.events import EventWork
from engine.pipeline.holding_on import LEASE_S
from tests.pipeline.line import READER, SCORER, Line, open_line


class SlowScorer:
    """Takes most of a lease, while another worker takes back what is abandoned."""

    def __init__(self, line: Line) -> None:
        self._line, self.taken_back = line, 0

    @property
    def version(self) -> str:
        return SCORER.version

    def score(self, resume: ResumeText, job: Job) -> Score:
        self._line.clock.advance(0.8 * LEASE_S)
        self.taken_back += self._line.store.inbox.recover()
        return SCORER.score(resume, job)


def test_a_slow_ats_and_a_slow_scorer_do_not_use_up_one_lease(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_line(tmp_path) as line:
        read = line.route.caller.record

        def slowly(operation: str, context: Json) -> Json:
            line.clock.advance(0.2 * LEASE_S)
            return read(operation, context)

        monkeypatch.setattr(line.route.caller, "record", slowly)
        scorer = SlowScorer(line)
        line.events = EventWork({"trial": line.route}, line.store, scorer, READER, line.clock)
        event = line.score(line.apply())
        assert event.outcome is not None
        assert (event.outcome.kind, scorer.taken_back) == (OutcomeKind.DELIVERED, 0)
