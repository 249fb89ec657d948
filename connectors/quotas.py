"""Credits per day, or another long time: what calls cost in, how long the next one has to wait out.

What was used is counted by slices of the time, and kept so that a restart does not forget it. It is written ahead, a
hundredth of the credits at a time: after a crash up to that much counts as used that was not, never the other way.
"""

from __future__ import annotations

import json
from collections import Counter

from connectors.messages import Keeper
from engine.manifest.model import Quota

_SLICES = 24
_AHEAD = 100


class QuotaUse:
    """What was used of one quota. Times are UTC seconds. Whoever shares it locks it."""

    def __init__(self, name: str) -> None:
        self._name = f"quota.{name}"
        self._used: Counter[int] = Counter()
        self._keepers: list[Keeper] = []
        self._unwritten = self._ahead = 0
        self._written_in: int | None = None

    def join(self, keeper: Keeper, quota: Quota) -> None:
        """A connection takes part: what its keeper remembers counts, and what is used is remembered there."""
        if keeper in self._keepers:
            return
        self._keepers.append(keeper)
        self._written_in = None
        kept = json.loads(keeper.get(self._name) or "{}")
        if kept.get("per") == quota.period_s:
            for slice_, used in kept["used"].items():
                self._used[int(slice_)] = max(self._used[int(slice_)], used)

    def wait_s(self, quota: Quota, cost: int, now: float) -> float:
        """How long a call of ``cost`` has to wait from now; 0 when it may go."""
        length_s = quota.period_s / _SLICES
        for old in [slice_ for slice_ in self._used if (slice_ + 1) * length_s + quota.period_s <= now]:
            del self._used[old]
        over = self._used.total() + cost - quota.credits
        opens = now
        for slice_ in sorted(self._used):
            if over <= 0:
                break
            over -= self._used[slice_]
            opens = (slice_ + 1) * length_s + quota.period_s
        return max(0.0, opens - now)

    def take(self, quota: Quota, cost: int, now: float) -> None:
        """A call of ``cost`` goes now."""
        slice_ = int(now // (quota.period_s / _SLICES))
        self._used[slice_] += cost
        self._unwritten += cost
        if self._unwritten > self._ahead or slice_ != self._written_in:
            self._write(quota, slice_)

    def _write(self, quota: Quota, slice_: int) -> None:
        self._ahead, self._unwritten, self._written_in = quota.credits // _AHEAD, 0, slice_
        used = {**self._used, slice_: self._used[slice_] + self._ahead}
        for keeper in self._keepers:
            keeper.put(self._name, json.dumps({"per": quota.period_s, "used": used}))
