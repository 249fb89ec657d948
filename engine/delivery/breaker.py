"""Whether a connection's ATS is called at all: the circuit breaker as a value. Pure; times are UTC seconds.

closed ── 70 % of 10 or more calls in 5 minutes failed ──▶ open ── 30 s ──▶ probing ── 5 good calls ──▶ closed
any but closed ── a call fails ──▶ open; failures only for 5 days ──▶ disabled, until a person resumes it

The figures are Convoy's, the five days Svix's. A refusal is an answer, and being told to wait is a limit: neither is
a failure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

WINDOW_S = 300.0
LEAST_CALLS = 10
FAILED_SHARE = 0.7
OPEN_S = 30.0
GOOD_PROBES = 5
DISABLED_AFTER_S = 5 * 86400.0
_SLICES = 10
_SLICE_S = WINDOW_S / _SLICES

Standing = Literal["closed", "open", "probing", "disabled"]


@dataclass(frozen=True, slots=True)
class Breaker:
    """How a connection stands since ``since``. ``good`` counts good probes in a row.

    ``failing_since`` is the first failure after the last good call.
    """

    standing: Standing = "closed"
    since: float = 0.0
    good: int = 0
    failing_since: float | None = None

    def wait_s(self, now: float) -> float:
        """How long no call may be made from now; 0 where one may, infinite where a person has to resume it."""
        if self.standing == "disabled":
            return float("inf")
        return max(0.0, self.since + OPEN_S - now) if self.standing == "open" else 0.0

    def is_probing(self, now: float) -> bool:
        """Whether calls are made one at a time, to find out whether the ATS is back."""
        return self.standing == "probing" or (self.standing == "open" and self.wait_s(now) == 0.0)


def after_good(breaker: Breaker, now: float) -> Breaker:
    """What follows from a call that was answered."""
    if breaker.standing == "disabled":
        return breaker
    breaker = replace(breaker, failing_since=None)
    if not breaker.is_probing(now):
        # What was under way when it opened tells nothing of how the ATS is now.
        return breaker
    if breaker.good + 1 >= GOOD_PROBES:
        return Breaker("closed", now)
    since = breaker.since if breaker.standing == "probing" else now
    return replace(breaker, standing="probing", since=since, good=breaker.good + 1)


def after_failure(breaker: Breaker, now: float, window: Window) -> Breaker:
    """What follows from a call that failed; ``window`` counts it already."""
    if breaker.standing == "disabled":
        return breaker
    failing_since = now if breaker.failing_since is None else breaker.failing_since
    if now - failing_since >= DISABLED_AFTER_S:
        return Breaker("disabled", now, failing_since=failing_since)
    breaker = replace(breaker, failing_since=failing_since)
    if breaker.standing == "closed":
        return replace(breaker, standing="open", since=now) if window.is_bad(now) else breaker
    return replace(breaker, standing="open", since=now, good=0) if breaker.is_probing(now) else breaker


class Window:
    """Calls of the last five minutes in one process, in slices of half a minute. Whoever shares it locks it."""

    def __init__(self) -> None:
        self._slices: dict[int, tuple[int, int]] = {}

    def count(self, now: float, *, failed: bool) -> None:
        slice_ = int(now // _SLICE_S)
        calls, failures = self._slices.get(slice_, (0, 0))
        self._slices[slice_] = (calls + 1, failures + failed)
        for old in [one for one in self._slices if one <= slice_ - _SLICES]:
            del self._slices[old]

    def is_bad(self, now: float) -> bool:
        """Whether so many failed that more calls only add to the trouble."""
        newest = int(now // _SLICE_S)
        counted = [counts for slice_, counts in self._slices.items() if slice_ > newest - _SLICES]
        calls, failures = sum(one for one, _ in counted), sum(one for _, one in counted)
        return calls >= LEAST_CALLS and failures >= FAILED_SHARE * calls

    def forget(self) -> None:
        """Begins anew, when the breaker has closed."""
        self._slices.clear()
