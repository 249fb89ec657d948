"""Where the database is, and an SQLAlchemy engine on it: a SQLite file or a PostgreSQL database.

In: a path, ``sqlite:///…`` or ``postgresql://…``. Out: an engine whose every commit is durable before it returns.
A URL is shown without its password and its options, here and in every error.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, ProgrammingError, SQLAlchemyError

from engine.clock import SYSTEM
from engine.errors import InputError

_POSTGRES = ("postgresql", "postgres", "postgresql+psycopg")
_FORM = "postgresql://USER:PASSWORD@HOST:5432/DATABASE"
_PRAGMAS = (
    "PRAGMA busy_timeout = 10000",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA cache_size = -16000",
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA journal_size_limit = 67108864",
)
_SETTINGS = (
    "SET synchronous_commit = on",
    "SET lock_timeout = '10s'",
    "SET statement_timeout = '60s'",
    "SET idle_in_transaction_session_timeout = '60s'",
)
_CONNECT_S = 5
_LOCKED_TRIES = 500
_LOCKED_WAIT_S = 0.02


def postgres_url(url_or_path: str | Path) -> URL | None:
    """The URL of a PostgreSQL database; None for anything else. Raises InputError where it is not a whole one."""
    text = str(url_or_path)
    if text.partition("://")[0] not in _POSTGRES or "://" not in text:
        return None
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise InputError("The address of the PostgreSQL database cannot be read.", hint=_form_hint()) from None
    if not url.database:
        raise InputError(f"The address {shown(url)} names no database.", hint=_form_hint())
    return url.set(drivername="postgresql+psycopg")


def sqlite_path(url_or_path: str | Path) -> Path:
    """The file named by a ``sqlite:///`` URL or a path. Raises InputError for any other kind of URL."""
    text = str(url_or_path)
    if "://" not in text:
        return Path(text)
    scheme, _, rest = text.partition("://")
    if scheme != "sqlite" or not rest.startswith("/") or rest == "/":
        raise InputError(
            f"The database must be a SQLite file or PostgreSQL, not a {scheme}:// address.",
            hint=f"Give a path, sqlite:///relative.db, sqlite:////absolute/path.db, or {_FORM}.",
        )
    return Path(rest[1:])


def shown(url: URL) -> str:
    """``url`` as it may be told: whose, where and which database, without a password or options."""
    place = url.host or url.query.get("host") or ""
    where = f"{url.username or ''}{'@' if url.username else ''}{place}{f':{url.port}' if url.port else ''}"
    return f"postgresql://{where}/{url.database or ''}"


def postgres_engine(url: URL) -> Engine:
    """Connections are tested before use, so that those lost by a restart of the server disturb nobody."""
    arguments: dict[str, Any] = {"application_name": "fieldwright", "connect_timeout": _CONNECT_S}
    arguments = {name: value for name, value in arguments.items() if name not in url.query}
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=8,
        max_overflow=-1,
        connect_args={**arguments, "client_encoding": "utf8"},
    )
    event.listen(engine, "connect", _settle)
    return engine


def sqlite_engine(path: Path) -> Engine:
    """On a file for its owner only, made where there is none. Raises InputError where it cannot be opened."""
    _create_private(path)
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


def reading(engine: Engine) -> Engine:
    """The same database, for transactions that see one state of it and change nothing."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine.execution_options(fieldwright_reads=True)


def check_server(engine: Engine, url: URL) -> None:
    """Raises InputError, with what to do, where the database cannot be reached or does not take every text."""
    try:
        with engine.connect() as connection:
            encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
    except ProgrammingError:
        raise InputError(
            f"The database {shown(url)} cannot be used: an option of its address is unknown.",
            hint="Options after ? are those of libpq, such as ?sslmode=require.",
        ) from None
    except SQLAlchemyError as error:
        raise _unreachable(shown(url), str(getattr(error, "orig", None) or type(error).__name__)) from None
    if encoding != "UTF8":
        raise InputError(
            f"The database {shown(url)} has the encoding {encoding}, and must have UTF8.",
            hint=f"Make one that has: createdb --encoding=UTF8 --template=template0 {url.database}",
        )


def _unreachable(name: str, said: str) -> InputError:
    reasons = (
        ("password", "the password is wrong or missing", f"Check the user and the password: {_FORM}."),
        ("authentication", "the server does not let this user in", "Check the user, and the server's pg_hba.conf."),
        ("role", "there is no such user", "Check the user's name, or make the user: createuser NAME"),
        ("database", "there is no such database", "Check its name, or make it: createdb --encoding=UTF8 NAME"),
        ("too many", "the server takes no more connections", "Raise max_connections, or start fewer processes."),
        ("starting up", "the server is still starting", "Try again in a moment."),
        ("resolve", "there is no such host", "Check the host's name."),
        ("translate host", "there is no such host", "Check the host's name."),
    )
    fatal = said.partition("FATAL:")[2] or said
    reason, hint = "no server answers there", "Check the host and the port, and that PostgreSQL is running."
    if "FATAL:" in said:
        reason, hint = "the server refused", "Its log says why."
    found = next(((why, what) for word, why, what in reasons if word in fatal and _tells(word, said)), (reason, hint))
    return InputError(f"The database {name} cannot be used: {found[0]}.", hint=found[1])


def _tells(word: str, said: str) -> bool:
    # A host, user or database may be named like one of the words: they count in what the server said only.
    return "FATAL:" in said or word in ("resolve", "translate host", "password")


def _form_hint() -> str:
    return f"It looks like {_FORM}; in a name or password write @ as %40, / as %2F and : as %3A."


def _create_private(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise InputError(
            f"The database file {path} cannot be opened: {error.strerror}.",
            hint="Name a file in a folder that exists and that this user may write to.",
        ) from None


def _configure(dbapi_connection: sqlite3.Connection, _record: object) -> None:
    dbapi_connection.isolation_level = None
    _log_ahead(dbapi_connection)
    for pragma in _PRAGMAS:
        dbapi_connection.execute(pragma).close()


def _log_ahead(connection: sqlite3.Connection) -> None:
    # Two that make a new file log ahead at once get in each other's way, and SQLite does not wait here by itself.
    for again in reversed(range(_LOCKED_TRIES)):
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
        except sqlite3.OperationalError as error:
            if not again or "locked" not in str(error):
                raise
            SYSTEM.sleep(_LOCKED_WAIT_S)
        else:
            return


def _settle(dbapi_connection: Any, _record: object) -> None:
    for setting in _SETTINGS:
        dbapi_connection.execute(setting)
    dbapi_connection.commit()


def _begin(connection: Connection) -> None:
    # A deferred transaction that starts to write fails at once when another wrote in between: lock first.
    reads = connection.get_execution_options().get("fieldwright_reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
