"""Deliveries that wait for a person: what is held keeps its event open and its turn, and holds up nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select, update

from engine.clock import Clock
from engine.store.codec import encoded
from engine.store.database import Database
from engine.store.deliveries import Deliveries, NewDelivery, Settled, delivery_from
from engine.store.schema import outbox


class HeldDeliveries:
    """The held rows of the outbox. Each method is one transaction; what is held no more is left alone."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def list(self, connection: str | None = None) -> Deliveries:
        """What is held (of one connection, if given), in the order in which it will go out."""
        here = () if connection is None else (outbox.c.connection == connection,)
        ordered = select(outbox).where(outbox.c.state == "held", *here).order_by(outbox.c.turn, outbox.c.id)
        with self._database.read() as reading:
            return [delivery_from(row) for row in reading.execute(ordered)]

    def release(self, id: str, now: NewDelivery) -> bool:
        """Lets it go out, in its turn, as what it is ``now``; whether it was still held."""
        sent = {"place": now.place, "operation": now.operation, "manifest_hash": now.manifest_hash}
        due = {"state": "pending", "next_at": self._clock.now(), "last_cause": "", "marker": now.marker}
        return self._change([outbox.c.id == id], {**sent, **due, "payload": encoded(now.payload)}) == 1

    def end(self, id: str, state: Settled, cause: str) -> bool:
        """Settles it without sending; whether it was still held."""
        settled = {"state": state, "last_cause": cause, "settled_at": self._clock.now()}
        return self._change([outbox.c.id == id], settled) == 1

    def explain(self, ids: Sequence[str], cause: str) -> None:
        """Why these are held, where that has changed."""
        self._change([outbox.c.id.in_(ids), outbox.c.last_cause != cause], {"last_cause": cause})

    def _change(self, wanted: Sequence[ColumnElement[bool]], values: dict[str, object]) -> int:
        with self._database.write() as writing:
            return writing.execute(update(outbox).where(outbox.c.state == "held", *wanted).values(**values)).rowcount
