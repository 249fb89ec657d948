"""Reliability row 18: accepted = outcomes + open, whatever happens to events; and a loss is noticed."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete

from engine.clock import ManualClock
from engine.errors import InputError, LeaseLost
from engine.keeping import Keep
from engine.model import Outcome, OutcomeKind
from engine.runtime.ledger_watch import LedgerWatch
from engine.runtime.retention import RetentionSweep
from engine.store import Store
from engine.store.schema import inbox
from tests import servers
from tests.store.making import DONE, raw, ready

KEYS = st.integers(0, 6)


class Ledger(RuleBasedStateMachine):
    """Any course of what can happen to events: the ledger balances after each step."""

    url: str | None = None

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.clock = ManualClock()
        where = self.url or Path(self.folder.name) / "x.db"
        self.store = Store.open(where, self.clock, servers.VAULT if self.url else None)
        self.ids: list[str] = []

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @rule(keys=st.lists(KEYS, min_size=1, max_size=4), tenant=st.sampled_from(["acme", "other"]))
    def accept(self, keys: list[int], tenant: str) -> None:
        self.ids += [one.id for one in self.store.inbox.accept([raw(f"k{key}", tenant) for key in keys]) if one.new]

    @rule(key=KEYS)
    def translate(self, key: int) -> None:
        for event in self.store.inbox.received(1):
            self.store.inbox.ready(event.id, subject=f"s{key}", canonical={}, due_at=0.0, manifest_hash="m")

    @rule(kind=st.sampled_from(list(OutcomeKind)))
    def work(self, kind: OutcomeKind) -> None:
        claim = self.store.inbox.claim(60)
        if claim is not None:
            self.store.inbox.finish(claim.ids, Outcome(kind), claim.token)

    @rule(parts=st.integers(1, 3))
    def split(self, parts: int) -> None:
        claim = self.store.inbox.claim(60)
        if claim is not None:
            children = [(f"{claim.ids[0]}>{part}", f"c{part}", {}, 0.0) for part in range(parts)]
            self.ids += [one.id for one in self.store.inbox.split(claim.ids[0], children, "m") if one.new]

    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        if self.ids:
            with suppress(InputError):
                self.store.inbox.replay(data.draw(st.sampled_from(self.ids)))

    @rule(data=st.data())
    def end_twice(self, data: st.DataObject) -> None:
        if self.ids:
            chosen = data.draw(st.sampled_from(self.ids))
            with suppress(LeaseLost, InputError):
                self.store.inbox.finish([chosen, "evt_unknown"], DONE)

    @rule()
    def a_transaction_that_fails_in_part_or_whole(self) -> None:
        with suppress(ZeroDivisionError), self.store.transaction():
            with suppress(ZeroDivisionError), self.store.transaction():
                self.store.inbox.accept([raw("inner")])
                raise ZeroDivisionError
            self.store.inbox.accept([raw("outer")])
            raise ZeroDivisionError

    @rule(days=st.sampled_from([1, 200]))
    def time_passes_and_old_events_go(self, days: int) -> None:
        self.clock.advance(days * 86400.0)
        self.store.inbox.recover()
        RetentionSweep(self.store, self.clock, Keep()).run()
        self.ids = [id_ for id_ in self.ids if self._is_there(id_)]

    def _is_there(self, id_: str) -> bool:
        with suppress(InputError):
            return bool(self.store.inbox.get(id_))
        return False

    @invariant()
    def it_balances(self) -> None:
        for of in (None, "acme", "other"):
            assert self.store.ledger.balance(of).missing == 0


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def test_it_balances_on_postgresql() -> None:
    class OnPostgres(Ledger):
        def __init__(self) -> None:
            type(self).url = servers.postgres_url()
            super().__init__()

    few = settings(max_examples=8, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(OnPostgres, settings=few)


def test_it_tells_what_became_of_all(store: Store) -> None:
    first, second = ready(store, "a", "a|j"), ready(store, "b", "b|j")
    store.inbox.accept([raw("c"), raw("c")])
    store.inbox.finish(first, DONE)
    store.inbox.finish(second, Outcome(OutcomeKind.FILTERED, "x"))
    store.inbox.replay(first)
    balance = store.ledger.balance()
    assert (balance.accepted, balance.reopened, balance.open) == (3, 1, 2)
    assert balance.outcomes == {"delivered": 1, "filtered": 1}


def test_an_event_that_vanished_is_missed_and_told_once(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    watch = LedgerWatch(store)
    ids = [ready(store, key, key) for key in "abc"]
    store.inbox.finish(ids[0], DONE)
    assert watch.run() == 0
    with store._database.write() as writing:
        writing.execute(delete(inbox).where(inbox.c.id == ids[1]))
    assert [watch.run(), watch.run()] == [1, 1]
    told = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert ["1 events are missing" in record.getMessage() for record in told] == [True]
