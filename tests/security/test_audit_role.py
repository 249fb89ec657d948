"""Row 41 on PostgreSQL: the service's own role does all of its work, and can only add to the audit and read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from engine.model import OutcomeKind
from engine.store import Store
from engine.store.audit_seals import TRIM
from engine.store.audit_verifying import verify
from engine.store.vault import Vault
from engine.store.vault_keys import new_key
from tests.cli.running import fieldwright
from tests.fake_server import Reply
from tests.faults.test_pinned_mapping import opened, write
from tests.servers import as_user, postgres_url

ROLE = "fieldwright_service"


@pytest.fixture
def url() -> Iterator[str]:
    """A database whose owner has let the service's role in."""
    found = postgres_url()
    with psycopg.connect(found, autocommit=True) as owner:
        owner.execute(f"DROP ROLE IF EXISTS {ROLE}")
        owner.execute(f"CREATE ROLE {ROLE} LOGIN")
    done = fieldwright("audit", "protect", ROLE, "--database", found)
    assert done.code == 0, done.err
    yield found
    with psycopg.connect(found, autocommit=True) as owner:
        owner.execute(f"DROP OWNED BY {ROLE}")
        owner.execute(f"DROP ROLE {ROLE}")


def test_the_service_does_its_work_with_the_role(url: str, tmp_path: Path) -> None:
    with opened(tmp_path, as_user(url, ROLE, "")) as files:
        write(tmp_path, "/notes")
        files.server.on("POST", "/notes", Reply(json={}))
        worker = files.started()
        event = worker.accept("one")
        worker.work()
        assert worker.outcome(event).kind is OutcomeKind.DELIVERED  # type: ignore[union-attr]
        assert worker.store.seals.seal() > 3
        assert verify(worker.store.seals).wrong is None
        with Store.open(as_user(url, ROLE, ""), vault=Vault.given(new_key())) as store:
            store.erase("trial", "c-1")
        assert verify(worker.store.seals).wrong is None


CHANGES = (
    "UPDATE {} SET at = 0",
    "DELETE FROM {}",
    "TRUNCATE {}",
    "DROP TABLE {}",
    "ALTER TABLE {} ADD COLUMN more text",
    "CREATE RULE hidden AS ON INSERT TO {} DO INSTEAD NOTHING",
    "CREATE TRIGGER hidden BEFORE INSERT ON {} EXECUTE FUNCTION suppress_redundant_updates_trigger()",
)


def test_the_role_cannot_change_the_audit(url: str) -> None:
    with psycopg.connect(as_user(url, ROLE, ""), autocommit=True) as service:
        for table in ("audit", "audit_seals"):
            service.execute(f"GRANT ALL ON {table} TO CURRENT_USER")  # PostgreSQL only warns that nothing was granted
            for change in CHANGES:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    service.execute(change.format(table))


def test_only_the_owner_trims(url: str) -> None:
    with Store.open(url) as store:
        store.audit.act("cli:ana", "rotate")
        store.seals.seal()
    refused = fieldwright("audit", "trim", "--before", "2100-01-01", "--database", as_user(url, ROLE, ""))
    assert (refused.code, "permission denied for table audit" in refused.err) == (1, True)
    trimmed = fieldwright("audit", "trim", "--before", "2100-01-01", "--database", url)
    assert (trimmed.code, "2 entries from before" in trimmed.out) == (0, True)
    with Store.open(url) as store:
        assert [entry.operation for entry in store.audit.list()] == [TRIM]


def test_a_role_that_cannot_be_held_to_it_is_refused(url: str, tmp_path: Path) -> None:
    owner = fieldwright("audit", "protect", "postgres", "--database", url)
    assert (owner.code, "can change all tables" in owner.err) == (2, True)
    unknown = fieldwright("audit", "protect", 'no"body', "--database", url)
    assert (unknown.code, "has no role" in unknown.err) == (2, True)
    with Store.open(tmp_path / "fieldwright.db"):
        pass
    file = fieldwright("audit", "protect", ROLE, "--state", tmp_path)
    assert (file.code, "knows no roles" in file.err) == (2, True)
