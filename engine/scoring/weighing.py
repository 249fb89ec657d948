"""Signals → points out of 100: fixed weights, written down here and nowhere else. Pure.

A signal's raw share is first stretched to 0..1 between what unrelated and what strong résumés reach (FLOOR, FULL).
A signal that the job does not ask for gives its weight to the others. Years, schooling and skills count in full only
as far as the résumé is about the job's field at all, so that long years elsewhere do not carry a score.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from engine.scoring.signals import Signals

WEIGHTS = {"coverage": 28.0, "skills": 24.0, "title": 20.0, "experience": 14.0, "education": 5.0, "bm25": 9.0}
FLOOR = {"coverage": 0.06, "skills": 0.0, "title": 0.12, "experience": 0.0, "education": 0.0, "bm25": 0.04}
FULL = {"coverage": 0.75, "skills": 0.95, "title": 0.90, "experience": 1.0, "education": 1.0, "bm25": 0.60}
# The weighed sum, 0..1, and the score for it; straight lines between. No résumé answers every word of a job: a sum of
# 0.30 is a middling one, 0.85 a strong one.
CURVE = ((0.0, 0.0), (0.15, 18.0), (0.30, 44.0), (0.45, 59.0), (0.70, 77.0), (0.90, 90.0), (1.0, 96.0))
_GENERAL = ("experience", "education")
_ON_FIELD = 0.45


@dataclass(frozen=True, slots=True)
class Weighed:
    """``exact`` is the score, 0–100; ``points`` what each signal gave to it."""

    exact: float
    points: dict[str, float]


def weigh(signals: Signals, skills_asked: bool) -> Weighed:
    """The score of ``signals``. ``skills_asked`` says whether the job names any skill."""
    raw = {
        "coverage": signals.coverage.share,
        "skills": signals.skills.share if skills_asked else None,
        "title": signals.title.share,
        "experience": signals.years.share,
        "education": signals.schooling.share,
        "bm25": signals.bm25,
    }
    shares = {name: _stretched(name, value) for name, value in raw.items() if value is not None}
    on_field = _on_field(shares)
    shares = {name: share * on_field if name in _GENERAL else share for name, share in shares.items()}
    total = sum(WEIGHTS[name] for name in shares)
    parts = {name: WEIGHTS[name] * share / total for name, share in shares.items()}
    whole = sum(parts.values())
    exact = _on_curve(whole)
    return Weighed(exact, {name: exact * part / whole if whole else 0.0 for name, part in parts.items()})


def _on_curve(whole: float) -> float:
    for (left, low), (right, high) in pairwise(CURVE):
        if whole <= right:
            return low + (high - low) * (whole - left) / (right - left)
    return CURVE[-1][1]


def _stretched(name: str, value: float) -> float:
    return min(1.0, max(0.0, (value - FLOOR[name]) / (FULL[name] - FLOOR[name])))


def _on_field(shares: dict[str, float]) -> float:
    topical = [shares["coverage"], shares["title"], shares.get("skills", shares["coverage"])]
    return min(1.0, (sum(topical) / len(topical)) / _ON_FIELD)
