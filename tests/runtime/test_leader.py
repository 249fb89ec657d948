"""One of several leads; it is followed when it dies, and steps down when it cannot say any longer that it lives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from engine.clock import ManualClock
from engine.errors import StoreUnavailable
from engine.runtime.leader import Leader
from tests.e2e.service import until

_LEASE_S = 15.0


class Locks:
    """Locks of several processes by one clock; ``away`` for as long as the database is."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock, self.away = clock, False
        self._held: dict[str, tuple[str, int, float]] = {}
        self._token = 0

    def acquire(self, name: str, holder: str, lease_s: float) -> int | None:
        self._answer()
        now = self._clock.now()
        if name in self._held and self._held[name][2] > now:
            return None
        self._token += 1
        self._held[name] = (holder, self._token, now + lease_s)
        return self._token

    def renew(self, name: str, holder: str, token: int, lease_s: float) -> bool:
        self._answer()
        if self._held.get(name, ("", 0, 0.0))[:2] != (holder, token):
            return False
        self._held[name] = (holder, token, self._clock.now() + lease_s)
        return True

    def release(self, name: str, holder: str, token: int) -> None:
        self._answer()
        if self._held.get(name, ("", 0, 0.0))[:2] == (holder, token):
            del self._held[name]

    def _answer(self) -> None:
        if self.away:
            raise StoreUnavailable("The store cannot commit now.")


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


def test_one_of_three_leads_and_renews_its_lock() -> None:
    clock = ManualClock()
    with competing(Locks(clock), clock, "a", "b", "c") as found:
        for _ in range(10):
            clock.advance(_LEASE_S / 3)
            until(lambda: all(leader._tried_at == clock.monotonic() for leader, _ in found.values()))
        assert [told.says for _, told in found.values()] == [["gain"], [], []]


def test_one_that_stops_is_followed_without_waiting_for_its_lock_to_run_out() -> None:
    clock = ManualClock()
    with competing(Locks(clock), clock, "a", "b") as found:
        found["a"][0].stop()
        assert found["a"][1].says == ["gain", "loss"]
        clock.advance(_LEASE_S / 3)
        until(lambda: found["b"][1].leads)


def test_a_leader_whose_lock_another_took_steps_down() -> None:
    clock = ManualClock()
    locks = Locks(clock)
    with competing(locks, clock, "a") as found:
        locks._held.clear()
        assert locks.acquire("leader", "b", _LEASE_S)
        clock.advance(_LEASE_S / 3)
        until(lambda: found["a"][1].says == ["gain", "loss"])


def test_a_leader_without_its_database_steps_down_before_its_lock_runs_out() -> None:
    clock = ManualClock()
    locks = Locks(clock)
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
