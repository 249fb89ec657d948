"""What a thread works on: the event and the connection that its lines of log, its calls and its spans are about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Working:
    """An event and the connection it came by; each empty where it is not known."""

    event: str = ""
    connection: str = ""


_NOTHING = Working()
_working: ContextVar[Working] = ContextVar("working", default=_NOTHING)


def working() -> Working:
    """What this thread works on now."""
    return _working.get()


@contextmanager
def about(event: str = "", connection: str = "") -> Iterator[None]:
    """All that this thread does inside is about the event, or where there is none, about the connection."""
    before = _working.set(Working(event, connection))
    try:
        yield
    finally:
        _working.reset(before)
