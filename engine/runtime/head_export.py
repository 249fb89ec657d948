"""The head of the audit's chain, signed, added to a file every hour and at the end (``engine.store.audit_heads``)."""

from __future__ import annotations

from pathlib import Path

from engine.clock import Clock
from engine.store.audit_heads import HeadKey, append, head_keys
from engine.store.store import Store


class HeadExport:
    """Adds heads to a file. Raises InputError at once where the file or the vault's keys cannot be used."""

    def __init__(self, store: Store, file: Path, clock: Clock) -> None:
        self._store, self._file, self._clock = store, file, clock
        self._key: HeadKey = head_keys(store.vault)[0]
        append(file, "")

    def export(self) -> None:
        """Seals what is unsealed, and adds the head; nothing where the audit is empty."""
        self._store.seals.seal()
        head = self._store.seals.head()
        if head is not None:
            append(self._file, self._key.signed(head, self._clock.now()) + "\n")
