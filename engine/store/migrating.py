"""Migrating a database to the schema of this version, in one transaction: it has the old one or the new one.

In: a URL or a path. Out: from which schema to which. Of several that do it at once one does, and the others wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from engine.errors import InputError, StoreUnavailable
from engine.store.database import Database, one_at_a_time
from engine.store.schema import VERSION, schema_version
from engine.store.versions import create, refuse_newer, revision_of, version_of

_FOLDER = Path(__file__).with_name("migrations")
_PATIENCE = ("SET LOCAL lock_timeout = '30s'", "SET LOCAL statement_timeout = 0")


@dataclass(frozen=True, slots=True)
class Migrated:
    """The schema before, None where the database was empty, and the one that it has now."""

    before: int | None
    after: int


def migrate(url_or_path: str | Path) -> Migrated:
    """Migrates the database. Raises InputError where it cannot be used, or cannot be migrated now."""
    database = Database.connected(url_or_path)
    try:
        with database.write() as connection:
            one_at_a_time(connection, "schema")
            found = version_of(connection, database.name)
            if found is None:
                create(connection)
            else:
                refuse_newer(database.name, found)
                if found < VERSION:
                    _upgrade(connection, found)
    except StoreUnavailable as error:
        hint = "Nothing was changed. Stop what works on it, and check the disk and the database's log."
        raise InputError(f"The database {database.name} cannot be migrated: {error.message}", hint=hint) from None
    finally:
        database.close()
    return Migrated(found, VERSION)


def _upgrade(connection: Connection, found: int) -> None:
    if connection.dialect.name == "postgresql":
        # Whoever still works on the tables is waited for, but not for ever: all others would wait behind us.
        for setting in _PATIENCE:
            connection.exec_driver_sql(setting)
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    if not connection.dialect.has_table(connection, schema_version.name):
        command.stamp(config, revision_of(found))
    command.upgrade(config, revision_of(VERSION))
