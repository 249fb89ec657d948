"""What the ATS allows is kept, by threads and over pauses, and reopening is no stampede."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.budgets import STAGGER_S
from connectors.calls import Caller
from connectors.limits import Limiter
from connectors.transport import HttpTransport
from engine.clock import ManualClock
from engine.errors import Throttled
from engine.manifest.model import Limits, Quota, RetryHint
from tests.connectors.declared import api, connection, operation, paging
from tests.fake_server import FakeServer, Reply

MARGIN = 1.05


class Memory:
    """A keeper that outlives its limiter."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        return self.values.get(name)

    def put(self, name: str, value: str) -> None:
        self.values[name] = value

    def change(self, name: str, to: Callable[[str | None], str]) -> str:
        value = to(self.get(name))
        self.put(name, value)
        return value


def limiter(clock: ManualClock, patience_s: float = 10_000, **limits: Any) -> Limiter:
    return Limiter(Limits(**limits), clock, patience_s=patience_s, chance=lambda: 0.5)


def started(limits: Limiter, operation: str = "get") -> float:
    with limits.slot(operation) as slot:
        return slot.started_at


@settings(max_examples=60, deadline=None)
@given(
    calls=st.integers(1, 12),
    period_s=st.sampled_from([1.0, 10.0, 60.0]),
    gaps=st.lists(st.floats(0, 3), min_size=1, max_size=60),
)
def test_no_window_ever_holds_more_calls_than_the_rate(calls: int, period_s: float, gaps: list[float]) -> None:
    clock = ManualClock()
    limits = limiter(clock, rate=(calls, period_s))
    starts = []
    for gap in gaps:
        clock.advance(gap)
        starts.append(started(limits))
    for first, after in zip(starts, starts[calls:], strict=False):
        assert after - first >= period_s - 1e-6


def test_a_rate_is_used_in_full_but_for_a_margin_for_calls_that_close_up_on_their_way() -> None:
    clock = ManualClock()
    limits = limiter(clock, rate=(10, 1.0))
    starts = [started(limits) for _ in range(100)]
    assert starts[-1] - starts[0] == pytest.approx(9.0 * MARGIN, abs=0.01)


def test_a_rate_per_operation_lets_the_others_go() -> None:
    clock = ManualClock()
    limits = limiter(clock, rate=(1, 60.0), per="operation")
    assert started(limits, "a") == started(limits, "b") == 0.0
    assert started(limits, "a") == pytest.approx(60.0 * MARGIN)


def test_concurrency_is_kept_for_the_connection_and_for_an_operation() -> None:
    limits = limiter(ManualClock(), concurrency=3)
    lock, running, most = threading.Lock(), Counter[str](), Counter[str]()
    together = threading.Barrier(3)

    def work(name: str, allowed: int | None) -> None:
        for _ in range(20):
            with limits.slot(name, allowed):
                with lock:
                    running[name] += 1
                    running["all"] += 1
                    for each in (name, "all"):
                        most[each] = max(most[each], running[each])
                with lock:
                    running[name] -= 1
                    running["all"] -= 1

    def first() -> None:
        with limits.slot("wide", None):
            together.wait(10)

    everyone = [threading.Thread(target=first) for _ in range(3)]
    everyone += [threading.Thread(target=work, args=("wide", None)) for _ in range(4)]
    everyone += [threading.Thread(target=work, args=("narrow", 1)) for _ in range(4)]
    for thread in everyone:
        thread.start()
    for thread in everyone:
        thread.join(20)
    assert most["all"] <= 3
    assert most["narrow"] == 1
    assert not together.broken


def test_an_asked_wait_is_kept_to_the_second() -> None:
    clock = ManualClock()
    limits = limiter(clock)
    with limits.slot("get") as slot:
        assert limits.throttled(slot, 42.0) == 42.0
    assert started(limits) == pytest.approx(42.0)


def test_without_an_asked_wait_it_backs_off_doubling_up_to_the_longest() -> None:
    clock = ManualClock()
    limits = limiter(clock, backoff_first_s=1.0, backoff_longest_s=8.0)
    waits = []
    for _ in range(6):
        with limits.slot("get") as slot:
            waits.append(limits.throttled(slot, None))
    assert waits == pytest.approx([1, 2, 4, 8, 8, 8])
    with limits.slot("get") as slot:
        limits.passed(slot)
    with limits.slot("get") as slot:
        assert limits.throttled(slot, None) == pytest.approx(1.0)


@settings(max_examples=100, deadline=None)
@given(chance=st.floats(0, 1, exclude_max=True), failures=st.integers(1, 40))
def test_the_backoff_stays_within_a_fifth_of_its_schedule(chance: float, failures: int) -> None:
    limits = Limiter(Limits(backoff_first_s=2.0, backoff_longest_s=64.0), ManualClock(), chance=lambda: chance)
    wait_s = limits._backoff_s(failures)
    scheduled = min(2.0 * 2 ** (failures - 1), 64.0)
    assert 0.8 * scheduled <= wait_s <= 1.2 * scheduled


def test_eight_refusals_at_once_count_as_one() -> None:
    clock = ManualClock()
    limits = limiter(clock)
    slots = [limits._entered("get", None) for _ in range(8)]
    clock.advance(0.2)
    assert max(limits.throttled(slot, None) for slot in slots) == pytest.approx(1.0)


def test_a_longer_wait_than_the_patience_is_told_and_not_slept() -> None:
    clock = ManualClock()
    limits = limiter(clock, patience_s=30)
    with limits.slot("get") as slot:
        limits.throttled(slot, 3600.0)
    with pytest.raises(Throttled) as caught:
        started(limits)
    assert caught.value.wait_s == pytest.approx(3600.0)
    assert caught.value.stage == "before"
    assert clock.monotonic() == 0.0


def test_no_calls_left_means_waiting_for_the_windows_end() -> None:
    clock = ManualClock()
    limits = limiter(clock, rate=(100, 60.0))
    with limits.slot("get") as slot:
        clock.advance(5)
        limits.passed(slot, 0)
    assert started(limits) == pytest.approx(60.0 * MARGIN)
    with limits.slot("get") as slot:
        limits.passed(slot, 3)
    assert started(limits) == pytest.approx(60.0 * MARGIN)


def test_a_storm_of_429_costs_few_requests_and_reopens_one_by_one() -> None:
    """1,000 calls wait while the ATS answers 429 for ten minutes."""
    clock = ManualClock()
    limits = limiter(clock, backoff_first_s=1.0, backoff_longest_s=128.0)
    starts: list[float] = []
    answered = 0
    while answered < 1000:
        with limits.slot("get") as slot:
            starts.append(slot.started_at)
            if clock.monotonic() < 600:
                limits.throttled(slot, None)
            else:
                limits.passed(slot)
                answered += 1
    during = [at for at in starts if at < 600]
    assert len(during) <= 20
    reopening = [at for at in starts if at >= 600][:10]
    assert all(after - before >= STAGGER_S - 1e-9 for before, after in itertools.pairwise(reopening))


def test_threads_that_waited_together_do_not_reopen_together() -> None:
    clock = ManualClock()
    limits = limiter(clock)
    with limits.slot("get") as slot:
        limits.throttled(slot, 5.0)
    starts: list[float] = []
    threads = [threading.Thread(target=lambda: starts.append(started(limits))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    starts.sort()
    assert starts[0] >= 5.0
    assert all(after - before >= STAGGER_S - 1e-9 for before, after in itertools.pairwise(starts))


# ── over the wire ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as server:
        yield server


def calling(server: FakeServer, clock: ManualClock, *operations: Any, **limits: Any) -> Caller:
    wired = connection(*operations, apis=(api(limits=Limits(**limits)),))
    return Caller(wired, transport=HttpTransport(sandbox_origin=server.origin), clock=clock)


def test_a_429_pauses_the_connection_for_what_its_header_asks(server: FakeServer) -> None:
    clock = ManualClock()
    server.on("GET", "/x", Reply(429, headers={"X-Reset-Ms": "2500"}), Reply(json={}))
    hints = (RetryHint("X-Reset-Ms", "milliseconds"),)
    with calling(server, clock, operation("get", "GET", "/x"), retry_after=hints) as caller:
        with pytest.raises(Throttled) as caught:
            caller.call("get", {})
        assert (caught.value.wait_s, caught.value.stage) == (2.5, "answered")
        caller.call("get", {})
    assert clock.monotonic() == pytest.approx(2.5)


def test_the_remaining_header_is_heeded(server: FakeServer) -> None:
    clock = ManualClock()
    server.on("GET", "/x", Reply(json={}, headers={"X-Left": "0"}))
    with calling(server, clock, operation("get", "GET", "/x"), rate=(50, 20.0), remaining="X-Left") as caller:
        caller.call("get", {})
        caller.call("get", {})
    assert clock.monotonic() == pytest.approx(20.0 * MARGIN)


def test_a_page_that_is_throttled_is_asked_for_again(server: FakeServer) -> None:
    clock = ManualClock()
    first, second = Reply(json={"c": [{"id": 1}], "n": "b"}), Reply(json={"c": [{"id": 2}]})
    server.on("GET", "/x", first, Reply(429), Reply(503), second)
    listed = operation(
        "list", "GET", "/x", query={"p": "{{ page.cursor }}"}, records="c", key="id", paging=paging("cursor", "n")
    )
    with calling(server, clock, listed) as caller:
        assert caller.records("list", {}) == [{"id": 1}, {"id": 2}]
    assert len(server.requests) == 4


# ── token buckets and quotas ─────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=60, deadline=None)
@given(
    calls=st.integers(1, 20),
    burst=st.integers(1, 30),
    gaps=st.lists(st.floats(0, 2), min_size=1, max_size=80),
)
def test_no_time_ever_sees_more_calls_than_the_burst_and_what_dripped_in(
    calls: int, burst: int, gaps: list[float]
) -> None:
    clock = ManualClock()
    limits = limiter(clock, rate=(calls, 1.0), model="bucket", burst=burst)
    starts = []
    for gap in gaps:
        clock.advance(gap)
        starts.append(started(limits))
    for at, first in enumerate(starts):
        for after, last in enumerate(starts[at:], 1):
            assert after <= burst + calls * (last - first) + 1e-6


@settings(max_examples=60, deadline=None)
@given(
    credits=st.integers(5, 400),
    costs=st.lists(st.integers(1, 5), min_size=1, max_size=60),
    gaps=st.lists(st.floats(0, 7200), min_size=60, max_size=60),
    restarts=st.sets(st.integers(0, 59)),
)
def test_no_day_ever_sees_more_credits_than_there_are(
    credits: int, costs: list[int], gaps: list[float], restarts: set[int]
) -> None:
    """But for a hundredth that is written down ahead, whatever the restarts."""
    clock, keeper = ManualClock(), Memory()
    taken: list[tuple[float, int]] = []
    for number, (cost, gap) in enumerate(zip(costs, gaps, strict=False)):
        if number == 0 or number in restarts:
            limits = limiter(clock, 1e9, quota=Quota(credits, 86400.0))
            limits.remember(keeper)
        clock.advance(gap)
        with limits.slot("get", cost=cost):
            taken.append((clock.now(), cost))
    for at, (first, _) in enumerate(taken):
        within = sum(cost for when, cost in taken[at:] if when < first + 86400.0)
        assert within <= credits * 1.01


def test_a_whole_quota_can_be_used() -> None:
    clock = ManualClock()
    limits = limiter(clock, patience_s=0.0, quota=Quota(1234, 86400.0))
    for _ in range(1234):
        started(limits)
    with pytest.raises(Throttled):
        started(limits)


def test_two_processes_of_one_connection_count_together() -> None:
    clock, keeper = ManualClock(), Memory()
    both = [limiter(clock, patience_s=0.0, quota=Quota(1000, 86400.0)) for _ in range(2)]
    for limits in both:
        limits.remember(keeper)
    made = 0
    for limits in both * 600:
        with suppress(Throttled), limits.slot("get"):
            made += 1
    assert 980 <= made <= 1000
