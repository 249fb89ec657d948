"""``fieldwright migrate``, and what every other command says of a database that is not of this version."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from engine.store import Store
from engine.store.database import Database
from engine.store.schema import VERSION
from tests import servers
from tests.cli.running import fieldwright
from tests.cli.tenant_runs import desk
from tests.store.old_schemas import make_old


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The file of a database of schema 2."""
    return _made(tmp_path / "fieldwright.db")


def test_it_migrates_once_and_tells_from_where_to_where(old: Path) -> None:
    first = fieldwright("migrate", "--state", old.parent)
    assert (first.code, first.out) == (0, f"The database is migrated from schema 2 to {VERSION}.\n")
    again = fieldwright("migrate", "--database", old)
    assert (again.code, again.out) == (0, f"The database has schema {VERSION}: nothing to do.\n")
    assert fieldwright("migrate", "--state", old.parent, "--json").json == {"from": VERSION, "to": VERSION}
    listed = fieldwright("events", "list", "--state", old.parent)
    assert listed.code == 0
    assert "evt_1" in listed.out
    assert "schema 2 to 3" in fieldwright("audit", "list", "--acts", "--state", old.parent).out


def test_a_database_on_a_server_is_migrated_and_an_empty_one_made(monkeypatch: pytest.MonkeyPatch) -> None:
    url = servers.postgres_url(bare=True)
    monkeypatch.setenv("FIELDWRIGHT_DATABASE", url)
    assert "was empty" in fieldwright("migrate").out
    old = servers.postgres_url(bare=True)
    _made(old)
    assert fieldwright("migrate", "--database", old).code == 0
    assert "evt_1" in fieldwright("events", "list", "--database", old).out


@pytest.mark.parametrize("lock", ["fieldwright.db.lock", "worker.lock"])
def test_it_waits_for_nobody_who_works_on_the_file_but_refuses(old: Path, lock: str) -> None:
    with (old.parent / lock).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        ended = fieldwright("migrate", "--state", old.parent)
    assert ended.code == 2
    assert "A service works on the database" in ended.err
    assert fieldwright("migrate", "--state", old.parent).code == 0


def test_no_database_is_made_where_there_is_none(tmp_path: Path) -> None:
    ended = fieldwright("migrate", "--database", tmp_path / "absent.db")
    assert (ended.code, list(tmp_path.iterdir())) == (2, [])
    assert "There is no database" in ended.err


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("work",), ("events", "list"), ("vault", "status")])
@pytest.mark.parametrize(
    ("schema", "what"), [(2, "run: fieldwright migrate --database "), (99, "Run a newer version")]
)
def test_each_command_refuses_another_schema_in_a_line_with_what_to_run(
    command: tuple[str, ...], schema: int, what: str, tmp_path: Path
) -> None:
    url = servers.postgres_url(bare=True) if command == ("work",) else f"sqlite:///{tmp_path}/x.db"
    if schema == 2:
        _made(url)
    else:
        with Store.open(url, vault=servers.VAULT) as store, store._database.write() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0099'")
    with desk(tmp_path) as here:
        ended = here.run(*command, "--database", url, FIELDWRIGHT_KEYS=servers.KEY)
    assert ended.code == 2, ended.err
    told, hint = ended.err.strip().splitlines()
    assert told.startswith("error: The database ")
    assert f"schema {schema}, " in told
    assert what in hint


def _made(database: str | Path) -> Path:
    opened = Database.connected(database)
    with opened.write() as connection:
        make_old(connection, 2)
    opened.close()
    return Path(database)
