"""Times and rates as people write them: ``90s``, ``10m``, ``10/s``, ``100/1m``."""

from __future__ import annotations

import re

_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)")
_RATE = re.compile(r"([0-9]{1,9})/([0-9]{0,9})(s|m|h|d)")


def parse_duration(text: str) -> float:
    """Seconds of a duration such as ``30s`` or ``10m``. Raises ValueError."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError("expected a duration such as 30s, 10m or 24h")
    return int(match[1]) * _UNITS_S[match[2]]


def parse_rate(text: str) -> tuple[int, float]:
    """(calls, per seconds) of a rate such as ``10/s`` or ``100/1m``. Raises ValueError."""
    match = _RATE.fullmatch(text)
    if match is None or int(match[1]) == 0 or (match[2] and int(match[2]) == 0):
        raise ValueError("expected a rate such as 10/s or 100/1m")
    return int(match[1]), int(match[2] or 1) * _UNITS_S[match[3]]
