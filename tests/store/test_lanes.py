"""Live work goes before a backfill's, and it can be asked which connections have work at all."""

from __future__ import annotations

from dataclasses import replace

from engine.clock import ManualClock
from engine.store import Store
from tests.store.making import DONE, claimed, delivery, planned, raw, ready


def _backfilled(store: Store, key: str, subject: str) -> str:
    id_ = store.inbox.accept([replace(raw(key), source="backfill")])[0].id
    store.inbox.ready(id_, subject=subject, canonical={}, due_at=0.0, manifest_hash="m")
    return id_


def test_live_events_are_claimed_before_those_of_a_backfill(store: Store) -> None:
    old = _backfilled(store, "old", "a/1")
    live = ready(store, "live", "b/1", due_at=store.clock.now())
    claims = [store.inbox.claim(60), store.inbox.claim(60), store.inbox.claim(60)]
    assert [claim and claim.ids for claim in claims] == [(live,), (old,), None]


def test_live_events_are_translated_before_those_of_a_backfill(store: Store) -> None:
    store.inbox.accept([replace(raw("old"), source="backfill", received_at=1.0), raw("new", at=2.0)])
    assert [event.key for event in store.inbox.received(2)] == ["new", "old"]
    assert [event.key for event in store.inbox.received(1)] == ["new"]


def test_parts_of_a_bulk_event_are_bulk_and_so_are_their_deliveries(store: Store) -> None:
    old = _backfilled(store, "old", "a/1")
    claim = store.inbox.claim(60)
    assert claim is not None
    child = store.inbox.split(old, [("c", "c/1", {}, 0.0)], "m")[0].id
    live = planned(store, delivery(subject="live/1"), key="live", subject="live/1")
    claim = store.inbox.claim(60)
    assert claim is not None
    assert claim.ids == (child,)
    assert store.inbox.get(child).bulk
    late, *_ = store.outbox.enqueue(child, [delivery(subject="c/1")], claim.token)
    deliveries = [store.outbox.claim(60), store.outbox.claim(60)]
    assert [(one.event_id, one.bulk) for one in deliveries if one] == [(live, False), (child, True)]
    assert deliveries[1] is not None
    (replaced,) = store.outbox.settle(late, deliveries[1].token, "moved", replacement=[delivery(subject="c/1")])
    assert store.outbox.get(replaced).bulk  # type: ignore[union-attr]


def test_parts_can_be_made_to_wait_behind_what_is_live(store: Store) -> None:
    parent = claimed(store, "job", "job/1").ids[0]
    (child,) = store.inbox.split(parent, [("c", "c/1", {}, 0.0)], "m", bulk=True)
    live = ready(store, "live", "b/1", due_at=store.clock.now())
    claim = store.inbox.claim(60)
    assert claim is not None
    assert claim.ids == (live,)
    assert store.inbox.get(child.id).bulk


def test_lanes_with_work_to_claim(store: Store, clock: ManualClock) -> None:
    ready(store, "now", connection="acme")
    ready(store, "later", connection="other", due_at=clock.now() + 10)
    assert store.inbox.lanes_due(["acme", "other", "nobody"]) == {"acme"}
    assert store.inbox.lanes_due([]) == set()
    assert store.inbox.lanes_due([f"t{number}" for number in range(450)]) == set()
    claim = store.inbox.claim(60, "acme")
    assert store.inbox.claim(60, "other") is None
    assert store.inbox.lanes_due(["acme", "other"]) == set()
    clock.advance(10)
    assert store.inbox.lanes_due(["acme", "other"]) == {"other"}
    assert claim is not None
    store.inbox.finish(claim.ids, DONE, claim.token)


def test_lanes_with_deliveries_that_may_go_out(store: Store, clock: ManualClock) -> None:
    planned(store, delivery(), delivery("second"))
    assert store.outbox.lanes_due(["acme", "other"]) == {"acme"}
    assert store.outbox.claim(60, of="other") is None
    first = store.outbox.claim(60, of="acme")
    assert first is not None
    assert store.outbox.lanes_due(["acme"]) == set()
    store.outbox.retry_at(first.id, first.token, clock.now() + 30, "later")
    assert store.outbox.lanes_due(["acme"]) == set()
    clock.advance(30)
    assert store.outbox.lanes_due(["acme"]) == {"acme"}


def test_a_later_event_goes_out_later_also_where_its_workers_clock_is_behind(
    store: Store, clock: ManualClock
) -> None:
    first = planned(store, delivery(), key="1")
    behind = Store(store._database, ManualClock(clock.now() - 5), store.vault)
    second = claimed(store, "2")
    behind.outbox.enqueue(second.ids[0], [delivery()], second.token)
    order = []
    while one := store.outbox.claim(60):
        order.append(one.event_id)
        store.outbox.settle(one.id, one.token, "delivered")
    assert order == [first, second.ids[0]]
