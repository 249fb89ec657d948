"""A moment as people write it on the command line: a date, a time, or how long ago."""

from __future__ import annotations

from contextlib import suppress

from engine.clock import SYSTEM, parse_iso
from engine.errors import InputError
from engine.manifest.durations import parse_duration


def moment_of(text: str) -> float:
    """UTC seconds of ``2026-01-31``, ``2026-01-31T09:30`` (UTC) or ``30d`` (ago). Raises InputError."""
    with suppress(ValueError):
        return SYSTEM.now() - parse_duration(text)
    try:
        return parse_iso(text)
    except ValueError:
        raise InputError(
            f"`{text[:40]}` is no time.", hint="Such as 2026-01-31, 2026-01-31T09:30 (UTC), or 30d for 30 days ago."
        ) from None
