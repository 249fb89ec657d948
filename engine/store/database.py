"""The database behind the store: opening it, and transactions in which every failure has a name people can act on.

In: a URL (``postgresql://…``, ``sqlite:///x.db``), a path or ``:memory:``. Out: transactions for the table families.
On SQLite one thread of a process writes at a time (a lock is fairer and quicker than SQLite's own polling); on
PostgreSQL they write side by side. A transaction begun inside another of the same thread becomes a part of it.
"""

from __future__ import annotations

import logging
import random
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from engine.clock import SYSTEM
from engine.errors import InputError, StoreUnavailable
from engine.store import schema
from engine.store.opening import (
    check_server,
    postgres_engine,
    postgres_url,
    reading,
    shown,
    sqlite_engine,
    sqlite_path,
)
from engine.store.versions import create, refuse_newer, refuse_older, version_of

_SHARDS = 16
"""Rows of one counter on PostgreSQL, so that transactions side by side seldom wait for the same one."""

Counts = Counter[tuple[str, str]]
"""By (connection, entry of the ledger)."""

Write = Callable[[Connection], object]
_log = logging.getLogger(__name__)


class Database:
    """One opened database. ``write`` and ``read`` raise StoreUnavailable when it cannot do its part now."""

    def __init__(self, engine: Engine, name: str, temporary: tempfile.TemporaryDirectory[str] | None = None) -> None:
        self.engine, self.name = engine, name
        self.on_postgres = engine.dialect.name == "postgresql"
        self._reader = reading(engine)
        self._temporary = temporary
        self._writing: AbstractContextManager[object] = nullcontext() if self.on_postgres else threading.RLock()
        self._own = threading.local()

    @classmethod
    def open(cls, url_or_path: str | Path) -> Database:
        """Opens it; an empty one gets its tables. Raises InputError where it cannot be used: another schema, say."""
        database = cls.connected(url_or_path)
        try:
            database._prepare()
        except BaseException:
            database.close()
            raise
        return database

    @classmethod
    def connected(cls, url_or_path: str | Path) -> Database:
        """The database as it is, of whatever schema. Raises InputError where it cannot be reached."""
        url = postgres_url(url_or_path)
        if url is None:
            temporary = tempfile.TemporaryDirectory(prefix="fieldwright-") if url_or_path == ":memory:" else None
            path = Path(temporary.name) / "memory.db" if temporary else sqlite_path(url_or_path)
            return cls(sqlite_engine(path), str(path), temporary)
        database = cls(postgres_engine(url), shown(url))
        try:
            check_server(database.engine, url)
        except BaseException:
            database.close()
            raise
        return database

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits at the end, with full fsync; a nested one can fail on its own."""
        outer: Connection | None = getattr(self._own, "connection", None)
        if outer is not None:
            counted = Counter(self._own.counts)
            try:
                with failures_named(), outer.begin_nested():
                    yield outer
            except BaseException:
                self._own.counts = counted
                raise
            return
        waiting = self._take_waiting()
        try:
            with self._writing, failures_named(), self.engine.begin() as connection:
                self._own.connection, self._own.counts = connection, Counter()
                try:
                    _catch_up(connection, waiting)
                    yield connection
                    _enter(connection, self._own.counts)
                finally:
                    self._own.connection = None
        except BaseException:
            self._put_back(waiting)
            raise

    def count(self, name: str, entry: str, number: int = 1) -> None:
        """Adds to the counter ``entry`` of the connection ``name`` when the open transaction commits."""
        self._own.counts[name, entry] += number

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """What this thread writes by ``later`` inside joins its next transaction, or one at the end.

        It is for what tells how something went, and is told in time if it is told with what came of it.
        """
        if self._waiting() is not None:
            yield
            return
        self._own.waiting = []
        try:
            yield
        finally:
            try:
                self.flush()
            finally:
                self._own.waiting = None

    def later(self, write: Write) -> None:
        """Writes within the open transaction; with the next one of this thread within ``gathering``; else now."""
        waiting = self._waiting()
        if waiting is not None and getattr(self._own, "connection", None) is None:
            waiting.append(write)
            return
        with self.write() as connection:
            write(connection)

    def flush(self) -> None:
        """Writes what waits for this thread's next transaction."""
        if self._waiting() and getattr(self._own, "connection", None) is None:
            with self.write():
                pass

    def _waiting(self) -> list[Write] | None:
        waiting: list[Write] | None = getattr(self._own, "waiting", None)
        return waiting

    def _take_waiting(self) -> list[Write]:
        waiting = self._waiting()
        if not waiting:
            return []
        self._own.waiting = []
        return waiting

    def _put_back(self, waiting: list[Write]) -> None:
        if waiting:
            self._own.waiting = [*waiting, *(self._waiting() or [])]

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot to read from; inside ``write`` it is that transaction's own view."""
        outer: Connection | None = getattr(self._own, "connection", None)
        if outer is not None:
            yield outer
            return
        with failures_named(), self._reader.connect() as connection:
            yield connection

    def now(self) -> float:
        """The time (UTC s) of the PostgreSQL server; of this machine for a file on it."""
        if not self.on_postgres:
            return SYSTEM.now()
        with self.read() as connection:
            return float(connection.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar_one())

    def close(self) -> None:
        self.engine.dispose()
        if self._temporary:
            self._temporary.cleanup()

    def _prepare(self) -> None:
        try:
            with self.write() as connection:
                one_at_a_time(connection, "schema")
                found = version_of(connection, self.name)
                if found is None:
                    create(connection)
        except StoreUnavailable as error:
            raise InputError(f"The database {self.name} cannot be used: {error.message}", hint=error.hint) from None
        if found is not None:
            refuse_newer(self.name, found)
            refuse_older(self.name, found)


def _catch_up(connection: Connection, waiting: Sequence[Write]) -> None:
    if not waiting:
        return
    try:
        with failures_named(), connection.begin_nested():
            for write in waiting:
                write(connection)
    except InputError:
        _catch_up_singly(connection, waiting)


def _catch_up_singly(connection: Connection, waiting: Sequence[Write]) -> None:
    # One that is there already, by a commit whose answer was lost, must not take those along that are not; nor must
    # what waited keep what comes now from being stored.
    for write in waiting:
        try:
            with failures_named(), connection.begin_nested():
                write(connection)
        except InputError as error:
            _log.warning("a row was not written: %s", error.message)


def _enter(connection: Connection, counts: Counts) -> None:
    """Adds to the ledger, in an order that is the same for all: two that count at once never block each other."""
    shard = random.randrange(_SHARDS) if connection.dialect.name == "postgresql" else 0
    rows = [
        {"connection": name, "entry": entry, "shard": shard, "count": count}
        for (name, entry), count in sorted(counts.items())
        if count
    ]
    if rows:
        adding = ignoring_insert(connection, schema.ledger).values(rows)
        more = {"count": schema.ledger.c.count + adding.excluded.count}
        connection.execute(adding.on_conflict_do_update(index_elements=["connection", "entry", "shard"], set_=more))


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
    if not isinstance(error, DBAPIError) or isinstance(error, DataError):
        # What a driver says of data it refuses may hold the data.
        return type(error).__name__
    return (str(error.orig).splitlines() or ["no reason given"])[0].rstrip(".")
