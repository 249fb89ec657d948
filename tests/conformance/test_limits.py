"""Mechanisms 57–59: what an ATS allows is kept, told by its headers in their unit, and shared by whom it counts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from connectors.budgets import MARGIN, Budgets
from connectors.calls import Caller
from engine.errors import Throttled
from engine.redaction import Secret
from tests.conformance.acme import Acme
from tests.conformance.mechanisms import mechanism
from tests.conformance.test_auth import Memory
from tests.fake_server import Reply

NOW = 1_750_000_000


def limited(limits: str, cost: str = "") -> str:
    return f"""
        settings: {{api_key: {{type: secret, required: true}}, client: {{type: text}}}}
        apis:
          main:
            base_url: https://api.acme.example
            auth: [{{headers: {{X-Key: "{{{{ settings.api_key }}}}"}}}}]
            limits: {limits}
        operations:
          me: {{get: /me}}
          export: {{get: /export{cost}}}
    """


def calling(acme: Acme, limits: str, cost: str = "", **given: Any) -> Caller:
    acme.server.on("GET", "/me", Reply(json={})).on("GET", "/export", Reply(json={}))
    given.setdefault("patience_s", 1e6)
    return acme.caller(limited(limits, cost), **given)


def waits(acme: Acme, caller: Caller, count: int, name: str = "me") -> list[float]:
    """Seconds that each of ``count`` calls in a row had to wait."""
    found = []
    for _ in range(count):
        before = acme.clock.monotonic()
        caller.call(name, {})
        found.append(round(acme.clock.monotonic() - before, 3))
    return found


@mechanism(57)
def test_a_window_is_used_up_at_once_and_then_waited_for(acme: Acme) -> None:
    caller = calling(acme, "{rate: 3/30s, model: window}")
    assert waits(acme, caller, 5) == [0, 0, 0, pytest.approx(30 * MARGIN), 0]


@mechanism(57)
def test_a_bucket_gives_its_burst_and_then_what_drips_in(acme: Acme) -> None:
    caller = calling(acme, "{rate: 10/s, model: bucket, burst: 3}")
    drip = pytest.approx(0.1 * MARGIN, abs=0.002)
    assert waits(acme, caller, 6) == [0, 0, 0, drip, drip, drip]
    acme.clock.advance(60)
    assert waits(acme, caller, 4) == [0, 0, 0, drip]


@mechanism(57)
def test_credits_are_used_by_what_a_call_costs_and_come_back_after_their_time(acme: Acme) -> None:
    caller = calling(acme, "{quota: {credits: 10, per: 24h}}", ", cost: 3")
    assert waits(acme, caller, 3, "export") == [0, 0, 0]
    caller.call("me", {})
    waited = waits(acme, caller, 1)[0]
    assert 24 * 3600 <= waited <= 25 * 3600


@mechanism(57)
def test_a_call_that_would_wait_for_tomorrow_says_so_and_is_not_made(acme: Acme) -> None:
    caller = calling(acme, "{quota: {credits: 2, per: 24h}}", patience_s=30.0)
    assert waits(acme, caller, 2) == [0, 0]
    with pytest.raises(Throttled) as caught:
        caller.call("me", {})
    assert caught.value.stage == "before"
    assert (caught.value.wait_s or 0) >= 23 * 3600
    assert len(acme.server.requests) == 2


@mechanism(57)
@pytest.mark.parametrize("credits", [10, 1000])
def test_what_is_used_of_a_quota_survives_a_restart(acme: Acme, credits: int) -> None:
    keeper = Memory()
    made = 0
    for _ in range(8):
        caller = calling(acme, f"{{quota: {{credits: {credits}, per: 24h}}}}", patience_s=1.0, keeper=keeper)
        for _ in range(credits // 4):
            with suppress(Throttled):
                caller.call("me", {})
                made += 1
    assert credits * 0.95 <= made <= credits


@mechanism(57)
def test_a_quota_is_not_written_down_for_each_call(acme: Acme) -> None:
    written = []

    class Counting(Memory):
        def put(self, name: str, value: str) -> None:
            written.append(name)

        def change(self, name: str, to: Callable[[str | None], str]) -> str:
            value = to(self.get(name))
            self.put(name, value)
            return value

    caller = calling(acme, "{quota: {credits: 10000, per: 24h}}", keeper=Counting())
    waits(acme, caller, 100)
    assert written == ["quota.main"]


@mechanism(58)
@pytest.mark.parametrize(
    ("unit", "value"),
    [
        ("seconds", "7"),
        ("milliseconds", "7000"),
        ("timestamp", str(NOW + 7)),
        ("timestamp_ms", str((NOW + 7) * 1000)),
        ("http_date", "Sun, 15 Jun 2025 15:06:47 GMT"),
    ],
)
def test_the_unit_of_the_header_is_as_declared(acme: Acme, unit: str, value: str) -> None:
    caller = calling(acme, f"{{retry_after: [{{header: X-Reset, unit: {unit}}}]}}")
    acme.server.on("GET", "/me", Reply(429, headers={"X-Reset": value}), Reply(json={}))
    with pytest.raises(Throttled) as caught:
        caller.call("me", {})
    assert caught.value.wait_s == pytest.approx(7)
    assert waits(acme, caller, 1) == [pytest.approx(7)]


@mechanism(58)
def test_a_429_that_says_nothing_is_waited_for_as_long_as_the_manifest_says_each_time(acme: Acme) -> None:
    caller = calling(acme, "{wait: 1s}")
    acme.server.on("GET", "/me", Reply(429))
    for _ in range(4):
        with pytest.raises(Throttled) as caught:
            caller.call("me", {})
        assert caught.value.wait_s == 1.0
    assert acme.clock.monotonic() == pytest.approx(3.0)


@mechanism(58)
@pytest.mark.parametrize(("unit", "value"), [("seconds", "12"), ("timestamp", str(NOW + 12))])
def test_no_calls_left_means_waiting_until_the_reset_that_the_header_tells(acme: Acme, unit: str, value: str) -> None:
    caller = calling(acme, f"{{rate: 50/30s, remaining: X-Left, reset: {{header: X-Reset, unit: {unit}}}}}")
    acme.server.on("GET", "/me", Reply(json={}, headers={"X-Left": "0", "X-Reset": value}), Reply(json={}))
    assert waits(acme, caller, 2) == [0, pytest.approx(12)]


@mechanism(59)
def test_connections_of_one_client_share_a_budget_and_others_do_not(acme: Acme) -> None:
    budgets = Budgets()
    limits = '{rate: 2/1m, key: "{{ settings.client }}"}'
    ana, ben, eve = (
        calling(acme, limits, settings={"api_key": Secret("fake"), "client": client}, budgets=budgets)
        for client in ("one", "one", "two")
    )
    assert waits(acme, ana, 1) + waits(acme, ben, 1) == [0, 0]
    assert waits(acme, eve, 2) == [0, 0]
    assert waits(acme, ben, 1) == [pytest.approx(60 * MARGIN)]


@mechanism(59)
def test_without_a_key_each_connection_has_its_own_budget(acme: Acme) -> None:
    budgets = Budgets()
    one, other, again = (
        calling(acme, "{rate: 1/1m}", budgets=budgets, tenant=tenant) for tenant in ("one", "other", "one")
    )
    assert waits(acme, one, 1) + waits(acme, other, 1) == [0, 0]
    assert waits(acme, again, 1) == [pytest.approx(60 * MARGIN)]


@mechanism(59)
def test_a_shared_quota_is_remembered_by_whoever_shares_it(acme: Acme) -> None:
    limits = '{quota: {credits: 3, per: 24h}, key: "{{ settings.client }}"}'
    keepers = Memory(), Memory()

    def both() -> list[Caller]:
        budgets = Budgets()
        given = {"settings": {"api_key": Secret("fake"), "client": "one"}, "budgets": budgets, "patience_s": 1.0}
        return [calling(acme, limits, keeper=keeper, **given) for keeper in keepers]

    ana, ben = both()
    assert waits(acme, ana, 2) + waits(acme, ben, 1) == [0, 0, 0]
    for again in both():
        with pytest.raises(Throttled):
            again.call("me", {})
