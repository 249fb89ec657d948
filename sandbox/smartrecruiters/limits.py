"""Rate and concurrency limits, counted per credential (SmartRecruiters facts, 2.3).

A sliding second per (credential, endpoint); requests in flight per credential, and on ``GET /candidates`` apart.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.contract import Switches

_UNLIMITED = 1_000_000
LIST = "GET /candidates"
_SLOW = frozenset({"POST /jobs/{jobId}/publication", "DELETE /jobs/{jobId}/publication"})
_SLOW_SHARE = 5


class Limits:
    """Counts requests. Used from the event loop only, so it needs no lock."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._recent: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._in_flight: dict[tuple[str, str], int] = defaultdict(int)
        self.refused = 0

    def enter(self, credential: str, endpoint: str) -> bool:
        """Whether this request may be answered; each entered one must ``leave``, a refused one must not."""
        if self._full(credential, endpoint) or not self._counted(credential, endpoint):
            self.refused += 1
            return False
        for key in self._keys(credential, endpoint):
            self._in_flight[key] += 1
        return True

    def leave(self, credential: str, endpoint: str) -> None:
        for key in self._keys(credential, endpoint):
            self._in_flight[key] -= 1

    def headers(self, credential: str, endpoint: str) -> dict[str, str]:
        """The four headers that every answer carries."""
        rate = self._rate(endpoint)
        used = len(self._recent[credential, endpoint]) if self._switches.rate_limit else 0
        concurrent = self._concurrency(endpoint)
        flying = self._in_flight[self._keys(credential, endpoint)[-1]]
        return {
            "x-ratelimit-limit": str(rate),
            "x-ratelimit-remaining": str(max(0, rate - used)),
            "x-ratelimit-concurrent-limit": str(concurrent),
            "x-ratelimit-concurrent-remaining": str(max(0, concurrent - flying)),
        }

    def _keys(self, credential: str, endpoint: str) -> list[tuple[str, str]]:
        return [(credential, "*"), (credential, LIST)] if endpoint == LIST else [(credential, "*")]

    def _full(self, credential: str, endpoint: str) -> bool:
        if self._in_flight[credential, "*"] >= (self._switches.concurrency_limit or _UNLIMITED):
            return True
        return endpoint == LIST and self._in_flight[credential, LIST] >= self._concurrency(LIST)

    def _concurrency(self, endpoint: str) -> int:
        limit = self._switches.list_concurrency_limit if endpoint == LIST else self._switches.concurrency_limit
        return int(limit or _UNLIMITED)

    def _rate(self, endpoint: str) -> int:
        limit = int(self._switches.rate_limit)
        if endpoint in _SLOW:
            limit = -(-limit // _SLOW_SHARE)
        return limit or _UNLIMITED

    def _counted(self, credential: str, endpoint: str) -> bool:
        if not self._switches.rate_limit:
            return True
        recent, now = self._recent[credential, endpoint], time.monotonic()
        while recent and recent[0] <= now - 1.0:
            recent.popleft()
        if len(recent) >= self._rate(endpoint):
            return False
        recent.append(now)
        return True
