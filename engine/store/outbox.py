"""The outbox: each delivery that was planned, until it is settled.

Deliveries of one subject (an application) go out strictly in order: while one is open, none after it is given
out, even if the first waits for a retry; what is held for a person (``engine.store.held``) holds up none. What
replaces a delivery takes its turn. Whoever holds an old token settles nothing (LeaseLost).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from engine.clock import Clock
from engine.errors import LeaseLost
from engine.model import Json
from engine.store.claims import leased_by, next_token, why_not
from engine.store.codec import encoded
from engine.store.database import Database
from engine.store.deliveries import OPEN, Deliveries, Delivery, NewDelivery, Place, Settled, delivery_from, row_of
from engine.store.identity import Identity
from engine.store.lanes import having
from engine.store.schema import inbox, outbox
from engine.store.turns import behind_all, first_due, has_due, is_due, next_pending, those_behind

OVERTAKEN = "overtaken by a newer result"
"""The cause of a delivery that ended because a newer one says more."""


class Outbox:
    """The table of deliveries. Every method is one transaction."""

    def __init__(self, database: Database, clock: Clock, identity: Identity) -> None:
        self._database, self._clock, self._identity = database, clock, identity

    def enqueue(self, event_id: str, entries: Sequence[NewDelivery], token: int) -> list[str]:
        """Stores the deliveries of an event and marks the event planned. ``token`` is that of its claim."""
        planned = {"state": "planned", "lease_until": None, "unfinished": 0}
        with self._database.write() as connection:
            marking = update(inbox).where(leased_by([event_id], token)).values(**planned)
            marked = connection.execute(marking.returning(inbox.c.bulk)).first()
            if marked is None:
                raise why_not(connection, [event_id])
            place = behind_all(connection, Place(event_id, self._identity.turn(), marked.bulk), entries)
            return self._insert(connection, entries, place)

    def add(self, event_id: str, entries: Sequence[NewDelivery]) -> list[str]:
        """Stores deliveries for other systems (with a ``route``) of an event that has ended; their ids."""
        with self._database.write() as connection:
            bulk = connection.execute(select(inbox.c.bulk).where(inbox.c.id == event_id)).scalar()
            first = Place(event_id, self._identity.turn(), bool(bulk))
            placed = [(entry, behind_all(connection, first, [entry])) for entry in entries]
            return [id_ for entry, place in placed for id_ in self._insert(connection, [entry], place)]

    def claim(self, lease_s: float, event_id: str | None = None, of: str | None = None) -> Delivery | None:
        """Leases the delivery due longest (of one event, of one connection); None when none may go out now.

        Those for other systems are given out only where ``of`` names their lane.
        """
        with self._database.read() as connection:
            if not is_due(connection, self._clock.now(), event_id, of):
                return None
        with self._database.write() as connection:
            now = self._clock.now()
            id_ = first_due(connection, now, event_id, of)
            if id_ is None:
                return None
            values = {"state": "leased", "lease_until": now + lease_s, "token": next_token(connection)}
            counts = {"attempts": outbox.c.attempts + 1, "unfinished": outbox.c.unfinished + 1}
            changed = update(outbox).where(outbox.c.id == id_).values(**counts, **values)
            connection.execute(changed)
            return delivery_from(connection.execute(select(outbox).where(outbox.c.id == id_)).one())

    def mark_sent(
        self, id: str, token: int, lease_s: float, payload: Mapping[str, Json] | None = None, *, sent: bool = True
    ) -> None:
        """Remembers, before the request leaves, that from now on it may have been applied.

        It is kept for ``lease_s`` from now: nobody else may send it while it is on its way. ``payload`` is what the
        delivery carries from now on, such as how far it came; ``sent`` False: nothing of it was applied after all.
        """
        values: dict[str, Any] = {"sent": sent, "lease_until": self._clock.now() + lease_s}
        if payload is not None:
            values["payload"] = encoded(payload)
        with self._database.write() as connection:
            _change(connection, id, token, values)

    def renew(self, id: str, token: int, lease_s: float) -> None:
        """Keeps the delivery for ``lease_s`` from now."""
        with self._database.write() as connection:
            _change(connection, id, token, {"lease_until": self._clock.now() + lease_s})

    def settle(
        self,
        id: str,
        token: int,
        state: Settled,
        cause: str = "",
        replacement: Sequence[NewDelivery] = (),
        absorbed: Sequence[str] = (),
    ) -> list[str]:
        """Ends a delivery, with what takes its place on the next rung; the ids of the latter.

        ``absorbed`` are pending deliveries of the same event whose outputs travel in a replacement now.
        """
        now = self._clock.now()
        ended = {"state": state, "last_cause": cause, "settled_at": now, "lease_until": None}
        with self._database.write() as connection:
            old = _change(connection, id, token, ended)
            if absorbed:
                _absorb(connection, old.event_id, absorbed, now)
            return self._insert(connection, replacement, Place(old.event_id, old.turn, old.bulk))

    def retry_at(
        self, id: str, token: int, next_at: float, cause: str, sent: bool | None = False, *, counted: bool = True
    ) -> None:
        """Gives the delivery back, to be tried at ``next_at``. ``sent``: it may have been applied, look first.

        ``sent`` None: nobody can tell how this try ended, what was marked before stays. ``counted`` False: this was
        no try.
        """
        back: dict[str, Any] = {"state": "pending", "next_at": next_at, "last_cause": cause, "lease_until": None}
        if sent is not None:
            back |= {"sent": sent, "unfinished": 0}
        if not counted:
            back["attempts"] = outbox.c.attempts - 1
        with self._database.write() as connection:
            kept = _change(connection, id, token, back)
            connection.execute(those_behind(kept, next_at))

    def hand_back(self, delivery: Delivery) -> None:
        """Gives back what was claimed and not begun, as it was before."""
        counts = {"attempts": outbox.c.attempts - 1, "unfinished": outbox.c.unfinished - 1}
        with self._database.write() as connection:
            _change(connection, delivery.id, delivery.token, {"state": "pending", "lease_until": None, **counts})

    def of_event(self, event_id: str) -> list[Delivery]:
        """All deliveries of an event to its ATS, in the order in which they go out."""
        own = (outbox.c.event_id == event_id, outbox.c.route.is_(None))
        ordered = select(outbox).where(*own).order_by(outbox.c.turn, outbox.c.id)
        with self._database.read() as connection:
            return [delivery_from(row) for row in connection.execute(ordered)]

    def open_of_subject(self, connection: str, subject: str) -> list[Delivery]:
        """What is still on its way to a subject, in the order in which it goes out."""
        here = (outbox.c.connection == connection, outbox.c.subject == subject, outbox.c.state.in_(OPEN))
        ordered = select(outbox).where(*here).order_by(outbox.c.turn, outbox.c.id)
        with self._database.read() as reading:
            return [delivery_from(row) for row in reading.execute(ordered)]

    def last_of_subject(self, connection: str, subject: str) -> Delivery | None:
        """The newest delivery to a subject, settled or not."""
        here = (outbox.c.connection == connection, outbox.c.subject == subject)
        newest = select(outbox).where(*here).order_by(outbox.c.created_at.desc(), outbox.c.id.desc()).limit(1)
        with self._database.read() as reading:
            row = reading.execute(newest).first()
        return delivery_from(row) if row else None

    def overtake(self, ids: Sequence[str]) -> int:
        """Ends those of ``ids`` that were never sent: a newer result goes out instead. How many."""
        waiting = (outbox.c.id.in_(ids), outbox.c.state.in_(("pending", "held")), outbox.c.sent.is_(False))
        gone = {"state": "moved", "last_cause": OVERTAKEN, "settled_at": self._clock.now()}
        with self._database.write() as connection:
            return connection.execute(update(outbox).where(*waiting).values(**gone)).rowcount

    def get(self, id: str) -> Delivery | None:
        with self._database.read() as connection:
            row = connection.execute(select(outbox).where(outbox.c.id == id)).first()
        return delivery_from(row) if row else None

    def list(self, connection: str | None = None, state: str | None = None, limit: int = 50) -> Deliveries:
        """Deliveries, newest first, narrowed by what is given."""
        wanted = {outbox.c.connection: connection, outbox.c.state: state}
        conditions = [column == value for column, value in wanted.items() if value is not None]
        newest = select(outbox).where(*conditions).order_by(outbox.c.created_at.desc(), outbox.c.id.desc())
        with self._database.read() as reading:
            return [delivery_from(row) for row in reading.execute(newest.limit(limit))]

    def counts(self) -> dict[str, int]:
        """How many deliveries there are, by state."""
        grouped = select(outbox.c.state, func.count().label("n")).group_by(outbox.c.state)
        with self._database.read() as connection:
            return {row.state: row.n for row in connection.execute(grouped)}

    def open_count(self, event_id: str) -> int:
        """How many deliveries of the event to its ATS are not settled."""
        still_open = (outbox.c.event_id == event_id, outbox.c.route.is_(None), outbox.c.state.in_(OPEN))
        with self._database.read() as connection:
            return connection.execute(select(func.count()).select_from(outbox).where(*still_open)).scalar_one()

    def recover(self, *, everything: bool = False) -> int:
        """Makes deliveries pending again whose lease ran out; how many. What was marked sent stays marked.

        ``everything``: those of running leases too, where the caller knows that no other worker is alive.
        """
        until = float("inf") if everything else self._clock.now()
        abandoned = (outbox.c.state == "leased", outbox.c.lease_until <= until)
        with self._database.read() as connection:
            if connection.execute(select(outbox.c.id).where(*abandoned).limit(1)).first() is None:
                return 0
        free = select(outbox.c.id).where(*abandoned).with_for_update(skip_locked=True)
        with self._database.write() as connection:
            freed = update(outbox).where(outbox.c.id.in_(free)).values(state="pending", lease_until=None)
            return connection.execute(freed).rowcount

    def next_due(self) -> float | None:
        """When to look again: the earliest due time of a delivery whose turn it is, or end of a lease."""
        ends = select(func.min(outbox.c.lease_until)).where(outbox.c.state == "leased")
        with self._database.read() as connection:
            times = [
                connection.execute(wanted).scalar() for wanted in (next_pending(False), next_pending(True), ends)
            ]
        return min((time for time in times if time is not None), default=None)

    def lanes_due(self, names: Sequence[str]) -> set[str]:
        """Those of the connections ``names`` that have a delivery which may go out."""
        with self._database.read() as connection:
            return having(connection, names, partial(has_due, self._clock.now()))

    def _insert(self, connection: Connection, entries: Sequence[NewDelivery], place: Place) -> Ids:
        now = self._clock.now()
        rows = [row_of(one, self._identity.new("wrt"), place, now) for one in entries]
        for row in rows:
            row["sent"] = _was_sent(connection, row)
        if rows:
            connection.execute(insert(outbox), rows)
        return [row["id"] for row in rows]


Ids = list[str]


def _was_sent(connection: Connection, row: Mapping[str, Any]) -> bool:
    """Whether the same was sent before, under the same marker, and nobody knows whether it arrived."""
    if not row["marker"]:
        return False
    same = (outbox.c.connection == row["connection"], outbox.c.subject == row["subject"])
    lost = (outbox.c.state == "dead", outbox.c.sent.is_(True), outbox.c.marker == row["marker"])
    return connection.execute(select(outbox.c.id).where(*same, *lost).limit(1)).first() is not None


def _change(connection: Connection, id: str, token: int, values: Mapping[str, Any]) -> Row[Any]:
    held = (outbox.c.id == id, outbox.c.state == "leased", outbox.c.token == token)
    place = (outbox.c.id, outbox.c.event_id, outbox.c.connection, outbox.c.subject, outbox.c.turn, outbox.c.bulk)
    row = connection.execute(update(outbox).where(*held).values(**values).returning(*place)).first()
    if row is None:
        raise LeaseLost(f"The delivery {id} is not in the hands of this worker any more.")
    return row


def _absorb(connection: Connection, event_id: str, ids: Sequence[str], now: float) -> None:
    waiting = (outbox.c.id.in_(ids), outbox.c.event_id == event_id, outbox.c.state == "pending")
    gone = {"state": "moved", "last_cause": "joined with another", "settled_at": now}
    if connection.execute(update(outbox).where(*waiting).values(**gone)).rowcount != len(ids):
        raise LeaseLost("a delivery to be joined is being worked on")
