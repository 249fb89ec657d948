"""Who works on a state folder: one process at a time says so by a lock that ends with the process.

Whoever holds it knows that no other worker is alive, and may take back at once what a killed one had leased.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NAME = "worker.lock"


@contextmanager
def sole_worker(state: Path) -> Iterator[bool]:
    """Yields whether this process is now the only one that works on ``state``; ends with the block."""
    descriptor = os.open(state / _NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield _locked(descriptor)
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
