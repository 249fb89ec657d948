"""How long what is about people is kept: ``raw=30d,scores=180d,logs=30d`` in, seconds out."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from engine.errors import InputError

_DAY_S = 86_400.0
_UNITS = {"d": _DAY_S, "h": 3600.0}
_LASTS = re.compile(r"(\d{1,5})([dh])")
_HINT = "Write --keep raw=30d,scores=180d,logs=30d, or some of these; d are days, h are hours."
_SHORTEST_S = 3600.0


@dataclass(frozen=True, slots=True)
class Keep:
    """In seconds, from an event's end.

    ``raw``: what was received and what was sent; ``scores``: scores and the events themselves; ``logs``: steps of
    events and counts of what was refused.
    """

    raw: float = 30 * _DAY_S
    scores: float = 180 * _DAY_S
    logs: float = 30 * _DAY_S


def keep_from(text: str | None) -> Keep:
    """What ``text`` says; what it does not name is as by default. Raises InputError."""
    keep = Keep()
    for item in filter(None, map(str.strip, (text or "").split(","))):
        name, _, lasts = item.partition("=")
        if name not in Keep.__slots__:
            known = ", ".join(Keep.__slots__)
            raise InputError(f"There is no `{name[:40]}` to be kept.", hint=f"Known are: {known}.")
        found = _LASTS.fullmatch(lasts)
        seconds = int(found[1]) * _UNITS[found[2]] if found else 0.0
        if seconds < _SHORTEST_S:
            raise InputError(f"{lasts[:20]!r} is no time to keep {name} for: an hour is the least.", hint=_HINT)
        keep = replace(keep, **{name: seconds})
    return keep
