"""Removing what is known of one candidate of one connection. Event rows, outcomes and the audit log stay.

In: (connection, candidate id). Out: how many rows of each family were removed or blanked. What stays bears a hash in
the place of the candidate's id.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, or_, select, update

from engine.store.database import Database
from engine.store.deliveries import OPEN, Delivery, delivery_from
from engine.store.schema import cache, inbox, outbox, persons, published, scores, steps, written

_TOLD_STILL = ("outcome", "erased", "replayed", "split")
_SHORTEST_NAMING = 5
"""An id of fewer characters stands in many a body that is not about its person."""
_PAGE = 200


def events_of(connection: Connection, tenant: str, candidate_id: str) -> list[str]:
    """The events about the candidate that have not ended."""
    here = (_about(inbox, tenant, candidate_id), inbox.c.state != "finished")
    return list(connection.execute(select(inbox.c.id).where(*here)).scalars())


def deliveries_of(connection: Connection, tenant: str, candidate_id: str) -> list[Delivery]:
    """All deliveries about the candidate, oldest first."""
    rows = select(outbox).where(_about(outbox, tenant, candidate_id)).order_by(outbox.c.created_at, outbox.c.id)
    return [delivery_from(row) for row in connection.execute(rows)]


def erase_candidate(
    connection: Connection, tenant: str, candidate_id: str, person: str, now: float
) -> dict[str, int]:
    """Erases within one transaction; ``person`` stands in the candidate's place from now on."""
    subjects = _subjects(connection, tenant, candidate_id)
    events = list(connection.execute(select(inbox.c.id).where(_about(inbox, tenant, candidate_id))).scalars())
    of_cache = or_(
        cache.c.candidate_id == candidate_id, cache.c.id == candidate_id, cache.c.id.in_(subjects or {candidate_id})
    )
    values = {
        "written": delete(written).where(written.c.connection == tenant, written.c.subject.in_(subjects)),
        "scores": delete(scores).where(_about(scores, tenant, candidate_id)),
        "cache": delete(cache).where(cache.c.connection == tenant, of_cache),
        "published": delete(published).where(_about(published, tenant, candidate_id)),
        "steps": delete(steps).where(steps.c.event_id.in_(events), steps.c.stage.not_in(_TOLD_STILL)),
        "persons": delete(persons).where(_about(persons, tenant, candidate_id)),
    }
    counts = {name: connection.execute(statement).rowcount for name, statement in values.items()}
    counts["outbox"] = _blank_outbox(connection, tenant, candidate_id, person, now)
    counts["inbox"] = _blank_inbox(connection, tenant, candidate_id, person, events)
    return counts


def blank(connection: Connection, ids: Sequence[str]) -> int:
    """Removes what the events say, and those they were split from; how many."""
    parents = select(inbox.c.parent_id).where(inbox.c.id.in_(ids), inbox.c.parent_id.is_not(None))
    about = or_(inbox.c.id.in_(ids), inbox.c.id.in_(parents))
    return connection.execute(update(inbox).where(about).values(headers="{}", body=b"", canonical=None)).rowcount


def naming(database: Database, tenant: str, candidate_id: str) -> Iterator[list[str]]:
    """Ended events that could not be told to be about anybody, whose body names the candidate; page by page."""
    if len(candidate_id) < _SHORTEST_NAMING:
        return
    named = re.compile(rb"(?<![A-Za-z0-9_-])" + re.escape(candidate_id.encode()) + rb"(?![A-Za-z0-9_-])")
    told = (inbox.c.connection == tenant, inbox.c.candidate_id.is_(None), inbox.c.state == "finished")
    last = ""
    while True:
        with database.read() as reading:
            page = select(inbox.c.id, inbox.c.body).where(*told, inbox.c.id > last, inbox.c.body != b"")
            rows = reading.execute(page.order_by(inbox.c.id).limit(_PAGE)).all()
        if not rows:
            return
        yield [row.id for row in rows if named.search(bytes(row.body))]
        last = rows[-1].id


def scrub(database: Database) -> None:
    """Writes the write-ahead log of SQLite back and cuts it off: what was removed stands in it still."""
    if database.engine.dialect.name != "sqlite":
        return
    raw = database.engine.raw_connection()
    try:
        for pragma in ("busy_timeout = 1000", "wal_checkpoint(TRUNCATE)", "busy_timeout = 10000"):
            raw.cursor().execute(f"PRAGMA {pragma}").close()
    finally:
        raw.close()


def _about(table: Table, tenant: str, candidate_id: str) -> ColumnElement[bool]:
    return and_(table.c.connection == tenant, table.c.candidate_id == candidate_id)


def _subjects(connection: Connection, tenant: str, candidate_id: str) -> set[str]:
    found: set[str] = set()
    for table in (inbox, outbox):
        rows = connection.execute(select(table.c.subject).where(_about(table, tenant, candidate_id)).distinct())
        found |= {row.subject for row in rows if row.subject}
    return found


def _blank_outbox(connection: Connection, tenant: str, candidate_id: str, person: str, now: float) -> int:
    events = select(inbox.c.id).where(_about(inbox, tenant, candidate_id))
    to_others = and_(outbox.c.route.is_not(None), outbox.c.candidate_id != "", outbox.c.event_id.in_(events))
    about = or_(_about(outbox, tenant, candidate_id), to_others)
    ended = {"state": "dead", "last_cause": "erased", "settled_at": now, "lease_until": None}
    connection.execute(update(outbox).where(about, outbox.c.state.in_(OPEN)).values(**ended))
    gone = {"payload": "{}", "marker": "", "candidate_id": person, "subject": f"erased:{person}"}
    return connection.execute(update(outbox).where(about).values(**gone)).rowcount


def _blank_inbox(connection: Connection, tenant: str, candidate_id: str, person: str, events: Sequence[str]) -> int:
    about = _about(inbox, tenant, candidate_id)
    blanked = blank(connection, events)
    naming = connection.execute(select(inbox.c.id, inbox.c.key).where(about)).all()
    for row in naming:
        if candidate_id in row.key:
            connection.execute(update(inbox).where(inbox.c.id == row.id).values(key=f"erased:{row.id}"))
    connection.execute(update(inbox).where(about).values(candidate_id=person, subject=f"erased:{person}"))
    return blanked
