"""The store of a set-up: the operator's settings in, its database opened with their keys out."""

from __future__ import annotations

from engine.clock import SYSTEM, Clock
from engine.settings import Settings
from engine.store import Store
from engine.store.vault import Vault


def open_store(settings: Settings, clock: Clock = SYSTEM) -> Store:
    """The opened store. Without keys of the operator a SQLite database has its own beside it. Raises InputError."""
    own = settings.keys is None and settings.keys_file is None and settings.database_file is not None
    return Store.open(settings.database, clock, None if own else Vault.given(settings.keys, settings.keys_file))
