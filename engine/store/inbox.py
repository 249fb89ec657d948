"""The inbox: each event that was accepted, from its raw bytes to its one outcome.

States: ``received`` (raw, to be translated) → ``ready`` (canonical, to be worked on) → ``leased`` → ``planned``
(its deliveries are in the outbox) → ``finished`` (an outcome is recorded). An event may finish from any of them,
once. Settling what another worker holds, or what has ended, raises LeaseLost; an unknown id raises InputError.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select, update

from engine.clock import Clock
from engine.errors import InputError
from engine.model import Json, Outcome, OutcomeKind, RawEvent
from engine.store import claims, lanes
from engine.store.accepting import insert_rows, key_of, new_once, rows_of, tell
from engine.store.columns import storable
from engine.store.database import Database, ignoring_insert
from engine.store.deliveries import OPEN
from engine.store.events import Accepted, Claim, StoredEvent, StoredEvents, event_from
from engine.store.identity import Identity
from engine.store.ledger import ACCEPTED, REOPENED
from engine.store.refusals import Refusals
from engine.store.room import Room
from engine.store.schema import inbox, outbox
from engine.store.splitting import Child, child_row, translated
from engine.store.steps import Steps


class Inbox:
    """The table of events. Every method is one transaction."""

    def __init__(self, database: Database, clock: Clock, identity: Identity, steps: Steps) -> None:
        self._database, self._clock, self._identity, self._steps = database, clock, identity, steps
        self._refusals = Refusals(database)
        self.room = Room(database)

    def accept(self, events: Sequence[RawEvent]) -> list[Accepted]:
        """Commits ``events``, all or none; each answer stands where its event stood."""
        rows = rows_of(events, self._identity)
        self.room.take(len(rows))
        with self._database.write() as connection:
            stored = insert_rows(connection, rows)
            for (name, _), one in stored.items():
                self._database.count(name, ACCEPTED, int(one.new))
        answers = new_once(stored[key_of(event)] for event in events)
        tell(events, answers)
        return answers

    def received(self, limit: int, connection: str | None = None) -> list[StoredEvent]:
        """Events that wait for translation and nobody translates, oldest first (live ones, of one connection)."""
        with self._database.read() as reading:
            found = reading.execute(lanes.untranslated(self._clock.now(), connection).limit(limit))
            return [event_from(row) for row in found]

    def starting(self, ids: Sequence[str], lease_s: float = 0.0) -> set[str]:
        """Counts an execution of each before it runs, for work that is done without a claim (translation).

        Which of them nobody else has begun: for ``lease_s`` they are this worker's.
        """
        with self._database.write() as connection:
            return lanes.begin_translating(connection, ids, self._clock.now(), lease_s)

    def ready(
        self, id: str, *, subject: str, canonical: Mapping[str, Json], due_at: float, manifest_hash: str
    ) -> None:
        """Records the translation of a received event; it can be claimed from ``due_at`` on."""
        values = translated(subject, canonical, due_at, manifest_hash)
        with self._database.write() as connection:
            done = connection.execute(
                update(inbox)
                .where(inbox.c.id == id, inbox.c.state == "received")
                .values(state="ready", unfinished=0, attempts=0, lease_until=None, **values)
            )
            if not done.rowcount:
                raise claims.why_not(connection, [id])

    def split(
        self, parent_id: str, children: Sequence[Child], manifest_hash: str, *, bulk: bool = False
    ) -> list[Accepted]:
        """Stores an event per child, ready, and ends the parent as superseded by them; all or nothing.

        ``bulk``: they come after all that is live, as those of a backfill do anyway.
        """
        parent = self.get(parent_id)
        rows = [
            child_row(self._identity.new("evt"), parent, child, manifest_hash, bulk=bulk or parent.bulk)
            for child in children
        ]
        with self._database.write() as connection:
            self.finish(
                parent_id,
                Outcome(
                    OutcomeKind.SUPERSEDED,
                    f"split into {len(children)} application{'s' if len(children) != 1 else ''}",
                ),
            )
            for row in rows:
                adding = ignoring_insert(connection, inbox).values(row).on_conflict_do_nothing()
                if connection.execute(adding.returning(inbox.c.id)).first() is not None:
                    self._database.count(parent.connection, ACCEPTED)
            keys = [row["key"] for row in rows]
            wanted = select(inbox.c.key, inbox.c.id).where(
                inbox.c.connection == parent.connection, inbox.c.key.in_(keys)
            )
            ids = {row.key: row.id for row in connection.execute(wanted)}
        made = {row["id"] for row in rows}
        return new_once(Accepted(id_, id_ in made) for id_ in (ids[storable(row["key"])] for row in rows))

    def finish(self, ids: str | Sequence[str], outcome: Outcome, token: int | None = None) -> None:
        """Records the one outcome of each event; all or none. With a ``token``, it must be the current one."""
        wanted = [ids] if isinstance(ids, str) else list(dict.fromkeys(ids))
        open_now: list[ColumnElement[bool]] = [inbox.c.id.in_(wanted), inbox.c.state != "finished"]
        if token is not None:
            open_now += [inbox.c.token == token, inbox.c.state.in_(("leased", "planned"))]
        values = {"outcome": outcome.kind.value, "why": outcome.why, "finished_at": self._clock.now()}
        with self._database.write() as connection:
            ended = update(inbox).where(*open_now).values(state="finished", lease_until=None, unfinished=0, **values)
            done = connection.execute(ended.returning(inbox.c.connection)).scalars().all()
            if len(done) != len(wanted):
                raise claims.why_not(connection, wanted)
            for name in done:
                self._database.count(name, outcome.kind.value)

    def claim(self, lease_s: float, of: str | None = None) -> Claim | None:
        """Leases, at once, all due events of the subject that waited longest; None when nothing is due.

        ``of`` keeps to one connection. Live events go before those of a backfill.
        """
        with self._database.read() as connection:
            if not claims.is_due(connection, self._clock.now(), of):
                return None
        with self._database.write() as connection:
            now = self._clock.now()
            due = claims.take_subject(connection, now, of)
            if due is None:
                return None
            tenant, subject = due
            token = claims.next_token(connection)
            connection.execute(claims.lease(tenant, subject, now, now + lease_s, token))
            of_subject = (inbox.c.connection == tenant, inbox.c.subject == subject)
            rows = connection.execute(_events(*of_subject, inbox.c.state == "leased", inbox.c.token == token)).all()
            return Claim(tuple(map(event_from, rows)), token, tenant, subject) if rows else None

    def lanes_due(self, names: Sequence[str]) -> set[str]:
        """Those of ``names`` (connections) that have an event to be translated or claimed now."""
        with self._database.read() as reading:
            return lanes.having(reading, names, lambda name: lanes.something_due(self._clock.now(), name))

    def connections(self) -> set[str]:
        """The connections of which there are events."""
        with self._database.read() as reading:
            return lanes.names(reading)

    def renew(self, claim: Claim, lease_s: float) -> None:
        """Keeps what is left of the claim for ``lease_s`` from now."""
        self._change_leased(claim, {"lease_until": self._clock.now() + lease_s})

    def release(self, claim: Claim, due_at: float, why: str, *, counted: bool = True) -> None:
        """Gives back what is left of the claim; it is due again at ``due_at``. ``why`` names no person.

        ``counted`` False: this was no try.
        """
        back: dict[str, Any] = {"state": "ready", "due_at": due_at, "why": why, "lease_until": None, "unfinished": 0}
        if not counted:
            back["attempts"] = inbox.c.attempts - 1
        self._change_leased(claim, back)

    def hand_back(self, claim: Claim) -> None:
        """Gives back what was claimed and not begun, as it was before."""
        counts = {"attempts": inbox.c.attempts - 1, "unfinished": inbox.c.unfinished - 1}
        self._change_leased(claim, {"state": "ready", "lease_until": None, **counts})

    def recover(self, *, everything: bool = False) -> int:
        """Makes events ready again whose lease ran out; how many.

        ``everything``: those of running leases too, where the caller knows that no other worker is alive.
        """
        until = float("inf") if everything else self._clock.now()
        abandoned = (inbox.c.state == "leased", inbox.c.lease_until <= until)
        given_up = 0
        if everything:
            with self._database.write() as connection:
                given_up = connection.execute(lanes.give_up_translating()).rowcount
        with self._database.read() as connection:
            if connection.execute(select(inbox.c.id).where(*abandoned).limit(1)).first() is None:
                return given_up
        free = select(inbox.c.id).where(*abandoned).with_for_update(skip_locked=True)
        with self._database.write() as connection:
            freed = update(inbox).where(inbox.c.id.in_(free)).values(state="ready", lease_until=None)
            return given_up + connection.execute(freed).rowcount

    def next_due(self) -> float | None:
        """When to look again: the earliest due time of an event nobody holds, or end of a lease."""
        now = self._clock.now()
        ends = select(func.min(inbox.c.lease_until)).where(inbox.c.state == "leased")
        wanted = (claims.next_free(now, False), claims.next_free(now, True), ends)
        with self._database.read() as connection:
            times: list[float | None] = [connection.execute(statement).scalar() for statement in wanted]
        return min((time for time in times if time is not None), default=None)

    def settled(self, limit: int) -> list[StoredEvent]:
        """Planned events of which no delivery is open: their outcome is due to be recorded."""
        to_ats = (outbox.c.event_id == inbox.c.id, outbox.c.route.is_(None))
        still_open = exists().where(*to_ats, outbox.c.state.in_(OPEN))
        return self._select(inbox.c.state == "planned", ~still_open, limit=limit)

    def of_subject(self, connection: str, subject: str) -> StoredEvents:
        """All events of an application that are there, oldest first."""
        return self._select(inbox.c.connection == connection, inbox.c.subject == subject)

    def replay(self, id: str, *, bulk: bool = False) -> None:
        """Sends a finished event through the engine again, by the present mapping; its outcome becomes a step.

        ``bulk``: behind all that is live.
        """
        event = self.get(id)
        if event.outcome is None:
            raise InputError(f"The event {id} has not ended yet ({event.state}).", hint="Wait until it has.")
        is_gone = event.canonical is None if event.parent_id else not event.body
        if event.outcome.kind is OutcomeKind.ERASED or is_gone:
            raise InputError(f"The event {id} cannot be replayed: its data was erased, or is kept no longer.")
        fresh = {"outcome": None, "why": None, "finished_at": None, "attempts": 0, "unfinished": 0}
        fresh |= {"manifest_hash": None, "bulk": event.bulk or bulk}
        state = {"state": "ready", "due_at": self._clock.now()} if event.parent_id else {"state": "received"}
        with self._database.write() as connection:
            still = (inbox.c.id == id, inbox.c.state == "finished")
            if connection.execute(update(inbox).where(*still).values(**fresh, **state)).rowcount:
                self._database.count(event.connection, REOPENED)
                was = {"outcome": event.outcome.kind.value, "why": event.outcome.why}
                self._steps.add(id, "replayed", was)

    def get(self, id: str) -> StoredEvent:
        """The event. Raises InputError where there is none."""
        found = self._select(inbox.c.id == id)
        if not found:
            raise InputError(f"There is no event {id}.", hint="`fieldwright events list` shows those there are.")
        return found[0]

    def list(
        self,
        connection: str | None = None,
        state: str | None = None,
        outcome: str | None = None,
        limit: int = 50,
    ) -> StoredEvents:
        """Events, newest first, narrowed by what is given."""
        wanted = {inbox.c.connection: connection, inbox.c.state: state, inbox.c.outcome: outcome}
        conditions = [column == value for column, value in wanted.items() if value is not None]
        newest = select(inbox).where(*conditions).order_by(inbox.c.received_at.desc(), inbox.c.id.desc())
        with self._database.read() as reading:
            return [event_from(row) for row in reading.execute(newest.limit(limit))]

    def newest_about(self, connection: str, candidate_id: str) -> str | None:
        """The newest event about a candidate."""
        here = (inbox.c.connection == connection, inbox.c.candidate_id == candidate_id)
        with self._database.read() as reading:
            newest = select(inbox.c.id).where(*here).order_by(inbox.c.received_at.desc(), inbox.c.id.desc())
            return reading.execute(newest.limit(1)).scalar()

    def counts(self, of: str | None = None) -> dict[str, dict[str, int]]:
        """How many events there are (of one connection, if given): ``{"state": {…}, "outcome": {…}}``."""
        here = () if of is None else (inbox.c.connection == of,)
        grouped = select(inbox.c.state, inbox.c.outcome, func.count().label("n")).where(*here)
        states: dict[str, int] = {}
        outcomes: dict[str, int] = {}
        with self._database.read() as connection:
            for state, outcome, n in connection.execute(grouped.group_by(inbox.c.state, inbox.c.outcome)):
                states[state] = states.get(state, 0) + n
                if outcome:
                    outcomes[outcome] = n
        return {"state": states, "outcome": outcomes}

    def count_refusals(self, counts: Mapping[tuple[str | None, str], int]) -> None:
        """Adds the counts of requests refused at the door, by (connection or None, reason), in one transaction."""
        self._refusals.count(counts)

    def refused(self) -> dict[str, dict[str, int]]:
        """How many were refused, by connection ("" for unknown ones) and reason."""
        return self._refusals.all()

    def _select(self, *conditions: ColumnElement[bool], limit: int | None = None) -> StoredEvents:
        with self._database.read() as connection:
            return [event_from(row) for row in connection.execute(_events(*conditions).limit(limit))]

    def _change_leased(self, claim: Claim, values: Mapping[str, Any]) -> None:
        with self._database.write() as connection:
            changed = update(inbox).where(claims.leased_by(claim.ids, claim.token)).values(**values)
            if not connection.execute(changed).rowcount:
                raise claims.why_not(connection, claim.ids)


def _events(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select(inbox).where(*conditions).order_by(inbox.c.received_at, inbox.c.id)
