"""Claims of the inbox: one worker per application, oldest first, fenced by tokens."""

from __future__ import annotations

import threading
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from engine.clock import ManualClock
from engine.errors import LeaseLost
from engine.store import Claim, Store
from tests.store.making import DONE, NEWER, claimed, delivery, raw, ready


def test_a_claim_takes_all_due_events_of_the_subject_longest_due(store: Store, clock: ManualClock) -> None:
    now = clock.now()
    other = ready(store, "o", "ben/job", due_at=now - 1)
    first = ready(store, "1", "ana/job", due_at=now - 5, at=10.0)
    newest = ready(store, "3", "ana/job", due_at=now - 2, at=30.0)
    middle = ready(store, "2", "ana/job", due_at=now, at=20.0)
    ready(store, "4", "ana/job", due_at=now + 1, at=40.0)
    claim = store.inbox.claim(60)
    assert claim is not None
    assert claim.ids == (first, middle, newest)
    assert (claim.connection, claim.subject) == ("acme", "ana/job")
    assert all(event.attempts == 1 and event.state == "leased" for event in claim.events)
    following = store.inbox.claim(60)
    assert following is not None
    assert following.ids == (other,)
    assert following.token > claim.token
    assert store.inbox.claim(60) is None


def test_the_same_subject_of_two_tenants_is_two_subjects(store: Store) -> None:
    ready(store, "1", connection="acme")
    ready(store, "1", connection="other")
    assert {claim.connection for claim in (store.inbox.claim(60), store.inbox.claim(60)) if claim} == {
        "acme",
        "other",
    }


def test_while_a_subject_is_held_its_later_events_wait(store: Store, clock: ManualClock) -> None:
    claim = claimed(store, "1")
    later = ready(store, "2")
    assert store.inbox.claim(60) is None
    assert store.inbox.next_due() == clock.now() + 60
    store.inbox.finish(claim.ids, DONE, claim.token)
    following = store.inbox.claim(60)
    assert following is not None
    assert following.ids == (later,)


def test_a_lease_that_ran_out_goes_to_the_next_worker_and_the_first_settles_nothing(
    store: Store, clock: ManualClock
) -> None:
    stale = claimed(store, "1")
    clock.advance(61)
    assert store.inbox.recover() == 1
    assert store.inbox.recover() == 0
    fresh = store.inbox.claim(60)
    assert fresh is not None
    assert (fresh.ids, fresh.events[0].attempts, fresh.events[0].unfinished) == (stale.ids, 2, 2)
    for settle in (
        lambda: store.inbox.finish(stale.ids, DONE, stale.token),
        lambda: store.inbox.renew(stale, 60),
        lambda: store.inbox.release(stale, 0, "later"),
        lambda: store.outbox.enqueue(stale.ids[0], [delivery()], stale.token),
    ):
        with pytest.raises(LeaseLost):
            settle()
    store.inbox.finish(fresh.ids, DONE, fresh.token)
    assert store.outbox.counts() == {}


def test_a_recovered_event_that_nobody_took_cannot_be_settled_either(store: Store, clock: ManualClock) -> None:
    stale = claimed(store, "1")
    clock.advance(61)
    store.inbox.recover()
    with pytest.raises(LeaseLost):
        store.inbox.finish(stale.ids, DONE, stale.token)


def test_an_abandoned_event_is_taken_with_the_next_of_its_subject(store: Store, clock: ManualClock) -> None:
    stale = claimed(store, "1")
    clock.advance(61)
    later = ready(store, "2", at=clock.now())
    claim = store.inbox.claim(60)
    assert claim is not None
    assert claim.ids == (*stale.ids, later)


def test_a_renewed_lease_holds(store: Store, clock: ManualClock) -> None:
    claim = claimed(store)
    clock.advance(50)
    store.inbox.renew(claim, 60)
    clock.advance(50)
    assert store.inbox.recover() == 0
    store.inbox.finish(claim.ids, DONE, claim.token)


def test_a_released_event_comes_back_when_it_is_due(store: Store, clock: ManualClock) -> None:
    claim = claimed(store)
    store.inbox.release(claim, clock.now() + 300, "429")
    assert store.inbox.claim(60) is None
    assert store.inbox.next_due() == clock.now() + 300
    clock.advance(300)
    again = store.inbox.claim(60)
    assert again is not None
    assert (again.events[0].attempts, again.events[0].unfinished, again.events[0].why) == (2, 1, "429")


def test_executions_are_counted_before_they_run(store: Store, clock: ManualClock) -> None:
    id_ = store.inbox.accept([raw("k")])[0].id
    assert store.inbox.starting([id_], 60) == {id_}
    assert store.inbox.starting([id_], 60) == set()
    assert store.inbox.received(10) == []
    clock.advance(60)
    assert [event.id for event in store.inbox.received(10)] == [id_]
    assert store.inbox.starting([id_], 60) == {id_}
    assert (store.inbox.get(id_).attempts, store.inbox.get(id_).unfinished) == (2, 2)
    store.inbox.ready(id_, subject="s", canonical={}, due_at=0, manifest_hash="m")
    for run in range(1, 4):
        claim = store.inbox.claim(60)
        assert claim is not None
        assert claim.events[0].unfinished == run
        clock.advance(61)
        store.inbox.recover()


def test_a_translation_that_a_dead_process_had_begun_is_taken_up_at_once_by_the_next(store: Store) -> None:
    id_ = store.inbox.accept([raw("k")])[0].id
    store.inbox.starting([id_], 60)
    assert store.inbox.recover(everything=True) == 1
    assert [event.id for event in store.inbox.received(10)] == [id_]


def test_without_work_there_is_nothing_to_wait_for(store: Store) -> None:
    assert store.inbox.claim(60) is None
    assert store.inbox.next_due() is None


def test_four_workers_never_share_a_subject_and_lose_nothing(tmp_path: Path) -> None:
    """Each event is worked on once, each subject's in order, no two workers on one subject at a time."""
    with Store.open(tmp_path / "x.db") as store:
        ids = [ready(store, f"{n}", f"s{n % 10}", due_at=n) for n in range(120)]
        seen: dict[str, list[str]] = defaultdict(list)
        working: set[str] = set()
        clashes: list[str] = []
        guard = threading.Lock()

        def work() -> None:
            while claim := store.inbox.claim(60):
                with guard:
                    clashes.extend({claim.subject} & working)
                    working.add(claim.subject)
                    seen[claim.subject].extend(claim.ids)
                half = len(claim.ids) // 2
                store.inbox.finish(claim.ids[:half], NEWER, claim.token) if half else None
                with guard:
                    working.discard(claim.subject)
                store.inbox.finish(claim.ids[half:], DONE, claim.token)

        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert clashes == []
        assert {subject: ids[int(subject[1:]) :: 10] for subject in seen} == seen
        assert store.inbox.counts()["state"] == {"finished": 120}


class Ledger(RuleBasedStateMachine):
    """Whatever happens in whatever order: accepted = outcomes + in flight, and one live claim per subject."""

    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.store = Store.open(":memory:", self.clock)
        self.keys: set[str] = set()
        self.ended: set[str] = set()
        self.held: dict[str, tuple[int, float]] = {}

    def teardown(self) -> None:
        self.store.close()

    @rule(key=st.sampled_from("abcdefgh"), subject=st.sampled_from("xyz"), delay=st.sampled_from([0, 30]))
    def arrive(self, key: str, subject: str, delay: float) -> None:
        accepted = self.store.inbox.accept([raw(key, at=self.clock.now())])[0]
        assert accepted.new == (key not in self.keys)
        self.keys.add(key)
        if accepted.new:
            due_at = self.clock.now() + delay
            self.store.inbox.ready(accepted.id, subject=subject, canonical={}, due_at=due_at, manifest_hash="m")

    @rule(target=claims)
    def claim(self) -> object:
        now = self.clock.now()
        claim = self.store.inbox.claim(60)
        if claim is None:
            return multiple()
        assert self.held.get(claim.subject, (0, 0.0))[1] <= now
        assert claim.token > max((token for token, _ in self.held.values()), default=0)
        self.held[claim.subject] = (claim.token, now + 60)
        return claim

    @rule(claim=consumes(claims))
    def finish(self, claim: Claim) -> None:
        if self._settles(claim, lambda: self.store.inbox.finish(claim.ids, DONE, claim.token)):
            self.ended |= set(claim.ids)

    @rule(claim=consumes(claims), delay=st.sampled_from([0, 45]))
    def release(self, claim: Claim, delay: float) -> None:
        due_at = self.clock.now() + delay
        self._settles(claim, lambda: self.store.inbox.release(claim, due_at, "later"))

    @rule(seconds=st.sampled_from([1, 29, 61]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule()
    def recover(self) -> None:
        self.store.inbox.recover()
        for subject, (token, until) in self.held.items():
            if until <= self.clock.now():
                self.held[subject] = (token, 0.0)

    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        if self.ended:
            id_ = data.draw(st.sampled_from(sorted(self.ended)))
            self.store.inbox.replay(id_)
            self.ended.discard(id_)

    @invariant()
    def the_ledger_balances(self) -> None:
        states = self.store.inbox.counts()["state"]
        assert sum(states.values()) == len(self.keys)
        assert states.get("finished", 0) == len(self.ended)

    def _settles(self, claim: Claim, settle: object) -> bool:
        token, until = self.held[claim.subject]
        try:
            settle()
        except LeaseLost:
            assert token != claim.token or until <= self.clock.now()
            return False
        assert token == claim.token
        assert until > 0.0
        self.held[claim.subject] = (token, 0.0)
        return True


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
