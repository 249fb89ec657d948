"""Whatever an administrator does to a field while applications come in: none loses its score, none is written twice."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import pytest

from engine.errors import InputError
from engine.model import OutcomeKind
from engine.runtime.rebinding import accept, let_go
from sandbox.smartrecruiters import SmartRecruiters
from tests.pipeline.line import Line, open_line

SCORE = "Skima Match Score"
STATES = {
    "as it was": f"{SCORE}:NUMBER,Skima Reasons:TEXT",
    "renamed": f"{SCORE}>AI Fit:NUMBER,Skima Reasons:TEXT",
    "removed": "Skima Reasons:TEXT",
    "made anew": f"Made Anew>{SCORE}:NUMBER,Skima Reasons:TEXT",
}


def scores(line: Line, candidate: str) -> list[str]:
    """Each place where the score of an application can be read, whatever the field was called."""
    assert isinstance(line.ats, SmartRecruiters)
    (application,) = line.ats.tenant.candidates[candidate].applications.values()
    reasons = {field.id for field in line.ats.tenant.properties().values() if field.label == "Skima Reasons"}
    values = [str(value) for key, value in application.values.items() if key not in reasons]
    return values + [note.text for note in line.view(candidate).notes if f"{SCORE}: " in note.text]


@pytest.mark.parametrize("seed", range(5))
def test_no_application_loses_its_score_or_gets_it_twice(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with open_line(tmp_path, fields=STATES["as it was"]) as line:
        applied: dict[str, str] = {}
        for _ in range(24):
            step = chance.choice(["apply", "apply", "apply", "change", "change", "hour", "accept"])
            if step == "apply":
                candidate = line.apply(
                    len(applied) % 8, first_name=f"Ana{len(applied)}", email=f"a{len(applied)}@example.com"
                )
                applied[candidate] = line.score(candidate).id
            elif step == "change":
                line.ats.switches.update({"fields": chance.choice(list(STATES.values()))})
                line.clock.advance(chance.choice([0, 3601, 3601]))
            elif step == "hour":
                line.pass_time(3601)
            else:
                with suppress(InputError):
                    accept(line.route, "match_score")
                    let_go(line.route, line.store)
                line.work()
        line.ats.switches.update({"fields": STATES["as it was"]})
        line.pass_time(3601)
        line.pass_time(1)
        assert line.store.held.list() == []
        for candidate, event in applied.items():
            assert line.outcome(event).kind is OutcomeKind.DELIVERED  # type: ignore[union-attr]
            assert len(scores(line, candidate)) == 1
            planned = [row for row in line.store.outbox.of_event(event) if row.state == "delivered"]
            outputs = [write["output"] for row in planned for write in row.payload["planned"]["writes"]]
            assert len(outputs) == len(set(outputs))
