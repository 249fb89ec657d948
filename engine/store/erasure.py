"""Removing what is known of one candidate of one connection. Event rows, outcomes and the audit log stay.

In: (connection, candidate id). Out: how many rows of each family were removed or blanked.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, or_, select, update

from engine.model import OutcomeKind
from engine.store.deliveries import OPEN
from engine.store.schema import cache, inbox, outbox, published, scores, written


def erase_candidate(
    connection: Connection, tenant: str, candidate_id: str, by_event: str | None, now: float
) -> dict[str, int]:
    """Erases within one transaction. ``by_event`` is blanked like the others, but left open for its own end."""
    subjects = _subjects(connection, tenant, candidate_id)
    values = {"written": delete(written).where(_in_subjects(written, tenant, subjects))}
    values["scores"] = delete(scores).where(_about(scores, tenant, candidate_id))
    by_id = and_(cache.c.connection == tenant, cache.c.id == candidate_id)
    values["cache"] = delete(cache).where(or_(_about(cache, tenant, candidate_id), by_id))
    values["published"] = delete(published).where(_about(published, tenant, candidate_id))
    counts = {name: connection.execute(statement).rowcount for name, statement in values.items()}
    counts["outbox"] = _blank_outbox(connection, tenant, candidate_id, now)
    counts["inbox"] = _blank_inbox(connection, tenant, candidate_id, by_event, now)
    return counts


def _about(table: Table, tenant: str, candidate_id: str) -> ColumnElement[bool]:
    return and_(table.c.connection == tenant, table.c.candidate_id == candidate_id)


def _in_subjects(table: Table, tenant: str, subjects: set[str]) -> ColumnElement[bool]:
    return and_(table.c.connection == tenant, table.c.subject.in_(subjects))


def _subjects(connection: Connection, tenant: str, candidate_id: str) -> set[str]:
    found: set[str] = set()
    for table in (inbox, outbox):
        rows = connection.execute(select(table.c.subject).where(_about(table, tenant, candidate_id)).distinct())
        found |= {row.subject for row in rows if row.subject}
    return found


def _blank_outbox(connection: Connection, tenant: str, candidate_id: str, now: float) -> int:
    events = select(inbox.c.id).where(_about(inbox, tenant, candidate_id))
    to_others = and_(outbox.c.route.is_not(None), outbox.c.candidate_id != "", outbox.c.event_id.in_(events))
    about = or_(_about(outbox, tenant, candidate_id), to_others)
    ended = {"state": "dead", "last_cause": "erased", "settled_at": now, "lease_until": None}
    connection.execute(update(outbox).where(about, outbox.c.state.in_(OPEN)).values(**ended))
    return connection.execute(update(outbox).where(about).values(payload="{}", marker="")).rowcount


def _blank_inbox(connection: Connection, tenant: str, candidate_id: str, by_event: str | None, now: float) -> int:
    own = _about(inbox, tenant, candidate_id)
    parents = select(inbox.c.parent_id).where(own, inbox.c.parent_id.is_not(None))
    about = or_(own, inbox.c.id.in_(parents))
    ended = {"state": "finished", "outcome": OutcomeKind.ERASED.value, "why": "erased", "finished_at": now}
    blanked = connection.execute(update(inbox).where(about).values(headers="{}", body=b"", canonical=None)).rowcount
    others = [own, inbox.c.state != "finished"]
    if by_event is not None:
        others.append(inbox.c.id != by_event)
    connection.execute(update(inbox).where(*others).values(**ended, lease_until=None))
    return blanked
