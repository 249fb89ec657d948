"""Reliability row 21: what cannot be kept is refused, not taken and dropped; and it is taken once there is room."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.clock import ManualClock
from engine.errors import StoreUnavailable
from engine.store import Store
from tests import servers
from tests.e2e.service import running, until
from tests.store.making import DONE, raw

LIMIT = 1000


def test_a_full_inbox_refuses_whole_and_takes_again_when_it_was_worked_off(store_url: str) -> None:
    with Store.open(store_url, ManualClock(), servers.VAULT) as store:
        store.inbox.room.limit(LIMIT)
        taken = [one.id for one in store.inbox.accept([raw(f"k{number}") for number in range(LIMIT - 1)])]
        with pytest.raises(StoreUnavailable, match="its limit is 1000"):
            store.inbox.accept([raw("two"), raw("three")])
        assert store.inbox.counts()["state"] == {"received": LIMIT - 1}
        store.inbox.accept([raw("two")])
        with pytest.raises(StoreUnavailable):
            store.inbox.accept([raw("three")])
        store.inbox.finish(taken[:10], DONE)
        assert store.inbox.accept([raw("three")])[0].new
        assert store.ledger.balance().missing == 0


def test_the_door_answers_503_with_a_time_and_takes_it_later(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        until(lambda: service.subscription().get("secret"), "the subscription is made")
        service.apply()
        until(service.events, "the applicant's events come")
        service.settle()
        service.store.inbox.room.limit(1)
        assert service.post({"id": "x"}, event="first").status_code == 202
        refused = service.post({"id": "x"}, event="second")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
        service.settle()
        assert service.post({"id": "x"}, event="second").status_code == 202
        keys = [event.key for event in service.events() if event.key in ("first", "second")]
        assert sorted(keys) == ["first", "second"]


def test_a_disk_that_is_full_refuses_and_what_came_before_is_whole(tmp_path: Path) -> None:
    """The database may not grow: SQLite then says what it says of a full disk."""
    path = tmp_path / "x.db"
    with Store.open(path) as store:
        kept = store.inbox.accept([raw("before", body=b"whole")])[0].id
        store._database.engine.dispose()
        with store._database.write() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreUnavailable, match="full"):
            store.inbox.accept([raw(f"k{number}", body=b"x" * 50_000) for number in range(40)])
        assert store.inbox.get(kept).body == b"whole"
        assert store.ledger.balance().missing == 0
    with Store.open(path) as again:
        assert len(again.inbox.accept([raw(f"k{number}") for number in range(40)])) == 40
