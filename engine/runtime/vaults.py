"""The vault of a set-up: the operator's settings in, where the keys come from out."""

from __future__ import annotations

from engine.settings import Settings
from engine.store.vault import Vault


def vault_of(settings: Settings) -> Vault | None:
    """The vault of the keys that were given; None where the store keeps its own beside a SQLite database."""
    if settings.keys is None and settings.keys_file is None and settings.database_file is not None:
        return None
    return Vault.given(settings.keys, settings.keys_file)
