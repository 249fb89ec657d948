"""Leases go by the time of the database, whatever a worker's own wall says or does."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import SteadyClock
from engine.store import Store
from tests import servers
from tests.store.making import ready


class _Walls:
    def __init__(self) -> None:
        self.wall, self.passed = 1_000_000.0, 0.0

    def clock(self) -> SteadyClock:
        return SteadyClock(lambda: self.wall, lambda: self.passed)

    def go(self, seconds: float) -> None:
        self.wall += seconds
        self.passed += seconds


def test_time_goes_on_without_asking_the_source() -> None:
    walls = _Walls()
    clock = walls.clock()
    walls.passed += 12.5
    assert clock.now() == 1_000_012.5


def test_a_step_back_slows_the_clock_until_the_source_has_caught_up() -> None:
    walls = _Walls()
    clock = walls.clock()
    walls.wall -= 20.0
    clock.rebase()
    assert clock.now() == 1_000_000.0
    for _ in range(2):
        walls.go(30.0)
        clock.rebase()
    assert clock.now() == pytest.approx(walls.wall)


def test_a_step_forward_is_followed_at_the_next_reading() -> None:
    walls = _Walls()
    clock = walls.clock()
    walls.wall += 3600.0
    assert clock.now() == 1_000_000.0
    clock.rebase()
    assert clock.now() == 1_003_600.0


@given(st.lists(st.tuples(st.floats(-5000, 5000), st.floats(0, 100), st.booleans())))
def test_it_never_goes_backwards(steps: list[tuple[float, float, bool]]) -> None:
    walls = _Walls()
    clock = walls.clock()
    last = clock.now()
    for jump, passed, rebased in steps:
        walls.wall += jump
        walls.go(passed)
        if rebased:
            clock.rebase()
        assert clock.now() >= last
        last = clock.now()


_THIEF = """
import sys, time
shift = float(sys.argv[2])
real = time.time
time.time = lambda: real() + shift
from engine.store import Store
with Store.open(sys.argv[1]) as store:
    print(store.inbox.recover(), store.inbox.claim(60) is None, store.outbox.recover())
"""


@pytest.mark.parametrize("shift", [3600.0, -3600.0])
def test_a_worker_whose_wall_is_an_hour_off_steals_no_lease(shift: float) -> None:
    url = servers.postgres_url()
    with Store.open(url) as store:
        ready(store, "k")
        claim = store.inbox.claim(60)
        assert claim is not None
        done = subprocess.run(
            [sys.executable, "-c", _THIEF, url, str(shift)], capture_output=True, text=True, check=True, timeout=60
        )
        assert done.stdout.split() == ["0", "True", "0"]
        store.inbox.renew(claim, 60)


def test_a_step_back_of_the_wall_in_mid_lease_changes_nothing(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    real = time.time
    with Store.open(store_url) as store:
        ready(store, "k")
        claim = store.inbox.claim(60)
        assert claim is not None
        before = store.clock.now()
        monkeypatch.setattr(time, "time", lambda: real() - 3600.0)
        assert before <= store.clock.now() < before + 30
        assert store.inbox.recover() == 0
        store.inbox.renew(claim, 60)
        lease = store.inbox.get(claim.ids[0]).lease_until
        assert lease is not None
        assert lease >= before + 60


def test_closing_ends_the_thread_that_keeps_time(store_url: str) -> None:
    def keepers() -> set[threading.Thread]:
        return {thread for thread in threading.enumerate() if thread.name == "store-clock"}

    before = keepers()
    with Store.open(store_url):
        (keeper,) = keepers() - before
    keeper.join(timeout=10)
    assert not keeper.is_alive()
