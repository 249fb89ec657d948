"""The database behind the store: opening it, and transactions in which every failure has a name people can act on.

In: a URL (``sqlite:///x.db``), a path or ``:memory:``. Out: transactions for the table families.
On SQLite one thread of a process writes at a time (a lock is fairer and quicker than SQLite's own polling);
a transaction begun inside another of the same thread becomes a part of it.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, func, insert, inspect, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from engine.errors import InputError, StoreUnavailable
from engine.store import schema

_WITHOUT_NEW_TABLES = 1
"""The schema that lacks nothing but tables."""

_PRAGMAS = (
    "PRAGMA busy_timeout = 10000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA cache_size = -16000",
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA journal_size_limit = 67108864",
)


class Database:
    """One opened database. ``write`` and ``read`` raise StoreUnavailable when it cannot do its part now."""

    def __init__(self, engine: Engine, temporary: tempfile.TemporaryDirectory[str] | None = None) -> None:
        self.engine = engine
        self._reader = engine.execution_options(fieldwright_reads=True)
        self._temporary = temporary
        self._writing = threading.RLock()
        self._own = threading.local()

    @classmethod
    def open(cls, url_or_path: str | Path) -> Database:
        """Opens or creates it. Raises InputError where it cannot be used, such as a newer schema."""
        temporary = tempfile.TemporaryDirectory(prefix="fieldwright-") if url_or_path == ":memory:" else None
        path = Path(temporary.name) / "memory.db" if temporary else sqlite_path(url_or_path)
        _create_private(path)
        database = cls(_sqlite_engine(path), temporary)
        try:
            database._prepare(str(path))
        except BaseException:
            database.close()
            raise
        return database

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits at the end, with full fsync; a nested one can fail on its own."""
        outer: Connection | None = getattr(self._own, "connection", None)
        if outer is not None:
            with failures_named(), outer.begin_nested():
                yield outer
            return
        with self._writing, failures_named(), self.engine.begin() as connection:
            self._own.connection = connection
            try:
                yield connection
            finally:
                self._own.connection = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot to read from; inside ``write`` it is that transaction's own view."""
        outer: Connection | None = getattr(self._own, "connection", None)
        if outer is not None:
            yield outer
            return
        with failures_named(), self._reader.connect() as connection:
            yield connection

    def close(self) -> None:
        self.engine.dispose()
        if self._temporary:
            self._temporary.cleanup()

    def _prepare(self, name: str) -> None:
        try:
            with self.write() as connection:
                found = _version_of(connection)
                if found is None:
                    _refuse_foreign(connection, name)
                    schema.metadata.create_all(connection)
                    connection.execute(insert(schema.schema_version).values(version=schema.VERSION))
                    connection.execute(insert(schema.fencing).values(id=1, token=0))
                elif found == _WITHOUT_NEW_TABLES:
                    schema.metadata.create_all(connection)
                    connection.execute(update(schema.schema_version).values(version=schema.VERSION))
                    found = schema.VERSION
        except StoreUnavailable as error:
            raise InputError(f"The database {name} cannot be used: {error.message}", hint=error.hint) from None
        if found is not None and found != schema.VERSION:
            raise _wrong_version(name, found)


def upsert(connection: Connection, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Inserts a row, or gives the one with the same ``key`` these ``values``."""
    statement = ignoring_insert(connection, table).values(**key, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=dict(values)))


def ignoring_insert(connection: Connection, table: Table) -> sqlite.Insert:
    """The dialect's own INSERT, which knows ON CONFLICT; both spell it alike."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)  # type: ignore[return-value]
    return sqlite.insert(table)


def one_at_a_time(connection: Connection, name: str) -> None:
    """From here to its end the transaction is the only one that asked for ``name``; others wait."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def sqlite_path(url_or_path: str | Path) -> Path:
    """The file named by a ``sqlite:///`` URL or a path. Raises InputError for any other kind of URL."""
    text = str(url_or_path)
    if "://" not in text:
        return Path(text)
    scheme, _, rest = text.partition("://")
    if scheme != "sqlite" or not rest.startswith("/") or rest == "/":
        raise InputError(
            f"The database must be a SQLite file, not a {scheme}:// address.",
            hint="Give a path, or sqlite:///relative.db, or sqlite:////absolute/path.db.",
        )
    return Path(rest[1:])


@contextmanager
def failures_named() -> Iterator[None]:
    """Turns the driver's errors into the engine's. Never a value of a row in the text."""
    try:
        yield
    except IntegrityError as error:
        raise InputError(f"The store refused a row: {_first_line(error)}.") from None
    except SQLAlchemyError as error:
        raise StoreUnavailable(
            f"The store cannot commit now: {_first_line(error)}.",
            hint="Nothing of it was stored. Check the disk and the database, then try again.",
        ) from None


def _first_line(error: SQLAlchemyError) -> str:
    cause = str(error.orig) if isinstance(error, DBAPIError) else type(error).__name__
    return (cause.splitlines() or ["no reason given"])[0].rstrip(".")


def _create_private(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise InputError(
            f"The database file {path} cannot be opened: {error.strerror}.",
            hint="Name a file in a folder that exists and that this user may write to.",
        ) from None


def _sqlite_engine(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        hide_parameters=True,
        pool_size=8,
        max_overflow=-1,
        connect_args={"check_same_thread": False, "timeout": 10.0, "cached_statements": 256},
    )
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _configure(dbapi_connection: sqlite3.Connection, _record: object) -> None:
    dbapi_connection.isolation_level = None
    for pragma in _PRAGMAS:
        dbapi_connection.execute(pragma).close()


def _begin(connection: Connection) -> None:
    # A deferred transaction that starts to write fails at once when another wrote in between: lock first.
    reads = connection.get_execution_options().get("fieldwright_reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _version_of(connection: Connection) -> int | None:
    if not inspect(connection).has_table(schema.schema_version.name):
        return None
    version: int | None = connection.execute(select(func.max(schema.schema_version.c.version))).scalar()
    return version


def _refuse_foreign(connection: Connection, name: str) -> None:
    if inspect(connection).get_table_names():
        raise InputError(
            f"The file {name} is a database of something else.",
            hint="Name another file; one that does not exist is created.",
        )


def _wrong_version(name: str, found: int) -> InputError:
    age = "newer" if found > schema.VERSION else "older"
    return InputError(
        f"The database {name} has schema {found}, {age} than the schema {schema.VERSION} of this version.",
        hint="Run the version of Fieldwright that wrote it or a later one, or name another database.",
    )
