"""The store: one opened database and the table families in it. Safe to share between threads.

In: a path, ``sqlite:///…``, ``:memory:`` (a file that lives as long as the store) or ``postgresql://…``, and a clock.
"""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, suppress
from functools import partial
from pathlib import Path
from types import TracebackType

from engine.clock import SYSTEM, Clock, SteadyClock
from engine.errors import StoreUnavailable
from engine.model import Outcome, OutcomeKind
from engine.store.api_keys import ApiKeys
from engine.store.audit import Audit
from engine.store.audit_seals import Seals
from engine.store.breakers import Breakers
from engine.store.browsing import Browse, Scope
from engine.store.cache import Cache
from engine.store.capabilities import Capabilities
from engine.store.connections import Connections
from engine.store.cursors import Cursors
from engine.store.database import Database
from engine.store.deliveries import Delivery
from engine.store.erasure import deliveries_of, erase_candidate, events_of, naming, scrub
from engine.store.erasures import Erasures
from engine.store.gauges import Gauges
from engine.store.grants import grant_service
from engine.store.held import HeldDeliveries
from engine.store.identity import Identity
from engine.store.inbox import Inbox
from engine.store.ledger import Ledger
from engine.store.locks import Locks
from engine.store.mappings import Mappings
from engine.store.opening import postgres_url, sqlite_path
from engine.store.outbox import Outbox
from engine.store.persons import Persons
from engine.store.published import Published
from engine.store.retention import Retention
from engine.store.routes import RouteRows
from engine.store.scores import Scores
from engine.store.steps import Steps
from engine.store.vault import Vault
from engine.store.vault_keys import new_key, parse_keys
from engine.store.written import WrittenValues


class Store:
    """The table families, each by its name. Any method raises StoreUnavailable when it cannot commit now."""

    def __init__(self, database: Database, clock: Clock, vault: Vault) -> None:
        identity = Identity(clock)
        self._database, self.clock = database, clock
        self._closing = threading.Event()
        self.vault = vault
        self.connections = Connections(database, vault)
        self.erasures = Erasures(database, clock, self.connections)
        self.steps = Steps(database, clock, identity)
        self.inbox = Inbox(database, clock, identity, self.steps)
        self.outbox = Outbox(database, clock, identity)
        self.held = HeldDeliveries(database, clock)
        self.cursors = Cursors(database, clock)
        self.scores = Scores(database, clock, self.erasures)
        self.capabilities = Capabilities(database, clock)
        self.persons = Persons(database, self.erasures)
        self.audit = Audit(database, clock, identity, self.persons)
        self.api_keys = ApiKeys(database, clock, identity)
        self.seals = Seals(database, clock)
        self.mappings = Mappings(database, clock)
        self.cache = Cache(database, clock, self.erasures)
        self.written = WrittenValues(database, clock)
        self.ledger = Ledger(database)
        self.breakers = Breakers(database, clock)
        self.retention = Retention(database, clock, self.connections)
        self.published = Published(database, clock, self.erasures)
        self.locks = Locks(database, clock)
        self.gauges = Gauges(database, clock)
        self.routes = RouteRows(database, clock)

    @classmethod
    def open(cls, url_or_path: str | Path, clock: Clock = SYSTEM, vault: Vault | None = None) -> Store:
        """Opens or creates the database. Raises InputError where it cannot be used.

        ``store.clock`` is the time by which leases go: ``clock``, or instead of the system's own a steady one that
        all processes on one PostgreSQL database share, whatever their walls say. Without a ``vault``, secrets are
        encrypted with keys of a file beside a SQLite database.
        """
        database = Database.open(url_or_path)
        if clock is not SYSTEM:
            return cls(database, clock, vault or _own_vault(str(url_or_path)))
        steady = SteadyClock(database.now)
        store = cls(database, steady, vault or _own_vault(str(url_or_path)))
        threading.Thread(target=store._keep_time, args=(steady,), name="store-clock", daemon=True).start()
        return store

    def browse(self, scope: Scope = None) -> Browse:
        """What somebody may look at who may see the tenants of ``scope``; None: all."""
        return Browse(self._database, scope)

    def transaction(self) -> AbstractContextManager[object]:
        """All that this thread does inside becomes one transaction: committed at the end, or not at all.

        Keep it short, and free of calls to others: no other thread writes meanwhile.
        """
        return self._database.write()

    def gathering(self) -> AbstractContextManager[None]:
        """Steps and audit rows that this thread adds inside join its next transaction, or one at the end."""
        return self._database.gathering()

    def erase(self, connection: str, candidate_id: str, *, by_event: str | None = None) -> dict[str, int]:
        """Removes what is known of a candidate and remembers that they were erased; rows touched by family.

        Open events and deliveries of theirs end as erased, but ``by_event``, which asked for it, stays open.
        """
        with self._database.write() as writing:
            person = self.erasures.remember(writing, connection, candidate_id)
            ended = [id_ for id_ in events_of(writing, connection, candidate_id) if id_ != by_event]
            counts = erase_candidate(writing, connection, candidate_id, person, self.clock.now())
            if ended:
                self.inbox.finish(ended, Outcome(OutcomeKind.ERASED, "erased"))
        return {**counts, "ended": len(ended)}

    def erase_naming(self, connection: str, candidate_id: str) -> int:
        """Removes what ended events say that nobody could tell whom they are about, where they name the candidate."""
        count = 0
        for page in naming(self._database, connection, candidate_id):
            count += self.erasures.blank(page) if page else 0
        return count

    def deliveries_about(self, connection: str, candidate_id: str) -> list[Delivery]:
        """All deliveries about a candidate, oldest first."""
        with self._database.read() as reading:
            return deliveries_of(reading, connection, candidate_id)

    def scrub(self) -> None:
        """Has the files of the database forget what was removed, as far as nobody reads it at this moment."""
        scrub(self._database)

    def grant_service(self, role: str) -> None:
        """Lets a role of PostgreSQL do a service's work, which neither changes nor removes rows of the audit."""
        grant_service(self._database, role)

    def close(self) -> None:
        self._closing.set()
        self._database.close()

    def _keep_time(self, steady: SteadyClock) -> None:
        while not self._closing.wait(steady.EVERY_S):
            with suppress(StoreUnavailable):
                steady.rebase()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _own_vault(url_or_path: str) -> Vault:
    if url_or_path == ":memory:":
        return Vault(partial(parse_keys, new_key(), "memory"))
    if postgres_url(url_or_path):
        return Vault.given(None)
    return Vault.beside(sqlite_path(url_or_path).parent)
