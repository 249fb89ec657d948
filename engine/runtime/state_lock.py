"""Who works on a database that is a file: one process at a time says so by a lock that ends with the process.

Whoever holds it knows that no other worker is alive, and may take back at once what a killed one had leased.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from engine.settings import Settings


@contextmanager
def sole_worker(settings: Settings) -> Iterator[bool]:
    """Yields whether this process is now the only one that works on the database; ends with the block.

    On a server's database nobody ever knows that of the others: it yields False.
    """
    file = settings.database_file
    if file is None:
        yield False
        return
    descriptor = os.open(file.with_name(f"{file.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
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
