"""The newest score of each application of a tenant as rows of a table: ids, score, reasons, where it was written."""

from __future__ import annotations

from collections.abc import Iterator

from engine.clock import iso
from engine.errors import InputError
from engine.insight.sheets import Row
from engine.store import Store
from engine.store.scores import StoredScore

COLUMNS = (
    "candidate",
    "job",
    "score",
    "reasons",
    "skills matched",
    "skills missing",
    "problem",
    "written to",
    "ended",
    "why",
    "scored at",
    "scorer",
    "audit id",
)


def score_rows(store: Store, connection: str, since: float = 0.0) -> Iterator[Row]:
    """One row per application scored at ``since`` (UTC s) or later, oldest first. Holds no name and no contact."""
    newest: dict[tuple[str, str], str] = {}
    for scored in store.scores.of_connection(connection, since):
        newest[scored.candidate_id, scored.job_id] = scored.audit_id
    for scored in store.scores.of_connection(connection, since):
        if newest[scored.candidate_id, scored.job_id] == scored.audit_id:
            yield _row(store, scored)


def _row(store: Store, scored: StoredScore) -> Row:
    score, (ended, why) = scored.score, _end(store, scored.event_id)
    written = store.written.last(scored.connection, f"{scored.candidate_id}|{scored.job_id}").values()
    places = sorted(f"{one.output}: {one.place} {one.target}".strip() for one in written)
    return (
        scored.candidate_id,
        scored.job_id,
        score.match,
        "\n".join(reason.text for reason in score.reasons),
        ", ".join(score.skills_matched),
        ", ".join(score.skills_missing),
        score.problem,
        "; ".join(places),
        ended,
        why,
        iso(scored.at),
        score.scorer,
        scored.audit_id,
    )


def _end(store: Store, event_id: str | None) -> tuple[str, str]:
    """How the event ended that the score was made for: ("", "") where it has not, or is there no more."""
    try:
        outcome = store.inbox.get(event_id).outcome if event_id else None
    except InputError:
        outcome = None
    return (outcome.kind.value, outcome.why) if outcome else ("", "")
