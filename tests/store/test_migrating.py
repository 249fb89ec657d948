"""Databases of earlier versions become ones of this, with all that is in them, wholly or not at all."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

from engine.clock import ManualClock
from engine.errors import InputError
from engine.store import Store, migrating
from engine.store.database import Database
from engine.store.migrating import Migrated, migrate
from engine.store.schema import VERSION, metadata
from engine.store.versions import version_of
from tests import servers
from tests.store.making import DONE
from tests.store.old_schemas import make_old


@pytest.fixture(params=[("sqlite", 1), ("sqlite", 2), ("postgresql", 2)], ids=lambda param: f"{param[0]}-{param[1]}")
def old(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, int]:
    """The URL of a database of an earlier version, and its schema."""
    kind, version = request.param
    url = servers.postgres_url(bare=True) if kind == "postgresql" else f"sqlite:///{tmp_path}/old.db"
    database = Database.connected(url)
    with database.write() as connection:
        make_old(connection, version)
    database.close()
    return url, version


def test_what_was_there_is_there_and_goes_on_and_the_ledger_balances(old: tuple[str, int]) -> None:
    url, version = old
    assert migrate(url) == Migrated(version, VERSION)
    assert migrate(url) == Migrated(VERSION, VERSION)
    with Store.open(url, ManualClock(1_750_000_100.0), servers.VAULT) as store:
        assert store.inbox.get("evt_1").body == b'{"a": 1}'
        assert store.inbox.get("evt_1").outcome == DONE
        assert [step.stage for step in store.steps.of("evt_1")] == ["received"]
        assert store.connections.get("acme", "subscription") == {"id": "s-1", "secret": "whsec-old"}
        assert store.connections.rotate() == 1
        assert store.connections.get("acme", "subscription")["secret"] == "whsec-old"
        assert store.audit.list()[0].operation == "get_person"
        acme, beta = store.ledger.balance("acme"), store.ledger.balance("beta")
        assert (acme.accepted, acme.outcomes, acme.open, beta.open) == (3, {"delivered": 1}, 2, 1)
        delivery = store.outbox.claim(60)
        assert delivery is not None
        assert delivery.payload == {"text": "hi"}
        claim = store.inbox.claim(60)
        assert claim is not None
        assert claim.ids == ("evt_3",)
        assert min(claim.token, delivery.token) > 7
        store.inbox.finish(claim.ids, DONE, claim.token)
        store.inbox.replay("evt_1")
        store.seals.seal()
        assert store.ledger.balance().missing == 0


def test_a_migrated_database_has_the_schema_of_a_new_one(old: tuple[str, int], tmp_path: Path) -> None:
    url, _ = old
    migrate(url)
    new = servers.postgres_url() if url.startswith("postgresql") else tmp_path / "new.db"
    Store.open(new, vault=servers.VAULT).close()
    assert _shape(url) == _shape(new)
    database = Database.connected(url)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})
        assert compare_metadata(context, metadata) == []
    database.close()


def test_an_old_one_is_refused_with_the_command_to_run(old: tuple[str, int]) -> None:
    url, version = old
    with pytest.raises(InputError, match=f"schema {version}, older than the schema {VERSION}") as caught:
        Store.open(url)
    assert "run: fieldwright migrate --database " in str(caught.value.hint)


def test_one_that_fails_in_the_midst_leaves_the_old_schema(
    old: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, version = old
    before = _shape(url)

    def fail_at_the_end(*given: object) -> None:
        upgrade(*given)
        raise ZeroDivisionError

    upgrade = migrating.command.upgrade
    monkeypatch.setattr(migrating.command, "upgrade", fail_at_the_end)
    with pytest.raises(ZeroDivisionError):
        migrate(url)
    monkeypatch.undo()
    assert _shape(url) == before
    assert migrate(url).before == version


_KILLED = """
import os, signal, sys
from sqlalchemy import Engine, event
from engine.store.migrating import migrate
def kill(*given):
    if "api_keys" in given[2]:
        os.kill(os.getpid(), signal.SIGKILL)
event.listen(Engine, "after_cursor_execute", kill)
migrate(sys.argv[1])
"""


def test_a_process_killed_in_the_midst_leaves_the_old_schema(old: tuple[str, int]) -> None:
    url, version = old
    before = _shape(url)
    assert subprocess.run([sys.executable, "-c", _KILLED, url], check=False, timeout=60).returncode == -9
    assert _shape(url) == before
    assert migrate(url).before == version


def test_of_several_at_once_one_migrates_and_all_go_on(old: tuple[str, int]) -> None:
    url, version = old
    done: list[Migrated] = []
    threads = [threading.Thread(target=lambda: done.append(migrate(url))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(str(one.before) for one in done) == sorted([str(version), str(VERSION), str(VERSION)])


def test_an_empty_one_gets_the_newest_schema() -> None:
    url = servers.postgres_url(bare=True)
    assert migrate(url) == Migrated(None, VERSION)
    with Store.open(url, vault=servers.VAULT) as store:
        assert store.inbox.list() == []


def test_what_was_made_by_a_version_between_two_releases_is_left_alone(tmp_path: Path) -> None:
    database = Database.connected(tmp_path / "x.db")
    with database.write() as connection:
        make_old(connection, 3)
    database.close()
    with pytest.raises(InputError, match="never released"):
        migrate(tmp_path / "x.db")


def test_opening_a_store_does_not_import_alembic() -> None:
    said = (
        "import sys; from engine.store import Store; Store.open(':memory:').close(); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "False\n"


def _shape(url: str | Path) -> dict[str, object]:
    database = Database.connected(url)
    with database.read() as connection:
        tables = {name: _shape_of(connection, name) for name in sorted(inspect(connection).get_table_names())}
        sequences = sorted(inspect(connection).get_sequence_names()) if database.on_postgres else []
        shape = {**tables, "sequences": sequences, "version": version_of(connection, "x")}
    database.close()
    return shape


def _shape_of(connection: Connection, table: str) -> dict[str, object]:
    seen = inspect(connection)
    columns = {
        column["name"]: (str(column["type"]), column["nullable"], column["default"])
        for column in seen.get_columns(table)
    }
    indexes = {str(index["name"]): tuple(index["column_names"]) for index in seen.get_indexes(table)}
    unique = sorted(tuple(one["column_names"]) for one in seen.get_unique_constraints(table))
    foreign = [(key["constrained_columns"], key["referred_table"]) for key in seen.get_foreign_keys(table)]
    key = seen.get_pk_constraint(table)["constrained_columns"]
    return {"columns": columns, "indexes": indexes, "unique": unique, "foreign": foreign, "key": key}
