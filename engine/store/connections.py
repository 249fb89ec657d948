"""Small state of a connection: a webhook subscription's id and secret, a rotated token, what was used of a quota.

Encrypted by the vault, but for what is no secret. What an earlier version stored as it is, is read, and encrypted
when it is next written or when the keys are rotated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from sqlalchemy import ColumnElement, Connection, delete, select, update

from engine.errors import InputError, StoreUnavailable
from engine.model import Json
from engine.store.codec import decoded, encoded
from engine.store.database import Database, ignoring_insert, upsert
from engine.store.schema import connections
from engine.store.vault import Vault, key_id_of

_NO_SECRET = frozenset({"readyz", "bindings", "disabled"})


class Connections:
    """One JSON value per (connection, name).

    Every method raises StoreUnavailable where a value cannot be decrypted, InputError where there are no keys.
    """

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    def get(self, connection: str, name: str) -> Json:
        """The value, or None where there is none."""
        with self._database.read() as reading:
            row = reading.execute(select(connections).where(*_one(connection, name))).first()
        return None if row is None else self._opened(connection, name, row.value)

    def put(self, connection: str, name: str, value: Json) -> None:
        key = {"connection": connection, "name": name}
        stored = self._stored(connection, name, value)
        with self._database.write() as writing:
            upsert(writing, connections, key, {"value": stored})

    def change(self, connection: str, name: str, to: Callable[[Json], Json]) -> Json:
        """Puts ``to(value)`` in place of the value (None where there is none), with nobody in between; gives it."""
        with self._database.write() as writing:
            row = {"connection": connection, "name": name, "value": "null"}
            writing.execute(ignoring_insert(writing, connections).values(**row).on_conflict_do_nothing())
            locked = select(connections.c.value).where(*_one(connection, name)).with_for_update()
            value = to(self._opened(connection, name, writing.execute(locked).scalar_one()))
            self._update(writing, connection, name, self._stored(connection, name, value))
        return value

    def delete(self, connection: str, name: str) -> None:
        with self._database.write() as writing:
            writing.execute(delete(connections).where(*_one(connection, name)))

    def key_ids(self) -> dict[str, int]:
        """How many secrets are encrypted with each key; "" counts those that are not encrypted yet."""
        return dict(Counter(key_id_of(value) or "" for _, _, value in self._secrets()))

    def check_keys(self) -> None:
        """Raises InputError where there is no key, or, which names the key's id, a secret cannot be decrypted."""
        self._vault.ids()
        try:
            for connection, name, value in self._secrets():
                self._opened(connection, name, value)
        except StoreUnavailable as error:
            raise InputError(error.message, hint=error.hint) from None

    def rotate(self) -> int:
        """Encrypts with the vault's first key what is not yet; how many values. Each is one short transaction."""
        first = self._vault.ids()[0]
        others = [(connection, name) for connection, name, value in self._secrets() if key_id_of(value) != first]
        return sum(self._rotated(connection, name, first) for connection, name in others)

    def _rotated(self, connection: str, name: str, first: str) -> bool:
        with self._database.write() as writing:
            locked = select(connections.c.value).where(*_one(connection, name)).with_for_update()
            stored = writing.execute(locked).scalar()
            if stored is None or key_id_of(stored) == first:
                return False
            value = self._opened(connection, name, stored)
            self._update(writing, connection, name, self._stored(connection, name, value))
            return True

    def _update(self, writing: Connection, connection: str, name: str, stored: str) -> None:
        writing.execute(update(connections).where(*_one(connection, name)).values(value=stored))

    def _secrets(self) -> list[tuple[str, str, str]]:
        with self._database.read() as reading:
            rows = reading.execute(select(connections).where(connections.c.name.not_in(_NO_SECRET))).all()
        return [(row.connection, row.name, row.value) for row in rows]

    def _stored(self, connection: str, name: str, value: Json) -> str:
        text = encoded(value)
        return text if name in _NO_SECRET else self._vault.sealed(text, f"{connection}|{name}")

    def _opened(self, connection: str, name: str, stored: str) -> Json:
        text = self._vault.opened(stored, f"{connection}|{name}")
        try:
            return decoded(text)
        except ValueError:
            raise StoreUnavailable(f"The store's value `{name}` of {connection} is no JSON.") from None


def _one(connection: str, name: str) -> tuple[ColumnElement[bool], ...]:
    return connections.c.connection == connection, connections.c.name == name
