"""Reliability row 13: of four places, each answering in one of four ways, the result goes to the right one, once.

All 256 combinations over real HTTP. What is expected is worked out here by the rule alone: a refusal for good moves
the result on, and nothing else does.
"""

from __future__ import annotations

from itertools import product

import pytest

from engine.model import OutcomeKind
from tests.conformance.writing import Tenant
from tests.faults.four_places import PLACES, Answer, four_places

ANSWERS: tuple[Answer, ...] = ("ok", "transient", "permanent", "ambiguous")


def _right_place(answers: tuple[Answer, ...]) -> int | None:
    return next((number for number, answer in enumerate(answers) if answer != "permanent"), None)


@pytest.mark.parametrize("first", ANSWERS)
@pytest.mark.parametrize("second", ANSWERS)
def test_only_a_refusal_for_good_moves_a_result_on_and_it_arrives_once(first: Answer, second: Answer) -> None:
    for rest in product(ANSWERS, repeat=2):
        answers: tuple[Answer, ...] = (first, second, *rest)
        right = _right_place(answers)
        with four_places(answers) as (tenant, ats):
            event = tenant.score()
            for _ in range(4):
                tenant.wait()
            outcome = tenant.outcome(event)
            assert outcome is not None, answers
            kept = {place: len(found) for place, found in ats.kept.items() if found}
            assert set(ats.asked) == set(PLACES[: 4 if right is None else right + 1]), answers
            if right is None:
                assert (outcome.kind, kept) == (OutcomeKind.DEAD, {}), answers
                assert "no place left for screened" in outcome.why, answers
            else:
                assert (outcome.kind, kept) == (OutcomeKind.DELIVERED, {PLACES[right]: 1}), answers
                assert tenant.places(event) == {"screened": PLACES[right]}, answers
                _causes_are_told(tenant, event, right)


def _causes_are_told(tenant: Tenant, event: str, right: int) -> None:
    """The result carries, for each place before the one it came to, why it is not there."""
    done = next(one for one in tenant.store.outbox.of_event(event) if one.state == "delivered")
    causes = done.payload["planned"]["writes"][0]["causes"]
    assert [cause["why"] for cause in causes] == ["422"] * right
