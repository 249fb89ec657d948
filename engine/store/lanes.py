"""Which connections have work, and which received events may be translated: the conditions, as SQL.

Who translates has begun for a time (a lease without a token): what is translated twice is settled once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Update, func, or_, select, update

from engine.store import claims
from engine.store.schema import inbox

_MOST_COLUMNS = 200


def names(reading: Connection) -> set[str]:
    """The connections of which there are events, each found by one look at an index."""
    found: set[str] = set()
    last = reading.execute(select(func.min(inbox.c.connection))).scalar()
    while last is not None:
        found.add(last)
        last = reading.execute(select(func.min(inbox.c.connection)).where(inbox.c.connection > last)).scalar()
    return found


def begin_translating(connection: Connection, ids: Sequence[str], now: float, lease_s: float) -> set[str]:
    """Takes those of ``ids`` that nobody translates for ``lease_s``, and counts the execution; which they are."""
    free = untranslated(now).with_only_columns(inbox.c.id).where(inbox.c.id.in_(ids))
    mine = inbox.c.id.in_(free.with_for_update(skip_locked=True))
    counts = {"attempts": inbox.c.attempts + 1, "unfinished": inbox.c.unfinished + 1}
    begun = update(inbox).where(mine).values(**counts, lease_until=now + lease_s).returning(inbox.c.id)
    return {row.id for row in connection.execute(begun)}


def untranslated(now: float, connection: str | None = None) -> Select[Any]:
    """Received events that nobody translates, in the order in which that is to happen."""
    waiting = (inbox.c.state == "received", or_(inbox.c.lease_until.is_(None), inbox.c.lease_until <= now))
    if connection is None:
        return select(inbox).where(*waiting).order_by(inbox.c.bulk, inbox.c.received_at, inbox.c.id)
    order = (inbox.c.bulk, inbox.c.due_at, inbox.c.received_at, inbox.c.id)
    return select(inbox).where(inbox.c.connection == connection, *waiting).order_by(*order)


def give_up_translating() -> Update:
    """Takes received events from those who translate them."""
    begun = (inbox.c.state == "received", inbox.c.lease_until.is_not(None))
    return update(inbox).where(*begun).values(lease_until=None)


def something_due(now: float, connection: str) -> ColumnElement[bool]:
    """Whether there is an event of the connection to be translated, or one to be claimed."""
    return or_(untranslated(now, connection).exists(), claims.has_due(now, connection))


def having(reading: Connection, asked_for: Sequence[str], has_work: Callable[[str], ColumnElement[bool]]) -> set[str]:
    """Those of ``asked_for`` for which ``has_work`` holds, by as few statements as there may be columns in one."""
    found: set[str] = set()
    for start in range(0, len(asked_for), _MOST_COLUMNS):
        asked = asked_for[start : start + _MOST_COLUMNS]
        row = reading.execute(select(*(has_work(name).label(f"n{n}") for n, name in enumerate(asked)))).one()
        found.update(name for name, due in zip(asked, row, strict=True) if due)
    return found
