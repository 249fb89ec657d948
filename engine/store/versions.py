"""Which schema a database has: making the newest in an empty one, refusing what this version cannot work with.

In: a connection within a transaction. Out: the schema's number, as ``alembic_version`` tells it (``schema_version``
in databases that are older than 3). Alembic itself is needed for nothing here.
"""

from __future__ import annotations

import shlex

from sqlalchemy import Connection, func, insert, inspect, select, text

from engine.errors import InputError
from engine.store import schema
from engine.store.schema import VERSION, schema_version

_BEFORE = "schema_version"
_LAST_BEFORE = 2
"""The last schema that a table of its own told."""


def revision_of(version: int) -> str:
    """The name of a schema's migration."""
    return f"{version:04d}"


def version_of(connection: Connection, name: str) -> int | None:
    """The schema of the database ``name``; None where it is empty. Raises InputError where it is no store."""
    tables = inspect(connection).get_table_names()
    found: int | None = None
    if schema_version.name in tables:
        found = current_version(connection)
    elif _BEFORE in tables:
        found = connection.execute(text("SELECT max(version) FROM schema_version")).scalar()
        if found is not None and found > _LAST_BEFORE:
            raise InputError(
                f"The database {name} was made by a version of Fieldwright that was never released.",
                hint="Name another one, or keep to that version.",
            )
    if found is None and tables:
        raise InputError(
            f"The database {name} is one of something else.",
            hint="Name another one: an empty PostgreSQL database, or a file, which is created where there is none.",
        )
    return found


def current_version(connection: Connection) -> int | None:
    """What ``alembic_version`` tells; None where that is no number of a schema."""
    said = connection.execute(select(func.max(schema_version.c.version_num))).scalar()
    return int(said) if said and said.isascii() and said.isdigit() else None


def create(connection: Connection) -> None:
    """Makes the newest schema in an empty database."""
    schema.metadata.create_all(connection)
    connection.execute(insert(schema_version).values(version_num=revision_of(VERSION)))
    connection.execute(insert(schema.fencing).values(id=1, token=0))


def refuse_newer(name: str, found: int) -> None:
    """Raises InputError for a schema of a later version."""
    if found > VERSION:
        raise InputError(
            f"The database {name} has schema {found}, newer than the schema {VERSION} of this version.",
            hint="Run a newer version of Fieldwright, or name another database.",
        )


def refuse_older(name: str, found: int) -> None:
    """Raises InputError, with the command to run, for a schema that must be migrated."""
    if found < VERSION:
        # An address is told without its password, which must not be among the flags anyway.
        how = "fieldwright migrate --database " + shlex.quote(name)
        if name.startswith("postgresql://"):
            how = f"{how} (a password in the environment: FIELDWRIGHT_DATABASE or PGPASSWORD)"
        raise InputError(
            f"The database {name} has schema {found}, older than the schema {VERSION} of this version.",
            hint=f"Stop what works on it, make a copy of it, and run: {how}",
        )
