"""A sandbox's clock: the machine's time plus what ``/_sandbox/clock/advance`` has added.

Whoever waits on it is woken by ``advance``, so that a ladder of hours can be walked in milliseconds.
"""

from __future__ import annotations

import threading
import time


class SandboxClock:
    """UTC seconds, movable forward. ``moved`` is the condition that ``advance`` notifies."""

    def __init__(self) -> None:
        self._ahead_s = 0.0
        self.moved = threading.Condition()

    def now(self) -> float:
        return time.time() + self._ahead_s

    def advance(self, seconds: float) -> None:
        with self.moved:
            self._ahead_s += max(0.0, seconds)
            self.moved.notify_all()
