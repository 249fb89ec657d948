"""What calls have taken of a profile's limits, to be shared by all that the ATS counts together.

A connection has a budget of its own for each profile; those for which ``limits.key`` is the same text share one, in
one process.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Hashable
from dataclasses import dataclass, field

from connectors.quotas import QuotaUse
from engine.manifest.model import Limits

STAGGER_S = 0.1
MARGIN = 1.05
"""Calls on their way may close up: a window kept here is this much longer than the ATS's own."""


@dataclass(slots=True)
class Gate:
    """The rate and the pauses of one budget, or of one operation of it. Times are monotonic seconds.

    ``full_at``: when a token bucket is full again.
    """

    starts: deque[float] = field(default_factory=deque)
    full_at: float = float("-inf")
    closed_until: float = 0.0
    failures: int = 0
    spaced_until: float = 0.0
    last_start: float = float("-inf")

    def wait_s(self, now: float, limits: Limits) -> float:
        """How long a call has to wait from now; 0 when it may go."""
        opens = self.closed_until
        if self.failures or now < self.spaced_until:
            opens = max(opens, self.last_start + STAGGER_S)
        if limits.rate is not None:
            opens = max(opens, self._rate_opens(limits, *limits.rate))
        return max(0.0, opens - now)

    def _rate_opens(self, limits: Limits, calls: int, period_s: float) -> float:
        if limits.model == "bucket":
            each_s = period_s * MARGIN / calls
            return self.full_at - ((limits.burst or calls) - 1) * each_s
        return self.starts[-calls] + period_s * MARGIN if len(self.starts) >= calls else float("-inf")

    def start(self, now: float, limits: Limits) -> None:
        """A call goes now."""
        self.last_start = now
        if limits.rate is None:
            return
        calls, period_s = limits.rate
        if limits.model == "bucket":
            self.full_at = max(self.full_at, now) + period_s * MARGIN / calls
            return
        self.starts.append(now)
        while self.starts[0] <= now - period_s * MARGIN and len(self.starts) > calls:
            self.starts.popleft()

    def close(self, until: float) -> None:
        self.closed_until = max(self.closed_until, until)

    def window_end(self, now: float, limits: Limits) -> float:
        """When the window ends in which no call is left, as far as it is known."""
        if limits.rate is None:
            return now + limits.backoff_first_s
        period_s = limits.rate[1] * MARGIN
        first = next((at for at in self.starts if at > now - period_s), now)
        return first + period_s


class Budget:
    """What is used of a profile's limits. ``freed`` guards it all."""

    def __init__(self, name: str) -> None:
        self.freed = threading.Condition()
        self.in_flight: Counter[str] = Counter()
        self.total = 0
        self.quota = QuotaUse(name)
        self._gates: dict[str, Gate] = {}

    def gate(self, name: str) -> Gate:
        return self._gates.setdefault(name, Gate())


class Budgets:
    """The budgets of the connections of one process that share any. Safe for any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shared: dict[Hashable, Budget] = {}

    def of(self, connection: str, ats: str, api: str, key: str | None) -> Budget:
        """The budget that is counted by ``key`` at a profile of an ATS; without a key the connection's own."""
        counted_by = (ats, api, key) if key else (connection, api)
        with self._lock:
            return self._shared.setdefault(counted_by, Budget(api))
