"""A scorer whose answer is given beforehand, for rehearsals that are not about scoring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.model import Job, Json, Reason, ResumeText, Score


@dataclass(frozen=True, slots=True)
class FixedScorer:
    """A Scorer (``engine.ports``) that gives the same score for every résumé and job."""

    fixed: Score
    version: str = "fixed/1"

    def score(self, resume: ResumeText, job: Job) -> Score:
        """The given score, whatever ``resume`` and ``job`` are."""
        del resume, job
        return self.fixed


def fixed_scorer(given: Mapping[str, Json]) -> FixedScorer:
    """The scorer of a mapping test's block ``score``: {match, reasons: [text], skills_matched, …}."""
    match = given.get("match")
    return FixedScorer(
        Score(
            match=match,
            exact=None if match is None else float(match),
            reasons=tuple(Reason(text) for text in given.get("reasons", ())),
            scorer="fixed/1",
            skills_matched=tuple(given.get("skills_matched", ())),
            skills_missing=tuple(given.get("skills_missing", ())),
            skills_normalized=tuple(given.get("skills_normalized", ())),
            tags=tuple(given.get("tags", ())),
        )
    )
