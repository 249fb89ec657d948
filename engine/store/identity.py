"""Ids that sort by the time they were made: a prefix, the time, randomness, such as ``evt_0637ab…``.

``turn()`` gives whole microseconds that never repeat nor go back within one process, so that rows made together
keep their order even when the clock stands still.
"""

from __future__ import annotations

import secrets
import threading

from engine.clock import Clock

_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"


class Identity:
    """Makes ids and turns by one clock. Safe to share between threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0
        self._lock = threading.Lock()

    def turn(self) -> int:
        now = int(self._clock.now() * 1_000_000)
        with self._lock:
            self._last = max(now, self._last + 1)
            return self._last

    def new(self, prefix: str) -> str:
        return f"{prefix}_{self.turn():013x}{secrets.token_hex(5)}"


def audit_code() -> str:
    """A short random id that people can read out: ``fw-`` and ten base32 characters."""
    return "fw-" + "".join(secrets.choice(_BASE32) for _ in range(10))
