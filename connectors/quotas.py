"""Credits per day, or another long time: what calls cost in, how long the next one has to wait out.

What was used is counted by slices of the time and kept, so that a restart does not forget it and other processes see
it. A hundredth of the credits is taken at a time, and added to what is kept in one step: what each process takes is
counted. After a crash up to that much counts as used that was not; processes that look at one moment may go over by
as much.
"""

from __future__ import annotations

import json
from collections import Counter

from connectors.messages import Keeper
from engine.manifest.model import Quota

_SLICES = 24
_BLOCK = 100


class QuotaUse:
    """What was used of one quota. Times are UTC seconds. Whoever shares it locks it."""

    def __init__(self, name: str) -> None:
        self._name = f"quota.{name}"
        self._used: Counter[int] = Counter()
        self._keepers: list[Keeper] = []
        self._reserved = self._reserved_in = 0

    def join(self, keeper: Keeper) -> None:
        """A connection takes part: what its keeper remembers counts, and what is used is remembered there."""
        if keeper not in self._keepers:
            self._keepers.append(keeper)
            self._reserved = 0

    def wait_s(self, quota: Quota, cost: int, now: float) -> float:
        """How long a call of ``cost`` has to wait from now; 0 when it may go."""
        if cost > self._reserved:
            self._recall(quota)
        length_s = quota.period_s / _SLICES
        for old in [slice_ for slice_ in self._used if (slice_ + 1) * length_s + quota.period_s <= now]:
            del self._used[old]
        if self._reserved_in not in self._used:
            self._reserved = 0
        if cost <= self._reserved:
            return 0.0
        over = self._used.total() + cost - self._reserved - quota.credits
        opens = now
        for slice_ in sorted(self._used):
            if over <= 0:
                break
            over -= self._used[slice_]
            opens = (slice_ + 1) * length_s + quota.period_s
        return max(0.0, opens - now)

    def take(self, quota: Quota, cost: int, now: float) -> None:
        """A call of ``cost`` goes now, which does not have to wait."""
        if cost > self._reserved:
            self._reserve(quota, cost - self._reserved, now)
        self._reserved -= cost

    def _reserve(self, quota: Quota, needed: int, now: float) -> None:
        left = quota.credits - self._used.total()
        block = max(needed, min(left, quota.credits // _BLOCK))
        self._reserved_in = int(now // (quota.period_s / _SLICES))
        self._reserved += block
        if not self._keepers:
            self._used[self._reserved_in] += block

        def added(kept: str | None) -> str:
            used = _kept_use(quota, kept)
            used[self._reserved_in] += block
            return json.dumps({"per": quota.period_s, "used": used})

        for keeper in self._keepers:
            self._used |= _kept_use(quota, keeper.change(self._name, added))

    def _recall(self, quota: Quota) -> None:
        """What is kept counts where it is more than what is known here."""
        for keeper in self._keepers:
            self._used |= _kept_use(quota, keeper.get(self._name))


def _kept_use(quota: Quota, text: str | None) -> Counter[int]:
    """What was used by slices, as a keeper holds it; nothing where that was counted over another time."""
    kept = json.loads(text or "{}")
    if kept.get("per") != quota.period_s:
        return Counter()
    return Counter({int(slice_): used for slice_, used in kept["used"].items()})
