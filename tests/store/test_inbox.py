"""The inbox: accepting once, translating, one outcome, splitting, replaying, counting."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clock import ManualClock
from engine.errors import InputError, LeaseLost
from engine.model import Outcome, OutcomeKind
from engine.store import Accepted, Store
from tests.store.making import DONE, NEWER, claimed, raw, ready


def test_the_same_event_in_any_number_is_one_row_and_all_get_its_id(store: Store) -> None:
    first = store.inbox.accept([raw("a"), raw("b"), raw("a"), raw("a", connection="other")])
    again = store.inbox.accept([raw("b"), raw("c")])
    assert [one.new for one in first] == [True, True, False, True]
    assert first[2].id == first[0].id != first[3].id
    assert again[0] == Accepted(first[1].id, False)
    assert again[1].new
    assert len(store.inbox.list()) == 4


def test_nothing_to_accept_is_nothing(store: Store) -> None:
    assert store.inbox.accept([]) == []


@pytest.mark.parametrize("size", [1, 255, 256, 257, 700])
def test_batches_of_any_size_keep_their_order(store: Store, size: int) -> None:
    accepted = store.inbox.accept([raw(f"k{n}") for n in range(size)])
    assert [event.id for event in store.inbox.received(1000)] == [one.id for one in accepted]
    assert store.inbox.accept([raw(f"k{n}") for n in range(size)]) == [Accepted(one.id, False) for one in accepted]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=5), st.binary(max_size=20)), max_size=12))
def test_any_key_and_any_bytes_are_stored_as_they_came(events: list[tuple[str, bytes]]) -> None:
    with Store.open(":memory:") as store:
        accepted = store.inbox.accept([raw(key, body=body) for key, body in events])
        assert sum(one.new for one in accepted) == len({key for key, _ in events})
        for one, (_, body) in zip(accepted, events, strict=True):
            if one.new:
                assert store.inbox.get(one.id).body == body


def test_a_key_that_is_no_proper_text_is_stored_and_recognised(store: Store) -> None:
    odd = raw("\ud800 \x00 é")
    first = store.inbox.accept([odd])[0]
    assert first.new
    assert store.inbox.accept([odd]) == [Accepted(first.id, False)]


def test_received_events_wait_for_translation_oldest_first(store: Store) -> None:
    late, early = (
        store.inbox.accept([raw("late", at=2e9)])[0].id,
        store.inbox.accept([raw("early", at=1e9)])[0].id,
    )
    assert [event.id for event in store.inbox.received(10)] == [early, late]
    assert [event.id for event in store.inbox.received(1)] == [early]


def test_an_event_is_translated_once(store: Store) -> None:
    id_ = ready(store, "k", candidate="ana")
    event = store.inbox.get(id_)
    assert (event.state, event.subject, event.manifest_hash) == ("ready", "ana/job", "m1")
    assert event.canonical is not None
    assert event.canonical["ids"]["candidate"] == event.candidate_id == "ana"
    with pytest.raises(LeaseLost):
        store.inbox.ready(id_, subject="x", canonical={}, due_at=0, manifest_hash="m2")


def test_an_event_ends_once(store: Store, clock: ManualClock) -> None:
    id_ = store.inbox.accept([raw("k")])[0].id
    store.inbox.finish(id_, Outcome(OutcomeKind.QUARANTINED, "no type"))
    ended = store.inbox.get(id_)
    assert (ended.state, ended.outcome) == ("finished", Outcome(OutcomeKind.QUARANTINED, "no type"))
    assert ended.finished_at == clock.now()
    with pytest.raises(LeaseLost, match="ended already, as quarantined"):
        store.inbox.finish(id_, DONE)


def test_several_end_together_or_none_of_them_does(store: Store) -> None:
    ids = [one.id for one in store.inbox.accept([raw("a"), raw("b"), raw("c")])]
    store.inbox.finish(ids[0], DONE)
    with pytest.raises(LeaseLost):
        store.inbox.finish(ids, NEWER)
    assert [store.inbox.get(id_).state for id_ in ids] == ["finished", "received", "received"]
    store.inbox.finish(ids[1:], NEWER)
    assert store.inbox.counts() == {"state": {"finished": 3}, "outcome": {"delivered": 1, "superseded": 2}}


def test_an_unknown_id_is_named(store: Store) -> None:
    for ask in (store.inbox.get, store.inbox.replay, lambda id_: store.inbox.finish(id_, DONE)):
        with pytest.raises(InputError, match="no event evt_none"):
            ask("evt_none")


def test_a_split_event_becomes_its_parts_and_ends_superseded(store: Store) -> None:
    parent = store.inbox.accept([raw("p")])[0].id
    parts = [(f"p#{job}", f"ana/{job}", {"ids": {"candidate": "ana", "job": job}}, 5.0) for job in ("x", "y", "x")]
    made = store.inbox.split(parent, parts, "m1")
    assert [one.new for one in made] == [True, True, False]
    assert store.inbox.get(parent).outcome == Outcome(OutcomeKind.SUPERSEDED, "split into 3 applications")
    child = store.inbox.get(made[0].id)
    assert (child.state, child.parent_id, child.subject, child.due_at) == ("ready", parent, "ana/x", 5.0)
    with pytest.raises(LeaseLost):
        store.inbox.split(parent, [("p#z", "ana/z", {}, 5.0)], "m1")
    assert len(store.inbox.list()) == 3


def test_a_split_that_fails_leaves_the_parent_open_and_no_parts(store: Store) -> None:
    parent = store.inbox.accept([raw("p")])[0].id
    without_key: Any = None
    with pytest.raises(InputError):
        store.inbox.split(parent, [("p#x", "ana/x", {}, 0.0), (without_key, "ana/y", {}, 0.0)], "m1")
    assert [(event.id, event.state) for event in store.inbox.list()] == [(parent, "received")]


def test_a_replayed_event_goes_the_whole_way_again_and_its_history_stays(store: Store) -> None:
    claim = claimed(store)
    id_ = claim.events[0].id
    store.inbox.finish(id_, Outcome(OutcomeKind.DEAD, "404"), claim.token)
    store.inbox.replay(id_)
    event = store.inbox.get(id_)
    assert (event.state, event.outcome, event.why, event.attempts) == ("received", None, None, 0)
    assert store.steps.of(id_)[0].detail == {"outcome": "dead", "why": "404"}
    assert [one.id for one in store.inbox.received(10)] == [id_]


def test_a_replayed_part_has_no_raw_body_and_is_ready_at_once(store: Store, clock: ManualClock) -> None:
    parent = store.inbox.accept([raw("p")])[0].id
    part = store.inbox.split(parent, [("p#x", "ana/x", {"ids": {}}, clock.now() + 50)], "m1")[0].id
    store.inbox.finish(part, DONE)
    store.inbox.replay(part)
    assert (store.inbox.get(part).state, store.inbox.get(part).due_at) == ("ready", clock.now())


def test_only_what_has_ended_is_replayed(store: Store) -> None:
    id_ = store.inbox.accept([raw("k")])[0].id
    with pytest.raises(InputError, match="not ended yet"):
        store.inbox.replay(id_)


def test_events_are_listed_newest_first_and_narrowed(store: Store) -> None:
    one = store.inbox.accept([raw("1", at=1.0)])[0].id
    two = store.inbox.accept([raw("2", at=2.0, connection="other")])[0].id
    store.inbox.finish(one, DONE)
    assert [event.id for event in store.inbox.list()] == [two, one]
    assert [event.id for event in store.inbox.list(connection="other")] == [two]
    assert [event.id for event in store.inbox.list(state="finished", outcome="delivered")] == [one]
    assert [event.id for event in store.inbox.list(limit=1)] == [two]


def test_of_a_refused_request_only_a_count_is_kept(store: Store) -> None:
    store.inbox.count_refusals({(None, "unknown connection"): 1})
    store.inbox.count_refusals({("acme", "bad signature"): 1})
    store.inbox.count_refusals({("acme", "bad signature"): 4})
    assert store.inbox.refused() == {"": {"unknown connection": 1}, "acme": {"bad signature": 5}}
    assert store.inbox.list() == []


def test_a_stored_event_shows_no_content_when_printed(store: Store) -> None:
    id_ = store.inbox.accept([raw("k", body=b"canary")])[0].id
    assert "canary" not in repr(store.inbox.get(id_))
