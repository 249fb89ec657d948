"""Sweeps: each at its own pace, and one that fails holds up none of the others."""

from __future__ import annotations

from engine.clock import ManualClock
from engine.errors import StoreUnavailable
from engine.runtime.sweeps import Sweep, Sweeper


def test_each_sweep_runs_at_once_and_then_at_its_own_pace() -> None:
    clock, ran = ManualClock(), []
    sweeper = Sweeper(
        [Sweep("often", 5.0, lambda: ran.append("o")), Sweep("seldom", 60.0, lambda: ran.append("s"))], clock
    )
    for _ in range(13):
        sweeper.run_due()
        sweeper.run_due()
        clock.advance(5.0)
    assert ran == ["o", "s", *"ooooooooooo", "o", "s"]


def test_a_sweep_that_fails_holds_up_no_other_and_is_due_again() -> None:
    clock, ran = ManualClock(), []

    def away() -> None:
        ran.append("away")
        raise StoreUnavailable("The store cannot commit now.")

    def broken() -> None:
        ran.append("broken")
        raise ValueError("surprise")

    sweeps = [Sweep("away", 1.0, away), Sweep("broken", 1.0, broken), Sweep("fine", 1.0, lambda: ran.append("fine"))]
    sweeper = Sweeper(sweeps, clock)
    sweeper.run_due()
    clock.advance(1.0)
    sweeper.run_due()
    assert ran == ["away", "broken", "fine"] * 2
