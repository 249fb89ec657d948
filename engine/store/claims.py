"""The conditions under which work of the inbox may be taken, kept and given back.

One subject (an application) is worked on by one worker at a time; its events are taken together, oldest first.
A lease that ran out is as good as none, whether or not ``recover`` has passed by.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Update, and_, exists, or_, select, update

from engine.errors import FieldwrightError, InputError, LeaseLost
from engine.store.schema import fencing, inbox

_HOLDER = inbox.alias("holder")


def next_token(connection: Connection) -> int:
    """A fencing token higher than every one before it."""
    step = update(fencing).where(fencing.c.id == 1).values(token=fencing.c.token + 1)
    token: int = connection.execute(step.returning(fencing.c.token)).scalar_one()
    return token


def due_subject(now: float, connection: str | None = None) -> Select[Any]:
    """The (connection, subject) of the event longest due that nobody holds (of one connection, if given)."""
    here = () if connection is None else (inbox.c.connection == connection,)
    return (
        select(inbox.c.connection, inbox.c.subject)
        .where(inbox.c.state == "ready", inbox.c.due_at <= now, ~_held(now), *here)
        .order_by(inbox.c.due_at, inbox.c.received_at, inbox.c.id)
        .limit(1)
    )


def next_free(now: float) -> Select[Any]:
    """When the first ready event that nobody holds is or was due."""
    return (
        select(inbox.c.due_at)
        .where(inbox.c.state == "ready", ~_held(now))
        .order_by(inbox.c.due_at, inbox.c.received_at, inbox.c.id)
        .limit(1)
    )


def lease(tenant: str, subject: str, now: float, until: float, token: int) -> Update:
    """Takes all events of ``subject`` that are due, and counts the execution before it runs."""
    due = and_(inbox.c.state == "ready", inbox.c.due_at <= now)
    abandoned = and_(inbox.c.state == "leased", inbox.c.lease_until <= now)
    return (
        update(inbox)
        .where(inbox.c.connection == tenant, inbox.c.subject == subject, or_(due, abandoned))
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


def _held(now: float) -> ColumnElement[bool]:
    return exists().where(
        _HOLDER.c.connection == inbox.c.connection,
        _HOLDER.c.subject == inbox.c.subject,
        _HOLDER.c.state == "leased",
        _HOLDER.c.lease_until > now,
    )
