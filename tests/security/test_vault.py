"""Secrets in the store are encrypted, with a key that is named; keys are changed while the service runs."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from pathlib import Path

import psycopg
import pytest

from engine.clock import ManualClock
from engine.errors import InputError, StoreUnavailable
from engine.intake.subscriptions import STATE
from engine.store import Store
from engine.store.vault import Vault
from engine.store.vault_keys import FILE, new_key
from tests.cli.running import fieldwright

CANARY = "canary-of-a-secret"
KEY = new_key("k0")
SUBSCRIPTION = {"id": "s1", "secret": CANARY, "secrets": [CANARY]}


def opened(url: str | Path, *keys: str) -> Store:
    return Store.open(url, ManualClock(), Vault.given(",".join(keys)) if keys else None)


def bytes_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir() if file.name != FILE)


def kept_in_clear(store: Store, name: str = STATE) -> None:
    """As an earlier version stored it."""
    clear = json.dumps({"id": "s1", "secret": CANARY})
    with store._database.write() as writing:
        writing.exec_driver_sql(
            f"INSERT INTO connections (connection, name, value) VALUES ('acme', '{name}', '{clear}')"
        )


def dumped(url: str) -> str:
    """All of the database as text."""
    if url.startswith("postgresql"):
        with psycopg.connect(url) as connection:
            names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            return "".join(str(connection.execute(f"SELECT * FROM {name}").fetchall()) for (name,) in names)
    with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        return "\n".join(connection.iterdump())


def test_a_dump_of_the_database_shows_no_secret(store_url: str) -> None:
    with opened(store_url, KEY) as store:
        store.connections.put("acme", STATE, SUBSCRIPTION)
        store.connections.put("acme", "auth.refresh_token", {"value": CANARY, "follows": "x"})
    assert CANARY not in dumped(store_url)
    assert "vault:k0:" in dumped(store_url)


def test_no_file_of_the_database_shows_a_secret(tmp_path: Path) -> None:
    with opened(tmp_path / "x.db") as store:
        store.connections.put("acme", STATE, SUBSCRIPTION)
        store.connections.put("acme", "auth.refresh_token", {"value": CANARY, "follows": "x"})
        assert store.connections.get("acme", STATE) == SUBSCRIPTION
        assert CANARY.encode() not in bytes_of(tmp_path)
    assert CANARY.encode() not in bytes_of(tmp_path)


def test_the_key_is_made_beside_the_database_for_its_owner_only_and_found_again(tmp_path: Path) -> None:
    with opened(tmp_path / "x.db") as store:
        store.connections.put("acme", STATE, SUBSCRIPTION)
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    with opened(tmp_path / "x.db") as store:
        assert store.connections.get("acme", STATE) == SUBSCRIPTION


def test_processes_that_make_the_key_at_one_moment_have_the_same_one(tmp_path: Path) -> None:
    vaults = [Vault.beside(tmp_path) for _ in range(8)]
    threads = [threading.Thread(target=vault.ids) for vault in vaults]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({tuple(vault.ids()) for vault in vaults}) == 1
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_a_file_of_keys_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / FILE
    file.write_text(new_key())
    file.chmod(0o640)
    with pytest.raises(InputError, match="chmod 600"), opened(tmp_path / "x.db") as store:
        store.connections.put("acme", STATE, SUBSCRIPTION)


@pytest.mark.parametrize("text", ["", "k1", "k1:short", "k1:!!!", ":", "k 1:" + "A" * 44, "{0},{0}", "# nothing"])
def test_what_is_no_key_is_told_without_its_text(text: str) -> None:
    given = text.format("k1:" + "c2VjcmV0" * 5 + "c2U=")
    with pytest.raises(InputError) as told:
        Vault.given(given).ids()
    assert "c2VjcmV0" not in str(told.value)
    assert "short" not in str(told.value)


def test_another_key_of_the_same_id_and_a_missing_key_are_errors_that_name_the_id(store_url: str) -> None:
    with opened(store_url, new_key("k1")) as store:
        store.connections.put("acme", STATE, SUBSCRIPTION)
    for other in (new_key("k1"), new_key("k2")):
        with opened(store_url, other) as store:
            with pytest.raises(StoreUnavailable, match="`k1`"):
                store.connections.get("acme", STATE)
            with pytest.raises(InputError, match="`k1`"):
                store.connections.check_keys()


def test_a_value_moved_to_another_connection_cannot_be_read_there(store_url: str) -> None:
    with opened(store_url, KEY) as store:
        store.connections.put("acme", STATE, SUBSCRIPTION)
        with store._database.write() as writing:
            writing.exec_driver_sql("UPDATE connections SET connection = 'ben'")
        with pytest.raises(StoreUnavailable, match="cannot be decrypted"):
            store.connections.get("ben", STATE)


def test_what_an_earlier_version_stored_is_read_and_encrypted_when_it_is_written_or_rotated(store_url: str) -> None:
    with opened(store_url, KEY) as store:
        kept_in_clear(store)
        kept_in_clear(store, "auth.refresh_token")
        kept = store.connections.get("acme", STATE)
        assert kept == {"id": "s1", "secret": CANARY}
        assert store.connections.key_ids() == {"": 2}
        store.connections.put("acme", STATE, kept)
        assert store.connections.key_ids()[""] == 1
        assert store.connections.rotate() == 1
        assert "" not in store.connections.key_ids()


def test_keys_are_changed_under_load_and_the_old_one_is_not_needed_any_more(store_url: str) -> None:
    old, new = new_key("old"), new_key("new")
    names = [f"auth.token{number}" for number in range(20)]
    with opened(store_url, old) as before:
        for name in names:
            before.connections.put("acme", name, 0)
    rotated = threading.Event()
    wrong: list[object] = []

    def serve(name: str) -> None:
        with opened(store_url, new, old) as service:
            count = 0
            while not rotated.is_set() or count < 3:
                if service.connections.get("acme", name) != count:
                    wrong.append(name)
                count += 1
                service.connections.put("acme", name, count)

    threads = [threading.Thread(target=serve, args=(name,)) for name in names[:3]]
    for thread in threads:
        thread.start()
    with opened(store_url, new, old) as rotating:
        rotating.connections.rotate()
    rotated.set()
    for thread in threads:
        thread.join()
    assert not wrong
    with opened(store_url, new) as after:
        assert after.connections.key_ids() == {"new": 20}
        after.connections.check_keys()


def test_of_changes_at_one_moment_none_is_lost(store_url: str) -> None:
    with opened(store_url, KEY) as store:

        def add() -> None:
            for _ in range(20):
                store.connections.change("acme", "auth.quota.main", lambda value: (value or 0) + 1)

        threads = [threading.Thread(target=add) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert store.connections.get("acme", "auth.quota.main") == 80


def test_a_database_that_others_share_says_how_to_make_a_key(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no key") as told:
        Vault.given(None).ids()
    assert "fieldwright vault new-key" in str(told.value)


def test_the_command_makes_tells_and_changes_keys(tmp_path: Path) -> None:
    first = fieldwright("vault", "new-key", "--id", "k1").out.strip()
    with opened(tmp_path / "fieldwright.db", first) as store:
        store.connections.put("acme", STATE, SUBSCRIPTION)
    file = tmp_path / FILE
    file.write_text(f"{fieldwright('vault', 'new-key', '--id', 'k2').out}{first}\n")
    file.chmod(0o600)
    told = fieldwright("vault", "status", "--state", tmp_path, "--json").json
    assert [(key["id"], key["secrets"]) for key in told["keys"]] == [("k2", 0), ("k1", 1)]
    assert "all are with the key k2 now" in fieldwright("vault", "rotate", "--state", tmp_path).out
    file.write_text(file.read_text().splitlines()[1])
    missing = fieldwright("vault", "status", "--state", tmp_path)
    assert missing.code == 1
    assert "NOT GIVEN" in missing.out


def test_keys_of_the_environment_are_taken_and_told_by_id_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = new_key("k1")
    with opened(tmp_path / "fieldwright.db", key) as store:
        store.connections.put("acme", STATE, SUBSCRIPTION)
    monkeypatch.setenv("FIELDWRIGHT_KEYS", key)
    told = fieldwright("vault", "status", "--state", tmp_path)
    assert told.code == 0
    assert key.partition(":")[2] not in told.out + told.err
    assert not (tmp_path / FILE).exists()
    monkeypatch.setenv("FIELDWRIGHT_KEYS", new_key("k2"))
    assert "k1" in fieldwright("vault", "rotate", "--state", tmp_path).err
