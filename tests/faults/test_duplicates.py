"""Row 7: one event, told as often as anybody likes, is stored once, and everybody who tells it gets a 2xx."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from engine.model import RawEvent
from engine.store import Store
from tests import servers
from tests.e2e.service import running, until

DAY_S = 86400.0
_AT_ONCE = 100


def test_a_hundred_at_once_and_one_more_on_day_29_are_stored_once_and_all_accepted(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        until(lambda: service.subscription().get("secret"), "the subscription is made")
        body = {"candidate_id": service.apply(), "job_id": service.job}

        def told(_: int) -> int:
            return service.post(body, event="told-often").status_code

        def stored() -> list[str]:
            return [event.id for event in service.events() if event.key == "told-often"]

        with ThreadPoolExecutor(20) as pool:
            assert set(pool.map(told, range(_AT_ONCE))) == {202}
        once = stored()
        assert len(once) == 1
        service.settle()
        service.clock.advance(29 * DAY_S)
        assert told(0) == 202
        assert stored() == once


def test_the_same_id_from_two_tenants_is_two_events_and_from_one_is_one_after_a_restart(store_url: str) -> None:
    def accepted() -> list[str]:
        with Store.open(store_url, vault=servers.VAULT) as store:
            told = [RawEvent(tenant, "webhook", "same", {}, b"{}", 0.0) for tenant in ("one", "other")]
            return [one.id for one in store.inbox.accept(told)]

    first = accepted()
    assert len(set(first)) == 2
    assert accepted() == first
