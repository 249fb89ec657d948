"""Opening the database, and what happens when it cannot be used."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine.clock import ManualClock
from engine.errors import InputError, LeaseLost, StoreUnavailable
from engine.store import Store
from engine.store.schema import VERSION
from tests.store.making import DONE, raw, ready


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    with Store.open(tmp_path / "new.db") as store:
        store.inbox.accept([raw("k")])
        modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {0o600}


def test_commits_are_synced_and_rows_survive_reopening(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/x.db") as store:
        id_ = store.inbox.accept([raw("k", body=b"\x00\xff raw")])[0].id
        with store._database.read() as connection:
            pragmas = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    with Store.open(tmp_path / "x.db") as again:
        assert again.inbox.get(id_).raw == raw("k", body=b"\x00\xff raw")


def test_a_newer_schema_is_refused_with_both_versions(store_url: str) -> None:
    with Store.open(store_url) as store, store._database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0099'")
    with pytest.raises(InputError, match=f"schema 99, newer than the schema {VERSION}") as caught:
        Store.open(store_url)
    assert "newer version" in str(caught.value.hint)


@pytest.mark.parametrize("said", ["'ae1027a6acf'", "''"])
def test_a_database_that_another_program_migrates_is_left_alone(store_url: str, said: str) -> None:
    with Store.open(store_url) as store, store._database.write() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = {said}")
    with pytest.raises(InputError, match="something else"):
        Store.open(store_url)


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE birds (name TEXT)")
    connection.close()
    with pytest.raises(InputError, match="something else"):
        Store.open(path)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("birds",)]
    connection.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, " * 100)
    with pytest.raises(InputError, match="file is not a database"):
        Store.open(path)


@pytest.mark.parametrize("address", ["mysql://host/x", "sqlite://", "sqlite://host.db", "/no/such/folder/x.db"])
def test_an_unusable_address_says_what_to_give(address: str) -> None:
    with pytest.raises(InputError) as caught:
        Store.open(address)
    assert caught.value.hint


def test_two_openers_of_a_new_file_agree(tmp_path: Path) -> None:
    stores: list[Store] = []
    openers = [threading.Thread(target=lambda: stores.append(Store.open(tmp_path / "x.db"))) for _ in range(4)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join()
    assert len(stores) == 4
    for store in stores:
        store.close()


def test_what_one_thread_does_in_a_transaction_is_all_or_nothing(store: Store) -> None:
    def accept_and_fail() -> None:
        with store.transaction():
            id_ = store.inbox.accept([raw("k")])[0].id
            store.steps.add(id_, "received", {})
            assert store.inbox.get(id_).state == "received"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        accept_and_fail()
    assert store.inbox.list() == []


def test_a_part_of_a_transaction_can_fail_alone(store: Store, clock: ManualClock) -> None:
    id_ = ready(store, "k", due_at=clock.now())
    with store.transaction():
        with pytest.raises(LeaseLost):
            store.inbox.finish(id_, DONE, token=12345)
        store.steps.add(id_, "outcome", {"kind": "none"})
    assert [step.stage for step in store.steps.of(id_)] == ["outcome"]


def test_a_row_that_breaks_a_rule_is_refused_without_its_values(store: Store) -> None:
    with pytest.raises(InputError) as caught:
        store.steps.add("evt_nowhere", "received", {"who": "canary"})
    assert "canary" not in str(caught.value)
    assert "evt_nowhere" not in str(caught.value)


_FULL_DISK = """
import resource, sys
from engine.errors import StoreUnavailable
from engine.store import Store
from tests.store.making import raw
store = Store.open(sys.argv[1])
first = store.inbox.accept([raw("first")])[0].id
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, unlimited[1]))
try:
    for n in range(100):
        store.inbox.accept([raw(f"big-{n}", body=b"x" * 50_000)])
        last = n
except StoreUnavailable as error:
    print("refused:", error.message)
resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
store.inbox.accept([raw("after")])
print(sorted(event.key for event in store.inbox.list(limit=200)) == sorted(
    ["first", "after", *(f"big-{n}" for n in range(last + 1))]))
"""


def test_a_full_disk_refuses_and_the_store_works_again_afterwards(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FULL_DISK, str(tmp_path / "x.db")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout.startswith("refused: The store cannot commit now:")
    assert done.stdout.endswith("True\n")


def test_a_database_taken_away_is_unavailable_not_a_crash(tmp_path: Path) -> None:
    with Store.open(tmp_path / "x.db") as store:
        with store._database.write() as connection:
            connection.exec_driver_sql("DROP TABLE cursors")
        with pytest.raises(StoreUnavailable, match="no such table"):
            store.cursors.get("acme", "candidates")
