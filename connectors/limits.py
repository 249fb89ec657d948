"""What the ATS allows, kept: a call asks for its slot and is let go when rate, pauses and concurrency allow it.

One ``Limiter`` per profile of a connection, on a budget that others may share. A wait longer than the caller has
patience for is not slept through: Throttled is raised, with the wait, and nothing is sent.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from connectors.budgets import Budget, Gate
from connectors.messages import Keeper
from engine.clock import Clock
from engine.errors import Throttled
from engine.manifest.model import Limits
from engine.telemetry import metrics

_REOPENING_S = 1.0
_JITTER = 0.2
_SHORTEST_SLEEP_S = 0.001


@dataclass(frozen=True, slots=True)
class Slot:
    """A call that was let go, and when."""

    operation: str
    started_at: float


class Limiter:
    """Rate, concurrency, quota and pauses of one profile. Safe for any number of threads.

    ``name`` is the connection's, for what is told of waiting.
    """

    def __init__(
        self,
        limits: Limits,
        clock: Clock,
        *,
        budget: Budget | None = None,
        patience_s: float = 30.0,
        name: str = "",
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._limits, self._clock, self._patience_s, self._chance = limits, clock, patience_s, chance
        self._budget, self._name = budget or Budget(""), name
        self._freed = self._budget.freed

    def remember(self, keeper: Keeper) -> None:
        """What is used of the quota is kept by ``keeper``, and what it remembers counts."""
        if self._limits.quota is not None:
            with self._freed:
                self._budget.quota.join(keeper)

    @contextmanager
    def slot(self, operation: str, concurrency: int | None = None, cost: int = 1) -> Iterator[Slot]:
        """Waits until a call of ``operation`` may go, and holds its place while it runs. Raises Throttled.

        ``cost`` is what it takes of the quota.
        """
        slot = self._entered(operation, concurrency, cost)
        try:
            yield slot
        finally:
            with self._freed:
                self._budget.total -= 1
                self._budget.in_flight[operation] -= 1
                self._freed.notify_all()

    def passed(self, slot: Slot, remaining: int | None = None, reset_s: float | None = None) -> None:
        """The call was not throttled. ``remaining``: how many more the ATS takes, until ``reset_s`` from now."""
        with self._freed:
            gate = self._gate(slot.operation)
            gate.failures = 0
            if remaining == 0:
                now = self._clock.monotonic()
                gate.close(gate.window_end(now, self._limits) if reset_s is None else now + reset_s)

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

    def _gate(self, operation: str) -> Gate:
        return self._budget.gate(operation if self._limits.per == "operation" else "")

    def _entered(self, operation: str, concurrency: int | None, cost: int = 1) -> Slot:
        waited_s = 0.0
        while True:
            with self._freed:
                self._freed.wait_for(lambda: self._has_place(operation, concurrency))
                wait_s = self._wait_s(operation, cost)
                if wait_s <= 0:
                    return self._started(operation, cost)
            if not waited_s:
                metrics.LIMITER_WAITS.labels(self._name).inc()
            waited_s += wait_s
            if waited_s > self._patience_s:
                raise _not_now(operation, wait_s)
            metrics.LIMITER_WAIT_SECONDS.labels(self._name).inc(wait_s)
            # A clock's step may be coarser than what is left to wait.
            self._clock.sleep(max(wait_s, _SHORTEST_SLEEP_S))

    def _wait_s(self, operation: str, cost: int) -> float:
        wait_s = self._gate(operation).wait_s(self._clock.monotonic(), self._limits)
        if self._limits.quota is None:
            return wait_s
        return max(wait_s, self._budget.quota.wait_s(self._limits.quota, cost, self._clock.now()))

    def _started(self, operation: str, cost: int) -> Slot:
        now = self._clock.monotonic()
        if self._limits.quota is not None:
            self._budget.quota.take(self._limits.quota, cost, self._clock.now())
        self._gate(operation).start(now, self._limits)
        self._budget.total += 1
        self._budget.in_flight[operation] += 1
        return Slot(operation, now)

    def _has_place(self, operation: str, concurrency: int | None) -> bool:
        if self._limits.concurrency is not None and self._budget.total >= self._limits.concurrency:
            return False
        return concurrency is None or self._budget.in_flight[operation] < concurrency


def _not_now(operation: str, wait_s: float) -> Throttled:
    error = Throttled("the connection is waiting for the ATS", operation=operation, wait_s=wait_s)
    error.stage = "before"
    return error
