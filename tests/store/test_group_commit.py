"""Group commit: many callers, few transactions, nobody left waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from engine.errors import StoreUnavailable
from engine.model import RawEvent
from engine.store import Accepted, Store
from engine.store.group_commit import GroupCommit
from tests.store.making import raw


@pytest.fixture
def group(store: Store) -> Iterator[GroupCommit]:
    group = GroupCommit(store.inbox)
    yield group
    group.close()


@contextmanager
def writer_held(store: Store) -> Iterator[None]:
    """The store is busy with another transaction: the writer's next commit waits for the end of this block."""
    with store.transaction():
        yield


def test_every_caller_gets_the_id_under_which_its_event_is_stored(store: Store, group: GroupCommit) -> None:
    futures = [group.submit(raw(f"k{n % 100}")) for n in range(300)]
    accepted = [future.result(timeout=10) for future in futures]
    assert sum(one.new for one in accepted) == 100
    assert all(store.inbox.get(one.id).key == f"k{n % 100}" for n, one in enumerate(accepted))


def test_what_gathers_during_a_commit_shares_the_next_one(store: Store, group: GroupCommit) -> None:
    commits: list[int] = []
    accept = store.inbox.accept

    def counting(events: Sequence[RawEvent]) -> list[Accepted]:
        commits.append(len(events))
        return accept(events)

    store.inbox.accept = counting  # type: ignore[method-assign]
    with writer_held(store):
        futures = [group.submit(raw(f"k{n}")) for n in range(400)]
    for future in futures:
        future.result(timeout=10)
    assert sum(commits) == 400
    assert len(commits) <= 3 + 400 // 256
    assert max(commits) <= 256


def test_a_full_queue_refuses_at_once(store: Store) -> None:
    group = GroupCommit(store.inbox, max_batch=2, max_waiting=5)
    futures = []

    def submit_one_by_one() -> None:
        for n in range(20):
            futures.append(group.submit(raw(f"k{n}")))

    with writer_held(store), pytest.raises(StoreUnavailable, match="5 events waiting"):
        submit_one_by_one()
    assert len(futures) >= 5
    assert all(future.result(timeout=10).new for future in futures)
    group.close()
    assert len(store.inbox.list()) == len(futures)


def test_when_the_store_fails_its_callers_are_told_and_the_writer_lives_on(store: Store, group: GroupCommit) -> None:
    with store._database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE inbox RENAME TO elsewhere")
    refused = [group.submit(raw(f"k{n}")) for n in range(3)]
    for future in refused:
        with pytest.raises(StoreUnavailable):
            future.result(timeout=10)
    with store._database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO inbox")
    assert group.submit(raw("k0")).result(timeout=10).new


def test_an_event_that_cannot_be_stored_does_not_take_others_with_it(store: Store, group: GroupCommit) -> None:
    broken = RawEvent("acme", "webhook", "bad", {"x": object()}, b"", 0.0)  # type: ignore[dict-item]
    with writer_held(store):
        futures = [group.submit(event) for event in (raw("a"), broken, raw("b"))]
    with pytest.raises(StoreUnavailable, match="TypeError"):
        futures[1].result(timeout=10)
    assert futures[0].result(timeout=10).new
    assert futures[2].result(timeout=10).new


def test_closing_stores_what_is_queued_and_takes_no_more(store: Store) -> None:
    group = GroupCommit(store.inbox)
    with writer_held(store):
        futures = [group.submit(raw(f"k{n}")) for n in range(50)]
    group.close()
    assert all(future.result(timeout=0).new for future in futures)
    with pytest.raises(StoreUnavailable, match="closing"):
        group.submit(raw("late"))


def test_a_caller_that_gave_up_disturbs_nobody(store: Store, group: GroupCommit) -> None:
    with writer_held(store):
        gone, stays = group.submit(raw("a")), group.submit(raw("b"))
        gone.cancel()
    assert stays.result(timeout=10).new


def test_an_event_loop_is_woken_once_for_a_batch(store: Store, group: GroupCommit) -> None:
    wakes: list[object] = []

    async def accept_many() -> list[Accepted]:
        loop = asyncio.get_running_loop()
        wake = loop.call_soon_threadsafe

        def counting(callback: Callable[..., object], *args: object) -> asyncio.Handle:
            wakes.append(callback)
            return wake(callback, *args)

        loop.call_soon_threadsafe = counting  # type: ignore[method-assign, assignment]
        with writer_held(store):
            futures = [loop.create_future() for _ in range(100)]
            for n, future in enumerate(futures):
                group.submit_all([(raw(f"k{n}"), future)], loop)
        return await asyncio.gather(*futures)

    assert all(one.new for one in asyncio.run(accept_many()))
    assert len(wakes) <= 3


def test_an_event_loop_is_told_of_a_failure(store: Store, group: GroupCommit) -> None:
    async def accept_one() -> None:
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        group.submit_all([(raw("k"), future)], loop)
        with pytest.raises(StoreUnavailable):
            await future

    with store._database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE inbox RENAME TO elsewhere")
    asyncio.run(accept_one())


def test_a_loop_that_has_closed_does_not_end_the_writer(store: Store, group: GroupCommit) -> None:
    loop = asyncio.new_event_loop()
    future = loop.create_future()
    with writer_held(store):
        group.submit_all([(raw("k"), future)], loop)
        loop.close()
    assert not group.submit(raw("k")).result(timeout=10).new


def test_a_flood_of_refused_requests_is_counted_in_few_transactions(store: Store) -> None:
    group = GroupCommit(store.inbox)
    with writer_held(store):
        for _ in range(500):
            group.count_refused(None, "unknown connection")
            group.count_refused("acme", "bad signature")
    group.close()
    assert store.inbox.refused() == {"": {"unknown connection": 500}, "acme": {"bad signature": 500}}


def test_a_hundred_identical_posts_at_once_are_one_row(store: Store, group: GroupCommit) -> None:
    accepted: list[Accepted] = []
    posts = [
        threading.Thread(target=lambda: accepted.append(group.submit(raw("same")).result(timeout=10)))
        for _ in range(100)
    ]
    for post in posts:
        post.start()
    for post in posts:
        post.join()
    assert len({one.id for one in accepted}) == 1
    assert sum(one.new for one in accepted) == 1
