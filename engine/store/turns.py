"""In which order the deliveries of one subject go out, and which delivery is the next one of all.

While one of a subject is pending or leased, none after it is due. Live ones go before those of a backfill.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Update, and_, case, exists, func, or_, select, update

from engine.store.deliveries import NewDelivery, Place
from engine.store.schema import outbox

_GOING = ("pending", "leased")
_FIRST = outbox.alias("first")


def behind_all(connection: Connection, place: Place, entries: Sequence[NewDelivery]) -> Place:
    """``place``, moved behind all that is on its way to the subjects of ``entries``."""
    # What must wait behind another is not due before it: claims look at due rows only, and in a long outage most
    # rows would be due and held up. The clocks of two workers may differ by more than their work is apart.
    for tenant, subject in {(entry.connection, entry.subject) for entry in entries}:
        waits = func.max(case((outbox.c.state == "pending", outbox.c.next_at)))
        going = (outbox.c.connection == tenant, outbox.c.subject == subject, outbox.c.state.in_(_GOING))
        last, until = connection.execute(select(func.max(outbox.c.turn), waits).where(*going)).one()
        turn = max(place.turn, (last or 0) + 1)
        place = replace(place, turn=turn, not_before=max(place.not_before, until or 0.0))
    return place


def is_due(connection: Connection, now: float, event_id: str | None, of: str | None) -> bool:
    """Whether ``first_due`` would find one."""
    return any(connection.execute(_due(now, event_id, of, bulk)).first() for bulk in (False, True))


def first_due(connection: Connection, now: float, event_id: str | None, of: str | None) -> str | None:
    """The id of the delivery due longest, of one event or of one connection if given; nobody else may take it.

    Those for other systems are given out only where ``of`` names their lane.
    """
    for bulk in (False, True):
        free = _due(now, event_id, of, bulk).with_for_update(skip_locked=True, of=outbox)
        id_: str | None = connection.execute(free).scalar()
        if id_ is not None:
            return id_
    return None


def next_pending(bulk: bool) -> Select[Any]:
    """When the first delivery whose turn it is may go out."""
    first = select(outbox.c.next_at).where(outbox.c.state == "pending", outbox.c.bulk.is_(bulk), ~_behind_another())
    return first.order_by(outbox.c.next_at, outbox.c.id).limit(1)


def has_due(now: float, name: str) -> ColumnElement[bool]:
    """Whether the connection ``name`` has a delivery that may go out."""

    def one(bulk: bool) -> ColumnElement[bool]:
        due = (outbox.c.state == "pending", outbox.c.bulk.is_(bulk), outbox.c.next_at <= now)
        return exists().where(outbox.c.connection == name, *due, ~_behind_another())

    return or_(one(False), one(True))


def those_behind(first: Row[Any], next_at: float) -> Update:
    """Puts off to ``next_at`` what waits behind ``first``."""
    later = or_(outbox.c.turn > first.turn, and_(outbox.c.turn == first.turn, outbox.c.id > first.id))
    same_subject = (outbox.c.connection == first.connection, outbox.c.subject == first.subject)
    behind = (*same_subject, outbox.c.state == "pending", later, outbox.c.next_at < next_at)
    return update(outbox).where(*behind).values(next_at=next_at)


def _due(now: float, event_id: str | None, of: str | None, bulk: bool) -> Select[Any]:
    due = (outbox.c.state == "pending", outbox.c.bulk.is_(bulk), outbox.c.next_at <= now, ~_behind_another())
    wanted = {outbox.c.event_id: event_id, outbox.c.connection: of}
    asked = [column == value for column, value in wanted.items() if value is not None]
    ours = [outbox.c.route.is_(None)] if of is None else []
    return select(outbox.c.id).where(*due, *asked, *ours).order_by(outbox.c.next_at, outbox.c.id).limit(1)


def _behind_another() -> ColumnElement[bool]:
    earlier = or_(_FIRST.c.turn < outbox.c.turn, and_(_FIRST.c.turn == outbox.c.turn, _FIRST.c.id < outbox.c.id))
    same_subject = (_FIRST.c.connection == outbox.c.connection, _FIRST.c.subject == outbox.c.subject)
    return exists().where(*same_subject, _FIRST.c.state.in_(_GOING), earlier)
