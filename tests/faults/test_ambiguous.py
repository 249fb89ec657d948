"""Reliability row 12: a write that was applied and whose answer never came is there once afterwards."""

from __future__ import annotations

import pytest

from engine.model import OutcomeKind
from tests.faults.four_places import PLACES, Answer, four_places

LOST: tuple[Answer, ...] = ("ambiguous", "reset", "applied 500", "late")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("lost", LOST)
def test_a_write_whose_answer_was_lost_is_looked_for_and_not_doubled(place: str, lost: Answer) -> None:
    number = PLACES.index(place)
    answers: list[Answer] = ["permanent"] * number + [lost] + ["ok"] * (3 - number)
    with four_places(answers, timeout="1s" if lost == "late" else "30s") as (tenant, ats):
        event = tenant.score()
        for _ in range(3):
            tenant.wait()
        outcome = tenant.outcome(event)
        assert outcome is not None
        assert outcome.kind is OutcomeKind.DELIVERED
        assert {name: len(kept) for name, kept in ats.kept.items() if kept} == {place: 1}
        looked_for = place in ("note", "attachment")
        assert ats.asked[place] == (1 if looked_for else 2)
