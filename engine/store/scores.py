"""Scores: by the hash of their inputs, so that none is worked out twice, and by the application they are of.

Each application's score has an audit id of its own, such as ``fw-k3c7m2q5xa``, under which it is found again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_, select

from engine.clock import Clock
from engine.model import Score
from engine.store.codec import score_from, score_text
from engine.store.database import Database, ignoring_insert
from engine.store.erasures import Erasures
from engine.store.identity import audit_code
from engine.store.schema import scores

_PAGE = 500


@dataclass(frozen=True, slots=True)
class StoredScore:
    """A score, whose it is (provider's ids), the event it was made for, and when (UTC s)."""

    audit_id: str
    connection: str
    candidate_id: str
    job_id: str
    event_id: str | None
    score: Score
    at: float


StoredScores = list[StoredScore]


class Scores:
    """The table of scores."""

    def __init__(self, database: Database, clock: Clock, erasures: Erasures) -> None:
        self._database, self._clock, self._erasures = database, clock, erasures

    def get(self, input_hash: str) -> Score | None:
        """The score once worked out for these inputs, or None."""
        found = self._select(scores.c.input_hash == input_hash, limit=1)
        return found[0].score if found else None

    def put(self, connection: str, candidate_id: str, job_id: str, event_id: str | None, score: Score) -> str:
        """Stores the application's score and gives its audit id: the earlier one where the inputs are the same.

        Raises PersonErased.
        """
        key = {"connection": connection, "candidate_id": candidate_id, "job_id": job_id}
        values = {"event_id": event_id, "score": score_text(score), "at": self._clock.now()}
        columns = [*key, "input_hash"]
        with self._database.write() as writing:
            self._erasures.check(writing, connection, candidate_id)
            statement = ignoring_insert(writing, scores).values(
                audit_id=audit_code(), input_hash=score.input_hash, **key, **values
            )
            kept = statement.on_conflict_do_update(index_elements=columns, set_=values)
            audit_id: str = writing.execute(kept.returning(scores.c.audit_id)).scalar_one()
        return audit_id

    def latest(self, connection: str, candidate_id: str, job_id: str) -> StoredScore | None:
        """The application's newest score, or None."""
        application = (scores.c.candidate_id == candidate_id, scores.c.job_id == job_id)
        found = self._select(scores.c.connection == connection, *application, limit=1)
        return found[0] if found else None

    def of_audit(self, audit_id: str) -> StoredScore | None:
        found = self._select(scores.c.audit_id == audit_id, limit=1)
        return found[0] if found else None

    def of_event(self, event_id: str) -> StoredScores:
        return self._select(scores.c.event_id == event_id)

    def of_candidate(self, connection: str, candidate_id: str) -> StoredScores:
        return self._select(scores.c.connection == connection, scores.c.candidate_id == candidate_id)

    def of_connection(self, connection: str, since: float = 0.0) -> Iterator[StoredScore]:
        """All scores of a connection made at ``since`` (UTC s) or later, oldest first, read piece by piece."""
        after = (since, "")
        while True:
            later = or_(scores.c.at > after[0], and_(scores.c.at == after[0], scores.c.audit_id > after[1]))
            page = select(scores).where(scores.c.connection == connection, later)
            with self._database.read() as reading:
                found = [
                    _stored(row)
                    for row in reading.execute(page.order_by(scores.c.at, scores.c.audit_id).limit(_PAGE))
                ]
            yield from found
            if len(found) < _PAGE:
                return
            after = (found[-1].at, found[-1].audit_id)

    def applications_of_job(self, connection: str, job_id: str) -> list[tuple[str, str]]:
        """The applications scored for a job, as (candidate id, job id)."""
        wanted = (scores.c.connection == connection, scores.c.job_id == job_id)
        statement = select(scores.c.candidate_id, scores.c.job_id).where(*wanted).distinct()
        with self._database.read() as reading:
            rows = reading.execute(statement.order_by(scores.c.candidate_id))
            return [(row.candidate_id, row.job_id) for row in rows]

    def _select(self, *conditions: ColumnElement[bool], limit: int | None = None) -> StoredScores:
        newest = select(scores).where(*conditions).order_by(scores.c.at.desc(), scores.c.audit_id)
        with self._database.read() as reading:
            return [_stored(row) for row in reading.execute(newest.limit(limit))]


def _stored(row: Row[Any]) -> StoredScore:
    score = score_from(row.score, row.audit_id)
    return StoredScore(row.audit_id, row.connection, row.candidate_id, row.job_id, row.event_id, score, row.at)
