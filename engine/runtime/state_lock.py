"""Who works on a database that is a file: one process at a time says so by a lock that ends with the process.

Whoever holds it knows that no other worker is alive, and may take back at once what a killed one had leased.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.settings import Settings

_BEFORE = "worker.lock"
"""What workers of schema 1 and 2 lock, in the folder of the database."""


@contextmanager
def sole_worker(settings: Settings) -> Iterator[bool]:
    """Yields whether this process is now the only one that works on the database; ends with the block.

    On a server's database nobody ever knows that of the others: it yields False.
    """
    file = settings.database_file
    if file is None:
        yield False
        return
    with _lock(file.with_name(f"{file.name}.lock")) as ours:
        yield ours


@contextmanager
def nobody_works(settings: Settings) -> Iterator[bool]:
    """Yields whether no process is known to work on the database, of an earlier version either; none begins to.

    Those on a server's database are not known: it yields True.
    """
    file = settings.database_file
    if file is None:
        yield True
        return
    with sole_worker(settings) as alone, _lock(file.with_name(_BEFORE)) as alone_before:
        yield alone and alone_before


@contextmanager
def _lock(file: Path) -> Iterator[bool]:
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
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
