"""What the ATS allows, kept: a call asks for its slot and is let go when rate, pauses and concurrency allow it.

One ``Limiter`` per profile of a connection. A wait longer than the caller has patience for is not slept through:
Throttled is raised, with the wait, and nothing is sent.
"""

from __future__ import annotations

import random
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from engine.clock import Clock
from engine.errors import Throttled
from engine.manifest.model import Limits

STAGGER_S = 0.1
_REOPENING_S = 1.0
_JITTER = 0.2
_SHORTEST_SLEEP_S = 0.001
_MARGIN = 1.05
"""Calls on their way may close up: a window kept here is this much longer than the ATS's own."""


@dataclass(slots=True)
class _Gate:
    """The rate and the pauses of one connection, or of one operation of it. Times are monotonic seconds."""

    starts: deque[float] = field(default_factory=deque)
    closed_until: float = 0.0
    failures: int = 0
    spaced_until: float = 0.0
    last_start: float = float("-inf")

    def wait_s(self, now: float, rate: tuple[int, float] | None) -> float:
        """How long a call has to wait from now; 0 when it may go."""
        opens = self.closed_until
        if self.failures or now < self.spaced_until:
            opens = max(opens, self.last_start + STAGGER_S)
        if rate is not None:
            calls, period_s = rate[0], rate[1] * _MARGIN
            while self.starts and self.starts[0] <= now - period_s:
                self.starts.popleft()
            if len(self.starts) >= calls:
                opens = max(opens, self.starts[0] + period_s)
        return max(0.0, opens - now)

    def start(self, now: float, counts: bool) -> None:
        self.last_start = now
        if counts:
            self.starts.append(now)

    def close(self, until: float) -> None:
        self.closed_until = max(self.closed_until, until)


@dataclass(frozen=True, slots=True)
class Slot:
    """A call that was let go, and when."""

    operation: str
    started_at: float


class Limiter:
    """Rate, concurrency and pauses of one profile. Safe for any number of threads."""

    def __init__(
        self,
        limits: Limits,
        clock: Clock,
        *,
        patience_s: float = 30.0,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._limits, self._clock, self._patience_s, self._chance = limits, clock, patience_s, chance
        self._gates: dict[str, _Gate] = {}
        self._in_flight: Counter[str] = Counter()
        self._total = 0
        self._freed = threading.Condition()

    @contextmanager
    def slot(self, operation: str, concurrency: int | None = None) -> Iterator[Slot]:
        """Waits until a call of ``operation`` may go, and holds its place while it runs. Raises Throttled."""
        slot = self._entered(operation, concurrency)
        try:
            yield slot
        finally:
            with self._freed:
                self._total -= 1
                self._in_flight[operation] -= 1
                self._freed.notify_all()

    def passed(self, slot: Slot, remaining: int | None = None) -> None:
        """The call was not throttled. ``remaining``: how many more the ATS says it takes."""
        with self._freed:
            gate = self._gate(slot.operation)
            gate.failures = 0
            if remaining == 0:
                gate.close(self._window_end(gate))

    def throttled(self, slot: Slot, wait_s: float | None) -> float:
        """The ATS asked to wait: closes for ``wait_s``, else backs off. Gives the seconds until it opens."""
        with self._freed:
            gate = self._gate(slot.operation)
            now = self._clock.monotonic()
            # Calls that were under way when the gate closed tell nothing new about how long to back off.
            if slot.started_at >= gate.closed_until or not gate.failures:
                gate.failures += 1
            gate.close(now + (wait_s if wait_s else self._backoff_s(gate.failures)))
            gate.spaced_until = gate.closed_until + _REOPENING_S
            return gate.closed_until - now

    def _backoff_s(self, failures: int) -> float:
        limits = self._limits
        doubled = limits.backoff_first_s * 2.0 ** min(failures - 1, 30)
        return min(doubled, limits.backoff_longest_s) * (1 + _JITTER * (2 * self._chance() - 1))

    def _window_end(self, gate: _Gate) -> float:
        if self._limits.rate is None:
            return self._clock.monotonic() + self._limits.backoff_first_s
        first = gate.starts[0] if gate.starts else self._clock.monotonic()
        return first + self._limits.rate[1] * _MARGIN

    def _gate(self, operation: str) -> _Gate:
        name = operation if self._limits.per == "operation" else ""
        return self._gates.setdefault(name, _Gate())

    def _entered(self, operation: str, concurrency: int | None) -> Slot:
        waited_s = 0.0
        while True:
            with self._freed:
                self._freed.wait_for(lambda: self._has_place(operation, concurrency))
                now = self._clock.monotonic()
                gate = self._gate(operation)
                wait_s = gate.wait_s(now, self._limits.rate)
                if wait_s <= 0:
                    gate.start(now, self._limits.rate is not None)
                    self._total += 1
                    self._in_flight[operation] += 1
                    return Slot(operation, now)
            waited_s += wait_s
            if waited_s > self._patience_s:
                raise _not_now(operation, wait_s)
            # A clock's step may be coarser than what is left to wait.
            self._clock.sleep(max(wait_s, _SHORTEST_SLEEP_S))

    def _has_place(self, operation: str, concurrency: int | None) -> bool:
        if self._limits.concurrency is not None and self._total >= self._limits.concurrency:
            return False
        return concurrency is None or self._in_flight[operation] < concurrency


def _not_now(operation: str, wait_s: float) -> Throttled:
    error = Throttled("the connection is waiting for the ATS", operation=operation, wait_s=wait_s)
    error.stage = "before"
    return error
