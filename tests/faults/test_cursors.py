"""Reliability row 10: what is committed late, or comes while somebody reads page by page, is not passed over."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from engine.clock import ManualClock
from engine.model import Score
from engine.store import Store
from tests import servers
from tests.store.making import raw, ready


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def _committed_in_reverse(clock: ManualClock, do: Callable[[Store, str], object]) -> tuple[Store, Callable[[], None]]:
    """A store in which "late" was begun first and is not committed, and "early" is; and what commits the former."""
    url = servers.postgres_url()
    store, other = (Store.open(url, clock, servers.VAULT) for _ in range(2))
    begun, go_on = threading.Event(), threading.Event()

    def late() -> None:
        with other.transaction():
            do(other, "late")
            begun.set()
            go_on.wait(20)
        other.close()

    thread = threading.Thread(target=late)
    thread.start()
    assert begun.wait(20)
    do(store, "early")

    def commit() -> None:
        go_on.set()
        thread.join()

    return store, commit


def test_an_event_that_is_committed_late_is_translated_although_later_ones_were(clock: ManualClock) -> None:
    store, commit = _committed_in_reverse(clock, lambda store, key: store.inbox.accept([raw(key)]))
    first = store.inbox.received(10)
    assert [event.key for event in first] == ["early"]
    store.inbox.ready(first[0].id, subject="a|b", canonical={}, due_at=0.0, manifest_hash="m")
    commit()
    assert [event.key for event in store.inbox.received(10)] == ["late"]
    store.close()


def test_work_that_is_committed_late_is_claimed_although_later_work_was(clock: ManualClock) -> None:
    store, commit = _committed_in_reverse(clock, lambda store, key: ready(store, key, subject=key))
    claim = store.inbox.claim(60)
    assert claim is not None
    assert claim.subject == "early"
    assert store.inbox.claim(60) is None
    commit()
    late = store.inbox.claim(60)
    assert late is not None
    assert late.subject == "late"
    store.close()


def test_scores_that_come_while_they_are_read_page_by_page_are_neither_lost_nor_read_twice(
    store_url: str, clock: ManualClock
) -> None:
    """More than a page of them was made at one moment, and more come at that moment while they are read."""
    with Store.open(store_url, clock, servers.VAULT) as store:
        for number in range(700):
            store.scores.put("acme", f"c{number}", "j", None, Score(match=1, exact=1.0, input_hash=f"h{number}"))
        read = []
        for count, scored in enumerate(store.scores.of_connection("acme")):
            read.append(scored.candidate_id)
            if count == 100:
                clock.advance(1)
                store.scores.put("acme", "new", "j", None, Score(match=1, exact=1.0, input_hash="new"))
    assert len(read) == len(set(read)) == 701
