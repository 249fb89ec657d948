"""Removing what is older than it is kept. Nothing that is in flight, and nothing that it needs, is touched.

Each method removes one batch in one short transaction and gives how many rows; until it gives 0 there is more.
Times are UTC s: what ended, or was made, before them goes.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, delete, exists, func, or_, select, tuple_, update

from engine.clock import Clock
from engine.store.connections import Connections
from engine.store.database import Database
from engine.store.deliveries import OPEN
from engine.store.schema import cache, inbox, outbox, refused, scores, steps, written

BATCH = 500
_LASTING = ("directory",)
"""Kinds of the cache that are read when they are out of date too: names of fields, of nobody's."""
_TOLD_STILL = ("outcome", "replayed")
_SINCE = "refused.since"


class Retention:
    """The rows that are too old, family by family."""

    def __init__(self, database: Database, clock: Clock, connections: Connections) -> None:
        self._database, self._clock, self._connections = database, clock, connections

    def raw(self, before: float) -> int:
        """What ended events brought."""
        there = or_(func.length(inbox.c.body) > 0, inbox.c.canonical.is_not(None), inbox.c.headers != "{}")
        old = select(inbox.c.id).where(*_ended(before), there, ~_on_its_way()).limit(BATCH)
        return self._run(update(inbox).where(inbox.c.id.in_(old)).values(headers="{}", body=b"", canonical=None))

    def payloads(self, before: float) -> int:
        """What settled deliveries carried, of events that have ended."""
        settled = (outbox.c.state.not_in(OPEN), outbox.c.settled_at < before, outbox.c.payload != "{}")
        ended = exists().where(inbox.c.id == outbox.c.event_id, inbox.c.state == "finished")
        old = select(outbox.c.id).where(*settled, ended).limit(BATCH)
        return self._run(update(outbox).where(outbox.c.id.in_(old)).values(payload="{}", marker=""))

    def scores(self, before: float) -> int:
        """Scores of people of whom nothing is under way."""
        old = select(scores.c.audit_id).where(scores.c.at < before, ~_in_flight(scores)).limit(BATCH)
        return self._run(delete(scores).where(scores.c.audit_id.in_(old)))

    def written(self, before: float) -> int:
        """What is known to have been written."""
        here = (outbox.c.connection == written.c.connection, outbox.c.subject == written.c.subject)
        going = exists().where(*here, outbox.c.state.in_(OPEN))
        key = (written.c.connection, written.c.subject, written.c.output)
        old = select(*key).where(written.c.at < before, ~going).limit(BATCH)
        return self._run(delete(written).where(tuple_(*key).in_(old)))

    def steps(self, before: float) -> int:
        """Steps of events that have ended; their outcomes stay with them."""
        ended = exists().where(inbox.c.id == steps.c.event_id, inbox.c.state == "finished")
        old = select(steps.c.id).where(steps.c.at < before, steps.c.stage.not_in(_TOLD_STILL), ended).limit(BATCH)
        return self._run(delete(steps).where(steps.c.id.in_(old)))

    def events(self, before: float) -> int:
        """Whole events, with their deliveries and steps. What the ledger counted stays counted."""
        parts = inbox.alias("parts")
        split = exists().where(parts.c.parent_id == inbox.c.id, parts.c.state != "finished")
        old = select(inbox.c.id).where(*_ended(before), ~_on_its_way(), ~split).limit(BATCH)
        with self._database.write() as writing:
            ids = list(writing.execute(old).scalars())
            for table in (steps, outbox):
                writing.execute(delete(table).where(table.c.event_id.in_(ids)))
            writing.execute(delete(inbox).where(inbox.c.id.in_(ids)))
        return len(ids)

    def expired(self) -> int:
        """What was fetched from ATSs and is out of date."""
        key = (cache.c.connection, cache.c.kind, cache.c.id)
        gone = (cache.c.expires_at <= self._clock.now(), cache.c.kind.not_in(_LASTING))
        return self._run(delete(cache).where(tuple_(*key).in_(select(*key).where(*gone).limit(BATCH))))

    def forgotten(self) -> int:
        """What was kept of people, without an end of its own, of whom there is no event any more."""
        of_them = (inbox.c.connection == cache.c.connection, inbox.c.candidate_id == cache.c.candidate_id)
        key = (cache.c.connection, cache.c.kind, cache.c.id)
        lasting = (cache.c.candidate_id.is_not(None), cache.c.expires_at.is_(None), ~exists().where(*of_them))
        return self._run(delete(cache).where(tuple_(*key).in_(select(*key).where(*lasting).limit(BATCH))))

    def refusals(self, lasts_s: float) -> int:
        """The counts of what was refused, all at once when they have been counted for so long."""
        now = self._clock.now()
        since = self._connections.change("", _SINCE, lambda kept: now if kept is None else kept)
        if now - float(since) < lasts_s:
            return 0
        with self._database.write() as writing:
            self._connections.change("", _SINCE, lambda _: now)
            return writing.execute(delete(refused)).rowcount

    def _run(self, statement: Any) -> int:
        with self._database.write() as writing:
            count: int = writing.execute(statement).rowcount
        return count


def _ended(before: float) -> tuple[ColumnElement[bool], ...]:
    # An event ends after it was received: the index of the latter leads to those that are old.
    return inbox.c.received_at < before, inbox.c.state == "finished", inbox.c.finished_at < before


def _on_its_way() -> ColumnElement[bool]:
    return exists().where(outbox.c.event_id == inbox.c.id, outbox.c.state.in_(OPEN))


def _in_flight(table: Table) -> ColumnElement[bool]:
    def of(other: Table) -> Select[Any]:
        here = (other.c.connection == table.c.connection, other.c.candidate_id == table.c.candidate_id)
        return select(other.c.id).where(and_(*here))

    return or_(
        of(inbox).where(inbox.c.state != "finished").exists(), of(outbox).where(outbox.c.state.in_(OPEN)).exists()
    )
