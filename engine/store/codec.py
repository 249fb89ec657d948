"""Values as JSON text and back: plain data, and the Score with all it holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from engine.model import Education, Experience, Json, Reason, Score, as_plain

_TUPLES = ("skills_matched", "skills_missing", "skills_normalized", "tags")


def encoded(value: Json) -> str:
    """``value`` as compact JSON in ASCII, so that any text inside is storable."""
    return json.dumps(as_plain(value), separators=(",", ":"))


def headers_text(headers: Mapping[str, str]) -> str:
    """Headers, which are flat, as ``encoded`` would give them, in a third of the time."""
    return json.dumps(dict(headers), separators=(",", ":"))


def decoded(text: str | None) -> Json:
    """The plain data in ``text``; None stays None."""
    return None if text is None else json.loads(text)


def score_text(score: Score) -> str:
    return encoded(score)


def score_from(text: str, audit_id: str) -> Score:
    """The Score that ``score_text`` wrote, carrying ``audit_id``."""
    plain: dict[str, Any] = json.loads(text)
    plain |= {name: tuple(plain[name]) for name in _TUPLES}
    plain["reasons"] = tuple(Reason(**reason) for reason in plain["reasons"])
    plain["education"] = tuple(Education(**degree) for degree in plain["education"])
    plain["primary_experience"] = _experience(plain["primary_experience"])
    plain["audit_id"] = audit_id
    return Score(**plain)


def _experience(plain: Mapping[str, Any] | None) -> Experience | None:
    return Experience(**plain) if plain else None
