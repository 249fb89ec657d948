"""When a failed try is made again: ten tries over three days, spread, and never sooner than was asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.delivery.schedule import JITTER, LONGEST_WAIT_S, WAITS_S, GiveUp, TryAgain, decide

TRIES = st.integers(1, len(WAITS_S))


def test_ten_tries_last_75_hours_and_35_minutes() -> None:
    assert sum(WAITS_S) == 75 * 3600 + 35 * 60 + 5
    assert isinstance(decide(len(WAITS_S), 0.0), TryAgain)
    assert decide(len(WAITS_S) + 1, 0.0) == GiveUp(len(WAITS_S) + 1)


@given(TRIES, st.floats(0, 0.999999))
def test_a_wait_is_spread_by_a_fifth_at_most(tries: int, chance: float) -> None:
    decision = decide(tries, 0.0, chance=chance)
    assert isinstance(decision, TryAgain)
    assert WAITS_S[tries - 1] * (1 - JITTER) <= decision.at <= WAITS_S[tries - 1] * (1 + JITTER)


@given(TRIES, st.floats(-1e9, 1e12))
def test_what_was_asked_lengthens_the_wait_up_to_a_day_and_never_shortens_it(tries: int, asked_s: float) -> None:
    plain, asked = decide(tries, 0.0, chance=0.5), decide(tries, 0.0, asked_s, chance=0.5)
    assert isinstance(plain, TryAgain)
    assert isinstance(asked, TryAgain)
    assert plain.at <= asked.at <= max(plain.at, LONGEST_WAIT_S)
    assert asked.at >= min(asked_s, LONGEST_WAIT_S)


@pytest.mark.parametrize("tries", [1, 2, 9])
def test_two_deliveries_that_failed_together_are_not_tried_together(tries: int) -> None:
    moments = {decide(tries, 0.0).at for _ in range(20)}  # type: ignore[union-attr]
    assert len(moments) > 15
