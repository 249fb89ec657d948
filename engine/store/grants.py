"""What the service's role may do in PostgreSQL: all of its work, but neither change nor remove rows of the audit.

The tables' owner runs this once; the service then signs in as the role. Tables that a later migration makes are
granted by default.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, text

from engine.errors import InputError
from engine.store.database import Database
from engine.store.schema import audit, audit_seals, schema_version

_ADDED_TO = (audit.name, audit_seals.name)
_READ = (schema_version.name,)


def grant_service(database: Database, role: str) -> None:
    """Lets ``role`` do a service's work. Raises InputError where it cannot be held to it, or there are no roles."""
    if not database.on_postgres:
        raise InputError(
            "A SQLite database knows no roles: whoever may write to its file may change all of it.",
            hint="Keep the audit's heads elsewhere: fieldwright serve --audit-heads FILE",
        )
    with database.write() as connection:
        _check(connection, role)
        quoted = connection.dialect.identifier_preparer.quote_identifier(role)
        for statement in _statements(connection, quoted):
            connection.execute(text(statement))


def _check(connection: Connection, role: str) -> None:
    found = connection.execute(text("SELECT rolsuper FROM pg_roles WHERE rolname = :role"), {"role": role}).first()
    if found is None:
        hint = "Make it first, as an administrator: CREATE ROLE fieldwright_service LOGIN PASSWORD '…'"
        raise InputError(f"The database server has no role {role[:60]!r}.", hint=hint)
    owns = text("SELECT pg_has_role(:role, tableowner, 'MEMBER') FROM pg_tables WHERE tablename = :name")
    is_owner = connection.execute(owns, {"role": role, "name": audit.name}).scalar()
    if found.rolsuper or is_owner:
        raise InputError(
            f"The role {role[:60]!r} can change all tables whatever is granted: it owns them or is an administrator.",
            hint="Make a role of its own for the service, which owns nothing.",
        )


def _statements(connection: Connection, role: str) -> Iterator[str]:
    preparer = connection.dialect.identifier_preparer
    name, schema = (
        preparer.quote_identifier(connection.execute(text(f"SELECT {what}")).scalar_one())
        for what in ("current_database()", "current_schema()")
    )
    yield f"GRANT CONNECT ON DATABASE {name} TO {role}"
    yield f"GRANT USAGE ON SCHEMA {schema} TO {role}"
    yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}"
    yield f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}"
    default = f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT"
    yield f"{default} SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}"
    yield f"{default} USAGE, SELECT ON SEQUENCES TO {role}"
    there = set(
        connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")).scalars()
    )
    for table in (*_ADDED_TO, *_READ):
        if table in there:
            yield f"REVOKE ALL ON {table} FROM PUBLIC, {role}"
            yield f"GRANT SELECT{', INSERT' if table in _ADDED_TO else ''} ON {table} TO {role}"
