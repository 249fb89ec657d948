"""What is stored, to be looked at by people, within a scope: no statement here sees a row of another tenant.

In: the tenants that somebody may see (None: all). Out: pages of events, deliveries and audit rows, newest first. A
page begins behind the mark of the last row of the one before: rows that come meanwhile neither repeat nor hide any.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, Select, and_, func, or_, select

from engine.errors import InputError
from engine.store.audit import AuditEntry
from engine.store.database import Database
from engine.store.deliveries import Delivery, delivery_from
from engine.store.events import StoredEvent, event_from
from engine.store.schema import audit, cursors, inbox, outbox, steps
from engine.store.steps import Step, step_from

Scope = frozenset[str] | None
"""The tenants that somebody may see; None means all."""

Mark = tuple[float, str]
"""The place of a row in its list: (UTC s, id)."""


class Browse:
    """Reads within ``scope``. What is outside of it is answered as if it were not there."""

    def __init__(self, database: Database, scope: Scope) -> None:
        self._database, self._scope = database, scope

    def events(
        self,
        connection: str | None = None,
        state: str | None = None,
        outcome: str | None = None,
        *,
        behind: Mark | None = None,
        limit: int = 50,
    ) -> list[StoredEvent]:
        """Events, narrowed by what is given."""
        wanted = {inbox.c.connection: connection, inbox.c.state: state, inbox.c.outcome: outcome}
        page = self._page(select(inbox), inbox.c.received_at, inbox.c.id, wanted, behind)
        return [event_from(row) for row in self._rows(page.limit(limit), inbox.c.connection)]

    def event(self, id: str) -> StoredEvent:
        """The event. Raises InputError where there is none to be seen."""
        rows = self._rows(select(inbox).where(inbox.c.id == id), inbox.c.connection)
        if not rows:
            raise InputError(f"There is no event {id}.", hint="`fieldwright events list` shows those there are.")
        return event_from(rows[0])

    def steps_of(self, event_id: str) -> list[Step]:
        """The steps of an event, in the order they happened."""
        self._database.flush()
        joined = select(steps).join(inbox, inbox.c.id == steps.c.event_id).where(steps.c.event_id == event_id)
        return [step_from(row) for row in self._rows(joined.order_by(steps.c.at, steps.c.id), inbox.c.connection)]

    def deliveries_of(self, event_id: str) -> list[Delivery]:
        """All deliveries of an event to its ATS, in the order in which they go out."""
        own = select(outbox).where(outbox.c.event_id == event_id, outbox.c.route.is_(None))
        rows = self._rows(own.order_by(outbox.c.turn, outbox.c.id), outbox.c.connection)
        return [delivery_from(row) for row in rows]

    def deliveries(
        self, connection: str | None, state: str, *, behind: Mark | None = None, limit: int = 50
    ) -> list[Delivery]:
        """Deliveries to an ATS that are in ``state``."""
        wanted = {outbox.c.connection: connection, outbox.c.state: state}
        to_ats = select(outbox).where(outbox.c.route.is_(None))
        page = self._page(to_ats, outbox.c.created_at, outbox.c.id, wanted, behind)
        return [delivery_from(row) for row in self._rows(page.limit(limit), outbox.c.connection)]

    def delivery(self, id: str) -> Delivery:
        """The delivery. Raises InputError where there is none to be seen."""
        rows = self._rows(select(outbox).where(outbox.c.id == id), outbox.c.connection)
        if not rows:
            raise InputError(f"There is no delivery {id}.")
        return delivery_from(rows[0])

    def audit(
        self,
        connection: str | None = None,
        event_id: str | None = None,
        actor: str | None = None,
        operation: str | None = None,
        *,
        behind: Mark | None = None,
        limit: int = 50,
    ) -> list[AuditEntry]:
        """Rows of the audit, narrowed by what is given."""
        self._database.flush()
        columns = (audit.c.connection, audit.c.event_id, audit.c.actor, audit.c.operation)
        wanted = dict(zip(columns, (connection, event_id, actor, operation), strict=True))
        page = self._page(select(audit), audit.c.at, audit.c.id, wanted, behind)
        return [AuditEntry(**row._mapping) for row in self._rows(page.limit(limit), audit.c.connection)]

    def oldest_open(self) -> dict[str, float]:
        """Since when (UTC s) the oldest event of each tenant waits that has not ended."""
        oldest = select(inbox.c.connection, func.min(inbox.c.received_at)).where(inbox.c.state != "finished")
        rows = self._rows(oldest.group_by(inbox.c.connection), inbox.c.connection)
        return {row[0]: row[1] for row in rows}

    def last_polled(self) -> dict[str, float]:
        """When (UTC s) a poll of each tenant last came on."""
        latest = select(cursors.c.connection, func.max(cursors.c.at)).group_by(cursors.c.connection)
        return {row[0]: row[1] for row in self._rows(latest, cursors.c.connection)}

    def _page(
        self,
        statement: Select[Any],
        time: Column[float],
        id_: Column[str],
        wanted: dict[Column[Any], str | None],
        behind: Mark | None,
    ) -> Select[Any]:
        conditions: list[ColumnElement[bool]] = [
            column == value for column, value in wanted.items() if value is not None
        ]
        if behind is not None:
            conditions.append(or_(time < behind[0], and_(time == behind[0], id_ < behind[1])))
        return statement.where(*conditions).order_by(time.desc(), id_.desc())

    def _rows(self, statement: Select[Any], connection: Column[Any]) -> list[Any]:
        if self._scope is not None:
            statement = statement.where(connection.in_(sorted(self._scope)))
        with self._database.read() as reading:
            return list(reading.execute(statement))
