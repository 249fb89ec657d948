"""Time, in one place: what the wall says, what has passed, and waiting that a test can drive.

Wall time is UTC seconds since the epoch; ``monotonic`` is for durations only.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where all code gets its time from."""

    def now(self) -> float: ...

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)


class SteadyClock:
    """The time of a ``source`` (UTC s, such as a database), carried on by what has passed since it was last read.

    What the machine's wall says does not matter. Where the source was set back, this clock goes slower until the
    source has caught up; where it was set forward, it follows at the next ``rebase``. It never goes backwards.
    """

    EVERY_S = 30.0
    """How often to ``rebase``."""

    def __init__(self, source: Callable[[], float], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._source, self._monotonic = source, monotonic
        self._lock = threading.Lock()
        self._base, self._at = self._read()
        self._rate = 1.0

    def now(self) -> float:
        with self._lock:
            return self._at_time(self._monotonic())

    def monotonic(self) -> float:
        return self._monotonic()

    def sleep(self, seconds: float) -> None:
        SYSTEM.sleep(seconds)

    def rebase(self) -> None:
        """Reads the source. Raises what the source raises; the time goes on as before then."""
        source, at = self._read()
        with self._lock:
            ours = self._at_time(at)
            ahead = max(0.0, ours - source)
            self._rate = max(0.5, 1.0 - ahead / self.EVERY_S)
            self._base, self._at = max(ours, source), at

    def _read(self) -> tuple[float, float]:
        before = self._monotonic()
        source = self._source()
        return source, (before + self._monotonic()) / 2

    def _at_time(self, monotonic: float) -> float:
        return self._base + (monotonic - self._at) * self._rate


class ManualClock:
    """Time that moves only when told: ``sleep`` and ``advance`` move it at once and return."""

    def __init__(self, start: float = 1_750_000_000.0) -> None:
        self._start = self._now = start
        self._lock = threading.Lock()

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now - self._start

    def sleep(self, seconds: float) -> None:
        self.advance(max(0.0, seconds))

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._now += seconds


SYSTEM = SystemClock()


def iso(timestamp: float) -> str:
    """``timestamp`` as ISO 8601 in UTC with milliseconds, such as ``2026-01-31T09:30:00.000Z``."""
    moment = datetime.fromtimestamp(timestamp, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def parse_iso(text: str) -> float:
    """Seconds since the epoch of an ISO 8601 date or time; one without a zone is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
