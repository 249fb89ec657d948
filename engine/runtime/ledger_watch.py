"""The alarm when events are missing: what was accepted and is neither open nor ended."""

from __future__ import annotations

import logging

from engine.store.store import Store

EVERY_S = 60.0
_log = logging.getLogger(__name__)


class LedgerWatch:
    """Compares the ledger with the events at each run, and tells when it does not balance, once for each figure."""

    def __init__(self, store: Store) -> None:
        self._store, self._told = store, 0

    def run(self) -> int:
        """How many events are missing. Raises StoreUnavailable."""
        missing = self._store.ledger.balance().missing
        if missing and missing != self._told:
            what = f"{missing} events are missing" if missing > 0 else f"{-missing} events came from nowhere"
            _log.error("the ledger does not balance: %s; docs/operations.md says what to do", what)
        self._told = missing
        return missing
