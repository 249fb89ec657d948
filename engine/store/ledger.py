"""The ledger: how many events were accepted and how each kind of end was counted, apart from the events themselves.

Counters move in the transactions in which events are accepted and ended, and stay when old events are removed. So
``accepted + reopened = outcomes + open`` holds at every moment; where it does not, an event was lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, literal, select, union_all

from engine.store.database import Database
from engine.store.schema import inbox, ledger

ACCEPTED, REOPENED = "accepted", "reopened"
_OPEN, _OPEN_STATES = "open", ("received", "ready", "leased", "planned")


@dataclass(frozen=True, slots=True)
class Balance:
    """Events by what became of them. ``outcomes``: by kind; ``reopened``: ended ones that were replayed."""

    accepted: int
    reopened: int
    open: int
    outcomes: Mapping[str, int]

    @property
    def missing(self) -> int:
        """0; more where events were lost, less where some came from nowhere."""
        return self.accepted + self.reopened - sum(self.outcomes.values()) - self.open


class Ledger:
    """The table of counters."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def balance(self, of: str | None = None) -> Balance:
        """How it stands at one moment (for one connection)."""
        entries = select(ledger.c.entry, func.sum(ledger.c.count)).group_by(ledger.c.entry)
        waiting = select(literal(_OPEN), func.count()).where(inbox.c.state.in_(_OPEN_STATES))
        if of is not None:
            entries, waiting = entries.where(ledger.c.connection == of), waiting.where(inbox.c.connection == of)
        with self._database.read() as reading:
            # One statement, for only then do counters and events show one moment on either database.
            found = {entry: int(count) for entry, count in reading.execute(union_all(entries, waiting))}
        accepted, reopened = found.pop(ACCEPTED, 0), found.pop(REOPENED, 0)
        return Balance(accepted, reopened, found.pop(_OPEN, 0), dict(sorted(found.items())))
