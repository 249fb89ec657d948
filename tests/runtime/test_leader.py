"""One of several leads; it is followed when it dies, and steps down when it cannot say any longer that it lives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from engine.clock import ManualClock
from engine.errors import StoreUnavailable
from engine.runtime.leader import Leader
from engine.store import Store
from engine.store.locks import Locks as StoreLocks
from tests.e2e.service import until

_LEASE_S = 15.0


class Locks:
    """The store's locks; ``away`` for as long as the database is."""

    def __init__(self, store: Store) -> None:
        self._locks, self.away = store.locks, False

    def acquire(self, name: str, holder: str, lease_s: float) -> int | None:
        return self._answering().acquire(name, holder, lease_s)

    def renew(self, name: str, holder: str, token: int, lease_s: float) -> bool:
        return self._answering().renew(name, holder, token, lease_s)

    def release(self, name: str, holder: str, token: int) -> None:
        self._answering().release(name, holder, token)

    def _answering(self) -> StoreLocks:
        if self.away:
            raise StoreUnavailable("The store cannot commit now.")
        return self._locks


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def locks(clock: ManualClock, store_url: str) -> Iterator[Locks]:
    with Store.open(store_url, clock) as store:
        yield Locks(store)


class Told:
    """What one of the competitors was told."""

    def __init__(self) -> None:
        self.says: list[str] = []

    @property
    def leads(self) -> bool:
        return self.says[-1:] == ["gain"]


@contextmanager
def competing(locks: Locks, clock: ManualClock, *names: str) -> Iterator[dict[str, tuple[Leader, Told]]]:
    with ExitStack() as ending:
        found = {}
        for name in names:
            told = Told()
            gain, loss = (lambda told=told: told.says.append("gain")), (lambda told=told: told.says.append("loss"))
            leader = Leader(locks, name, clock, on_gain=gain, on_loss=loss, lease_s=_LEASE_S)
            leader.start()
            ending.callback(leader.stop)
            found[name] = (leader, told)
        yield found


def test_one_of_three_leads_and_renews_its_lock(locks: Locks, clock: ManualClock) -> None:
    with competing(locks, clock, "a", "b", "c") as found:
        for _ in range(10):
            clock.advance(_LEASE_S / 3)
            until(lambda: all(leader._tried_at == clock.monotonic() for leader, _ in found.values()))
        assert [told.says for _, told in found.values()] == [["gain"], [], []]


def test_one_that_stops_is_followed_without_waiting_for_its_lock_to_run_out(locks: Locks, clock: ManualClock) -> None:
    with competing(locks, clock, "a", "b") as found:
        found["a"][0].stop()
        assert found["a"][1].says == ["gain", "loss"]
        clock.advance(_LEASE_S / 3)
        until(lambda: found["b"][1].leads)


def test_a_leader_whose_lock_another_took_steps_down(locks: Locks, clock: ManualClock) -> None:
    with competing(locks, clock, "a") as found:
        stolen = ManualClock(clock.now() + _LEASE_S)
        assert StoreLocks(locks._locks._database, stolen).acquire("leader", "b", _LEASE_S)
        clock.advance(_LEASE_S / 3)
        until(lambda: found["a"][1].says == ["gain", "loss"])


def test_a_leader_without_its_database_steps_down_before_its_lock_runs_out(locks: Locks, clock: ManualClock) -> None:
    with competing(locks, clock, "a") as found:
        locks.away = True
        clock.advance(_LEASE_S / 3)
        until(lambda: found["a"][0]._tried_at == clock.monotonic())
        assert found["a"][1].leads
        clock.advance(_LEASE_S / 3)
        until(lambda: found["a"][1].says == ["gain", "loss"])
        locks.away = False
        clock.advance(_LEASE_S)
        until(lambda: found["a"][1].leads)
