"""The lookups of a manifest: a part of one record of the ATS, found when a call needs it, kept, made where missing.

Raises Refused where no record is meant and none is made, and otherwise as calls do.
"""

from __future__ import annotations

import hashlib
import json
import threading

from connectors.calls import Caller
from engine.errors import Ambiguous, AnswerUnusable, Refused, Transient
from engine.manifest.connection import Connection
from engine.manifest.language.expressions import Path, holds
from engine.manifest.model import Lookup
from engine.model import Json
from engine.store.store import Store


class Lookups:
    """The lookups of one connection. Safe for any number of threads: nothing is made twice by them."""

    def __init__(self, connection: Connection, store: Store) -> None:
        self._connection, self._store = connection, store
        self._making = threading.Lock()
        # What is found depends on the settings, so what is kept counts for just these.
        plain = json.dumps(connection.open_settings, sort_keys=True, default=str)
        self._mark = hashlib.sha256(plain.encode()).hexdigest()[:12]

    def __call__(self, caller: Caller, name: str) -> Json:
        """What the lookup ``name`` gives, asked for through ``caller``."""
        lookup, key = self._connection.manifest.lookups[name], f"{name}/{self._mark}"
        kept = self._kept(key)
        if kept is not None:
            return kept
        with self._making:
            # Another worker may have made it while this one waited, and lists may show it late.
            found = self._kept(key)
            if found is None:
                found = self._sought(caller, lookup)
                self._store.cache.put(self._connection.name, "lookup", key, found, ttl_s=lookup.cache_s)
        return found

    def _kept(self, key: str) -> Json:
        return self._store.cache.get(self._connection.name, "lookup", key)

    def _sought(self, caller: Caller, lookup: Lookup) -> Json:
        try:
            found = self._found(caller, lookup)
            if found is None:
                found = self._made(caller, lookup)
        except AnswerUnusable as error:
            raise Refused("invalid", error.message, operation=lookup.operation) from None
        except Ambiguous as error:
            # What needs the lookup was not sent, and whatever was made is found the next time.
            raise Transient(error.message, operation=error.operation) from None
        if found is None:
            raise Refused("missing", f"the lookup {lookup.name} finds nothing", operation=lookup.operation)
        return found

    def _found(self, caller: Caller, lookup: Lookup) -> Json:
        settings = self._connection.open_settings
        for record in caller.records(lookup.operation, {}):
            if holds(lookup.where({"record": record, "settings": settings})):
                return _given(lookup, lookup.give, {"record": record})
        return None

    def _made(self, caller: Caller, lookup: Lookup) -> Json:
        if lookup.create is None or lookup.created is None:
            return None
        try:
            answer = caller.call(lookup.create, {})
        except Refused as refusal:
            if refusal.kind != "conflict":
                raise
            return self._found(caller, lookup)
        return _given(lookup, lookup.created, answer.body)


def _given(lookup: Lookup, path: Path, data: Json) -> Json:
    """What stands at ``path``. Nothing there is not taken for a record that is missing: it would be made again."""
    found = path(data)
    if found is None:
        raise AnswerUnusable(f"the lookup {lookup.name}: nothing stands at `{path.text}`")
    return found
