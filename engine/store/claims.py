"""The conditions under which work of the inbox may be taken, kept and given back.

One subject (an application) is worked on by one worker at a time; its events are taken together, oldest first, live
ones before those of a backfill. A lease that ran out is as good as none, whether or not ``recover`` has passed by.
On SQLite whoever writes is alone. On PostgreSQL workers take work side by side, and never wait for each other: each
locks the subject before it looks again whether somebody holds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Update,
    and_,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from engine.errors import FieldwrightError, InputError, LeaseLost
from engine.store.schema import fencing, fencing_token, inbox

_HOLDER = inbox.alias("holder")
_CANDIDATES = 64
_LOOKS = 3


def next_token(connection: Connection) -> int:
    """A fencing token higher than every one before it."""
    if connection.dialect.name == "postgresql":
        return int(connection.execute(select(fencing_token.next_value())).scalar_one())
    step = update(fencing).where(fencing.c.id == 1).values(token=fencing.c.token + 1)
    return int(connection.execute(step.returning(fencing.c.token)).scalar_one())


def is_due(connection: Connection, now: float, of: str | None = None) -> bool:
    """Whether there is an event to claim (of one connection, if given)."""
    return any(connection.execute(_due(now, of, bulk).limit(1)).first() for bulk in (False, True))


def take_subject(connection: Connection, now: float, of: str | None = None) -> tuple[str, str] | None:
    """The (connection, subject) of the event longest due that nobody holds, live ones first.

    Until the transaction ends, nobody else can take it.
    """
    for bulk in (False, True):
        if connection.dialect.name != "postgresql":
            found = connection.execute(_due(now, of, bulk).limit(1)).first()
            subject = (found.connection, found.subject) if found else None
        else:
            subject = _locked_subject(connection, now, of, bulk)
        if subject is not None:
            return subject
    return None


def next_free(now: float, bulk: bool) -> Select[Any]:
    """When the first ready event that nobody holds is or was due."""
    return (
        select(inbox.c.due_at)
        .where(inbox.c.state == "ready", inbox.c.bulk.is_(bulk), ~_held(now))
        .order_by(inbox.c.due_at)
        .limit(1)
    )


def has_due(now: float, name: str) -> ColumnElement[bool]:
    """Whether the connection ``name`` has an event that can be claimed."""

    def one(bulk: bool) -> ColumnElement[bool]:
        due = (inbox.c.state == "ready", inbox.c.bulk.is_(bulk), inbox.c.due_at <= now)
        return exists().where(inbox.c.connection == name, *due, ~_held(now))

    return or_(one(False), one(True))


def lease(tenant: str, subject: str, now: float, until: float, token: int) -> Update:
    """Takes all events of ``subject`` that are due, and counts the execution before it runs."""
    due = and_(inbox.c.state == "ready", inbox.c.due_at <= now)
    abandoned = and_(inbox.c.state == "leased", inbox.c.lease_until <= now)
    free = (
        select(inbox.c.id)
        .where(inbox.c.connection == tenant, inbox.c.subject == subject, or_(due, abandoned))
        .with_for_update(skip_locked=True)
    )
    return (
        update(inbox)
        .where(inbox.c.id.in_(free))
        .values(
            state="leased",
            lease_until=until,
            token=token,
            attempts=inbox.c.attempts + 1,
            unfinished=inbox.c.unfinished + 1,
        )
    )


def leased_by(ids: Sequence[str], token: int) -> ColumnElement[bool]:
    """Those of ``ids`` that are still under the lease of ``token``."""
    return and_(inbox.c.id.in_(ids), inbox.c.state == "leased", inbox.c.token == token)


def why_not(connection: Connection, ids: Sequence[str]) -> FieldwrightError:
    """The error that says why not all of ``ids`` could be changed."""
    found = {
        row.id: row for row in connection.execute(select(inbox.c.id, inbox.c.outcome).where(inbox.c.id.in_(ids)))
    }
    for id_ in ids:
        if id_ not in found:
            return InputError(f"There is no event {id_}.", hint="`fieldwright events list` shows those there are.")
        if found[id_].outcome:
            return LeaseLost(f"The event {id_} has ended already, as {found[id_].outcome}.")
    return LeaseLost(f"The event {ids[0]} is not in the hands of this worker any more.")


def _due(now: float, of: str | None, bulk: bool) -> Select[Any]:
    here = () if of is None else (inbox.c.connection == of,)
    return (
        select(inbox.c.connection, inbox.c.subject)
        .where(inbox.c.state == "ready", inbox.c.bulk.is_(bulk), inbox.c.due_at <= now, ~_held(now), *here)
        .order_by(inbox.c.due_at, inbox.c.received_at, inbox.c.id)
    )


def _locked_subject(connection: Connection, now: float, of: str | None, bulk: bool) -> tuple[str, str] | None:
    first = _due(now, of, bulk).limit(_CANDIDATES).subquery()
    lock = func.pg_try_advisory_xact_lock(
        func.hashtextextended(first.c.connection.concat(literal("\x1f")).concat(first.c.subject), 0)
    )
    lockable = select(first.c.connection, first.c.subject).where(lock).limit(1)
    for _ in range(_LOOKS):
        found = connection.execute(lockable).first()
        if found is None:
            return None
        # Who held the lock before has committed: only a new statement sees what they did.
        mine = (inbox.c.connection == found.connection, inbox.c.subject == found.subject)
        still = select(inbox.c.id).where(*mine, inbox.c.state == "ready", inbox.c.due_at <= now, ~_held(now))
        if connection.execute(still.limit(1)).first() is not None:
            return found.connection, found.subject
    return None


def _held(now: float) -> ColumnElement[bool]:
    return exists().where(
        _HOLDER.c.connection == inbox.c.connection,
        _HOLDER.c.subject == inbox.c.subject,
        _HOLDER.c.state == "leased",
        _HOLDER.c.lease_until > now,
    )
