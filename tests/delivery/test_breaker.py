"""The circuit breaker as a value: closed, open, probing, disabled."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from engine.delivery.breaker import (
    DISABLED_AFTER_S,
    GOOD_PROBES,
    OPEN_S,
    Breaker,
    Window,
    after_failure,
    after_good,
)

NOW = 1_750_000_000.0


def _failed(breaker: Breaker, window: Window, now: float) -> Breaker:
    window.count(now, failed=True)
    return after_failure(breaker, now, window)


def _answered(breaker: Breaker, window: Window, now: float) -> Breaker:
    window.count(now, failed=False)
    return after_good(breaker, now)


def test_it_opens_at_ten_calls_of_which_seven_failed_and_not_before() -> None:
    breaker, window = Breaker(), Window()
    for _ in range(3):
        breaker = _answered(breaker, window, NOW)
    for _ in range(6):
        breaker = _failed(breaker, window, NOW)
        assert breaker.standing == "closed"
    breaker = _failed(breaker, window, NOW)
    assert (breaker.standing, breaker.wait_s(NOW)) == ("open", OPEN_S)


def test_failures_of_six_minutes_ago_do_not_count() -> None:
    breaker, window = Breaker(), Window()
    for _ in range(9):
        breaker = _failed(breaker, window, NOW)
    assert _failed(breaker, window, NOW + 360).standing == "closed"


def _opened() -> Breaker:
    return Breaker("open", NOW, failing_since=NOW)


def test_after_thirty_seconds_five_good_probes_close_it() -> None:
    breaker, later = _opened(), NOW + OPEN_S
    assert not breaker.is_probing(later - 0.1)
    for _ in range(GOOD_PROBES):
        assert breaker.is_probing(later)
        breaker = after_good(breaker, later)
    assert breaker == Breaker("closed", later)


def test_a_failed_probe_opens_it_anew() -> None:
    later = NOW + OPEN_S
    breaker = after_failure(after_good(_opened(), later), later + 1, Window())
    assert (breaker.standing, breaker.good, breaker.wait_s(later + 1)) == ("open", 0, OPEN_S)


def test_what_was_under_way_when_it_opened_does_not_move_it() -> None:
    assert after_failure(_opened(), NOW + 1, Window()) == _opened()
    assert after_good(_opened(), NOW + 1).standing == "open"


def test_five_days_of_failures_only_disable_it_and_one_good_call_begins_anew() -> None:
    window = Window()
    four_days = after_failure(_opened(), NOW + DISABLED_AFTER_S - 1, window)
    assert four_days.standing == "open"
    assert after_failure(four_days, NOW + DISABLED_AFTER_S, window).standing == "disabled"
    answered = after_good(four_days, NOW + DISABLED_AFTER_S)
    assert after_failure(answered, NOW + DISABLED_AFTER_S + 1, window).standing != "disabled"


def test_only_a_person_ends_being_disabled() -> None:
    disabled = Breaker("disabled", NOW)
    assert after_good(disabled, NOW + 1e9) == after_failure(disabled, NOW + 1e9, Window()) == disabled
    assert disabled.wait_s(NOW + 1e9) == float("inf")


class Machine(RuleBasedStateMachine):
    """Any course of calls and waiting: the rules hold at each step."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.breaker, self.window = NOW, Breaker(), Window()
        self.last_good = NOW

    @rule(seconds=st.sampled_from([0.5, 10.0, 31.0, 400.0, 90_000.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: self.breaker.wait_s(self.now) == 0)
    @rule()
    def a_call_is_answered(self) -> None:
        before = self.breaker
        self.breaker = _answered(before, self.window, self.now)
        self.last_good = self.now
        if before.standing == "closed":
            assert self.breaker.standing == "closed"

    @precondition(lambda self: self.breaker.wait_s(self.now) == 0)
    @rule()
    def a_call_fails(self) -> None:
        before = self.breaker
        self.breaker = _failed(before, self.window, self.now)
        if before.standing != "closed":
            assert self.breaker.standing in ("open", "disabled")

    @invariant()
    def it_is_disabled_only_after_five_days_without_a_good_call(self) -> None:
        if self.breaker.standing == "disabled":
            assert self.now - self.last_good >= DISABLED_AFTER_S

    @invariant()
    def it_never_holds_back_for_longer_than_it_says(self) -> None:
        assert self.breaker.standing == "disabled" or self.breaker.wait_s(self.now) <= OPEN_S


TestMachine = Machine.TestCase
