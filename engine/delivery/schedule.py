"""When to try again: a decision is a value. The schedule is that of Standard Webhooks: 10 tries over 75 h 35 m."""

from __future__ import annotations

import random
from dataclasses import dataclass

WAITS_S = (5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 50400.0, 72000.0, 86400.0)
"""Seconds between a try and the next; one more try than waits."""

JITTER = 0.2
LONGEST_WAIT_S = 86400.0
_SHORTEST_TURN_S = 1.0


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Try again at ``at`` (UTC seconds)."""

    at: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """All tries are used up."""

    tries: int


def next_turn(now: float, wait_s: float | None, chance: float | None = None) -> float:
    """When (UTC s) to come back after our own limits held a call up: no try was made, so none is counted.

    Spread over half of the wait again, so that not all who wait come back at once.
    """
    spread = random.random() if chance is None else chance
    return now + max(wait_s or 0.0, _SHORTEST_TURN_S) * (1 + spread / 2)


def decide(
    tries: int, now: float, asked_wait_s: float | None = None, chance: float | None = None
) -> TryAgain | GiveUp:
    """What follows the ``tries``-th failed try (from 1).

    ``asked_wait_s`` is what the other side asked for: honoured where it is longer, up to 24 h. ``chance`` in
    [0, 1) fixes the jitter of ±20%.
    """
    if tries > len(WAITS_S):
        return GiveUp(tries)
    spread = (random.random() if chance is None else chance) * 2 - 1
    wait = WAITS_S[max(tries, 1) - 1] * (1 + JITTER * spread)
    if asked_wait_s is not None:
        wait = max(wait, min(asked_wait_s, LONGEST_WAIT_S))
    return TryAgain(now + wait)
