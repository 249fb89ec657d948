"""The scoring step of one application: résumé and job in, a stored score with its audit id out.

Inputs that were scored before cost nothing: the score is found by the hash of résumé text, job text and version.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from engine.errors import PersonErased, ResumeUnreadable
from engine.hydration.hydrate import Hydrated, Hydrator
from engine.model import Job, Reason, ResumeText, Score
from engine.pipeline.erasing import REMOTE, tell_scorer_of
from engine.ports import Scorer
from engine.scoring.input_hash import input_hash
from engine.store.store import Store


@dataclass(frozen=True, slots=True)
class Scored:
    """A score, and whether it was known before."""

    score: Score
    known: bool


def score_application(
    hydrated: Hydrated, hydrator: Hydrator, scorer: Scorer, store: Store, connection: str, event_id: str
) -> Scored | None:
    """The application's score; None when there is no résumé. An unreadable résumé is a score without a match.

    Raises CallError when the résumé cannot be fetched, ScoringUnavailable when the scorer cannot answer now.
    """
    try:
        resume = hydrator.resume(hydrated)
    except ResumeUnreadable as error:
        return _stored(_unreadable(error, hydrated.job, scorer), hydrated, store, connection, event_id, known=False)
    if resume is None:
        return None
    before = store.scores.get(input_hash(resume, hydrated.job, scorer.version))
    score = before or _scored(resume, hydrated.job, scorer)
    return _stored(score, hydrated, store, connection, event_id, known=before is not None)


def _scored(resume: ResumeText, job: Job, scorer: Scorer) -> Score:
    return replace(scorer.score(resume, job), input_hash=input_hash(resume, job, scorer.version))


def _unreadable(error: ResumeUnreadable, job: Job, scorer: Scorer) -> Score:
    problem = f"résumé unreadable: {error.message}"
    inputs = hashlib.sha256(f"{problem}\0{job.id}\0{scorer.version}".encode()).hexdigest()
    reason = Reason(f"R{problem[1:]}", signal="resume")
    return Score(None, None, (reason,), scorer=scorer.version, input_hash=inputs, problem=problem)


def _stored(score: Score, hydrated: Hydrated, store: Store, connection: str, event_id: str, *, known: bool) -> Scored:
    try:
        audit_id = store.scores.put(connection, hydrated.candidate.id, hydrated.job.id, event_id, score)
    except PersonErased:
        if score.scorer.startswith(REMOTE):
            tell_scorer_of(store, {score.input_hash})
        raise
    return Scored(replace(score, audit_id=audit_id), known)
