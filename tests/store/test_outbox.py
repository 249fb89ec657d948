"""The outbox: in order per application, fenced, replaced on the next rung, remembered as sent."""

from __future__ import annotations

import pytest

from engine.clock import ManualClock
from engine.errors import LeaseLost
from engine.store import Delivery, Store
from tests.store.making import DONE, claimed, delivery, planned


def taken(store: Store, event_id: str | None = None) -> Delivery:
    found = store.outbox.claim(60, event_id)
    assert found is not None
    return found


def test_planning_stores_the_deliveries_and_marks_the_event(store: Store) -> None:
    event_id = planned(store, delivery("field", payload={"fields": {"x": 85}}, marker="fw-1"), delivery("note"))
    assert store.inbox.get(event_id).state == "planned"
    field, note = store.outbox.of_event(event_id)
    assert (field.place, field.payload, field.marker, field.state) == (
        "field",
        {"fields": {"x": 85}},
        "fw-1",
        "pending",
    )
    assert note.place == "note"
    assert store.outbox.open_count(event_id) == 2


def test_an_event_is_planned_once(store: Store) -> None:
    claim = claimed(store)
    store.outbox.enqueue(claim.ids[0], [delivery()], claim.token)
    with pytest.raises(LeaseLost):
        store.outbox.enqueue(claim.ids[0], [delivery()], claim.token)
    assert store.outbox.counts() == {"pending": 1}


def test_while_deliveries_are_open_the_next_event_may_be_worked_on(store: Store) -> None:
    planned(store, delivery(), key="1")
    assert claimed(store, "2").ids


def test_writes_of_one_application_go_out_in_order(store: Store, clock: ManualClock) -> None:
    planned(store, delivery("first"), delivery("second"), key="1")
    planned(store, delivery("third"), key="2")
    planned(store, delivery("else", subject="ben/job"), key="3", subject="ben/job")
    first, other = taken(store), taken(store)
    assert (first.place, other.place) == ("first", "else")
    assert store.outbox.claim(60) is None
    store.outbox.retry_at(first.id, first.token, clock.now() + 100, "503")
    assert store.outbox.claim(60) is None
    clock.advance(100)
    for place in ("first", "second", "third"):
        now = taken(store)
        assert now.place == place
        store.outbox.settle(now.id, now.token, "delivered")
    assert store.outbox.next_due() == other.lease_until


def test_what_replaces_a_refused_delivery_takes_its_turn(store: Store) -> None:
    event_id = planned(store, delivery("field"), key="1")
    planned(store, delivery("newer"), key="2")
    field = taken(store)
    made = store.outbox.settle(field.id, field.token, "moved", "403 DENIED", [delivery("note")])
    note = taken(store)
    assert (note.id, note.place, note.event_id) == (made[0], "note", event_id)
    moved = store.outbox.get(field.id)
    assert moved is not None
    assert (moved.state, moved.last_cause) == ("moved", "403 DENIED")
    assert store.outbox.open_count(event_id) == 1


def test_what_waits_behind_a_retry_is_not_due_before_it(store: Store, clock: ManualClock) -> None:
    """In an outage the rows held up must not be looked at again and again."""
    event_id = planned(store, delivery("a"), delivery("b"), key="1")
    head = taken(store)
    until = clock.now() + 3600
    store.outbox.retry_at(head.id, head.token, until, "503")
    newer = planned(store, delivery("c"), key="2")
    planned(store, delivery("d", subject="ben/job"), key="3", subject="ben/job")
    assert {one.next_at for id_ in (event_id, newer) for one in store.outbox.of_event(id_)} == {until}
    assert taken(store).place == "d"
    clock.advance(3600)
    assert taken(store).place == "a"


def test_an_old_token_settles_nothing(store: Store, clock: ManualClock) -> None:
    event_id = planned(store, delivery())
    stale = taken(store)
    clock.advance(61)
    assert store.outbox.recover() == 1
    fresh = taken(store)
    assert fresh.token > stale.token
    for settle in (
        lambda: store.outbox.settle(stale.id, stale.token, "moved", "x", [delivery("extra")]),
        lambda: store.outbox.retry_at(stale.id, stale.token, 0, "x"),
        lambda: store.outbox.mark_sent(stale.id, stale.token, 60),
    ):
        with pytest.raises(LeaseLost):
            settle()
    store.outbox.settle(fresh.id, fresh.token, "delivered")
    with pytest.raises(LeaseLost):
        store.outbox.settle(fresh.id, fresh.token, "delivered")
    assert [one.state for one in store.outbox.of_event(event_id)] == ["delivered"]


def test_a_crash_after_sending_is_known_to_be_ambiguous(store: Store, clock: ManualClock) -> None:
    planned(store, delivery())
    first = taken(store)
    assert not first.sent
    store.outbox.mark_sent(first.id, first.token, 60)
    clock.advance(61)
    store.outbox.recover()
    second = taken(store)
    assert (second.sent, second.attempts) == (True, 2)
    store.outbox.retry_at(second.id, second.token, clock.now(), "timeout", sent=True)
    third = taken(store)
    assert third.sent
    store.outbox.retry_at(third.id, third.token, clock.now(), "503")
    assert not taken(store).sent


def test_what_was_sent_is_kept_from_then_on(store: Store, clock: ManualClock) -> None:
    planned(store, delivery())
    one = taken(store)
    clock.advance(50)
    store.outbox.mark_sent(one.id, one.token, 60)
    clock.advance(50)
    assert store.outbox.recover() == 0


def test_the_deliveries_of_one_event_can_be_taken_alone(store: Store) -> None:
    planned(store, delivery("a"), key="1")
    mine = planned(store, delivery("b", subject="ben/job"), key="2", subject="ben/job")
    assert taken(store, mine).place == "b"
    assert store.outbox.claim(60, mine) is None


def test_a_delivery_waits_until_it_may_be_tried_again(store: Store, clock: ManualClock) -> None:
    planned(store, delivery())
    one = taken(store)
    store.outbox.retry_at(one.id, one.token, clock.now() + 10, "503")
    assert store.outbox.claim(60) is None
    assert store.outbox.next_due() == clock.now() + 10
    clock.advance(10)
    assert taken(store).attempts == 2


def test_an_event_whose_deliveries_have_all_settled_is_due_for_its_outcome(store: Store) -> None:
    event_id = planned(store, delivery("a"), delivery("b"))
    assert store.inbox.settled(10) == []
    for _ in range(2):
        one = taken(store)
        store.outbox.settle(one.id, one.token, "delivered")
    assert [event.id for event in store.inbox.settled(10)] == [event_id]
    store.inbox.finish(event_id, DONE)
    assert store.inbox.settled(10) == []


def test_without_deliveries_there_is_nothing_to_wait_for(store: Store) -> None:
    assert store.outbox.claim(60) is None
    assert store.outbox.next_due() is None
    assert store.outbox.get("wrt_none") is None


def test_deliveries_are_listed_newest_first_and_narrowed(store: Store) -> None:
    planned(store, delivery("a"), key="1")
    planned(store, delivery("b", subject="ben/job"), key="2", subject="ben/job")
    assert [one.place for one in store.outbox.list()] == ["b", "a"]
    taken(store)
    assert [one.place for one in store.outbox.list(connection="acme", state="leased")] == ["a"]
    assert store.outbox.list(connection="other") == []
