"""Names and ids of what an ATS lists: custom fields, options, tags, stages. Cached, and made where missing.

Raises CallError and AnswerUnusable as the calls do.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial

from connectors.calls import Caller
from engine.errors import AnswerUnusable, Refused
from engine.manifest.connection import Connection
from engine.manifest.language.expressions import Chain, Path
from engine.manifest.model import Choices, Directory
from engine.model import Json
from engine.store.store import Store
from engine.writeback.known import Entry, match


class Directories:
    """The directories of one connection. Safe for any number of threads: nothing is made twice by them."""

    def __init__(self, connection: Connection, caller: Caller, store: Store) -> None:
        self._connection, self._caller, self._store = connection.name, caller, store
        self._operations = connection.manifest.operations
        self._making = threading.Lock()

    def entries(self, directory: Directory, context: Mapping[str, Json], *, anew: bool = False) -> tuple[Entry, ...]:
        """What the directory lists, in its order; ``anew``: asked for now, whatever is kept.

        ``context`` is what its operation's templates see: another one may be another list.
        """
        key = self._key(directory, context)
        kept = None if anew else self._store.cache.get(self._connection, "directory", key)
        if kept is not None:
            return tuple(Entry(**entry) for entry in kept)
        records = self._caller.records(directory.operation, context)
        if directory.order is not None:
            records.sort(key=partial(_place, directory.order))
        found = [_entry(directory, record) for record in records]
        return self._keep(directory, key, [entry for entry in found if entry.id])

    def find(self, directory: Directory, name: str, context: Mapping[str, Json]) -> Entry | None:
        """The entry with this id or name."""
        return match(self.entries(directory, context), name)

    def find_or_make(
        self, directory: Directory, name: str, context: Mapping[str, Json], given: Mapping[str, Json] | None = None
    ) -> Entry | None:
        """The entry with this id or name, made where there is none and the directory says how.

        ``given`` is what the making operation sees beside ``name`` and ``context``. What is kept, or a making whose
        answer was lost, is never trusted to say that something is missing: the list is read anew before.
        """
        found = self.find(directory, name, context)
        if found is not None or directory.create is None or directory.created_id is None:
            return found
        with self._making:
            # Another worker may have made it while this one waited, and lists may show it late.
            found = self.find(directory, name, context)
            if found is not None:
                return found
            known = self.entries(directory, context, anew=True)
            return match(known, name) or self._made(directory, name, context, {**context, **(given or {})}, known)

    def forget(self, directory: Directory, context: Mapping[str, Json]) -> None:
        """Drops what is kept of it."""
        self._store.cache.forget(self._connection, "directory", self._key(directory, context))

    def kept(
        self, directory: Directory, context: Mapping[str, Json] | None = None, *, expired_too: bool = False
    ) -> tuple[Entry, ...]:
        """What is kept of it, without asking; ``expired_too``: even where it is out of date."""
        key = self._key(directory, context or {})
        kept = self._store.cache.get(self._connection, "directory", key, expired_too=expired_too)
        return tuple(Entry(**entry) for entry in kept or ())

    def _made(
        self,
        directory: Directory,
        name: str,
        context: Mapping[str, Json],
        given: Mapping[str, Json],
        known: tuple[Entry, ...],
    ) -> Entry | None:
        assert directory.create is not None
        assert directory.created_id is not None
        try:
            answer = self._caller.call(directory.create, {**given, "name": name})
        except Refused as refusal:
            if refusal.kind != "conflict":
                raise
            return match(self.entries(directory, context, anew=True), name)
        made = Entry(_text(directory.created_id(answer.body)), name)
        if not made.id:
            raise AnswerUnusable(f"{directory.create}: the answer holds no id at `{directory.created_id.text}`")
        self._keep(directory, self._key(directory, context), [*known, made])
        return made

    def _key(self, directory: Directory, context: Mapping[str, Json]) -> str:
        """What tells the list from others: the values that the operation's templates read."""
        chains = sorted(self._operations[directory.operation].request.references)
        read = (_at(context, chain) for chain in chains if chain[0] in context)
        return "/".join([directory.operation, *map(str, read)])

    def _keep(self, directory: Directory, key: str, entries: list[Entry]) -> tuple[Entry, ...]:
        plain = [asdict(entry) for entry in entries]
        self._store.cache.put(self._connection, "directory", key, plain, ttl_s=directory.cache_s)
        return tuple(entries)


def _at(context: Mapping[str, Json], chain: Chain) -> Json:
    value: Json = context
    for name in chain:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _place(order: Path, record: Json) -> tuple[bool, float]:
    """What a record is sorted by: its number; those without one come last, as they were."""
    try:
        return False, float(order(record))
    except (TypeError, ValueError):
        return True, 0.0


def _entry(directory: Directory, record: Json) -> Entry:
    kind = _text(directory.type(record)) if directory.type else None
    options = _options(directory.choices, record) if directory.choices else None
    return Entry(_text(directory.id(record)), _text(directory.name(record)), kind, options)


def _options(choices: Choices, record: Json) -> dict[str, str] | None:
    """The options in the record of a field, label → id; None where it has none."""
    listed = choices.source(record)
    if not isinstance(listed, list):
        return None
    return {_text(choices.name(one)): _text(choices.id(one)) for one in listed if _text(choices.id(one))}


def _text(value: Json) -> str:
    return "" if value is None else str(value)
