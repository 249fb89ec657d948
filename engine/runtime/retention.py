"""The sweep that removes what is about people when its time is over, batch by batch, so that nobody waits for it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from engine.clock import Clock
from engine.keeping import Keep
from engine.store import Store

EVERY_S = 3600.0
DEDUPED_S = 30 * 86_400.0
"""How long an event is known again at the least, whatever is kept of it: senders try for days."""

_MOST_BATCHES = 200
_log = logging.getLogger(__name__)


class RetentionSweep:
    """Removes by ``keep``. ``run`` raises StoreUnavailable."""

    def __init__(self, store: Store, clock: Clock, keep: Keep) -> None:
        self._store, self._clock, self._keep = store, clock, keep

    def run(self) -> dict[str, int]:
        """How many rows were removed or blanked, by family."""
        rows, keep, now = self._store.retention, self._keep, self._clock.now()
        events_s = max(keep.scores, keep.raw, DEDUPED_S)
        families: dict[str, Callable[[], int]] = {
            "raw": lambda: rows.raw(now - keep.raw),
            "payloads": lambda: rows.payloads(now - keep.raw),
            "scores": lambda: rows.scores(now - keep.scores),
            "written": lambda: rows.written(now - keep.scores),
            "steps": lambda: rows.steps(now - keep.logs),
            "events": lambda: rows.events(now - events_s),
            "expired": rows.expired,
            "forgotten": rows.forgotten,
            "refused": lambda: rows.refusals(keep.logs),
        }
        removed = {name: _all(batch) for name, batch in families.items()}
        if any(removed.values()):
            _log.info(
                "kept long enough and removed: %s", ", ".join(f"{n} {name}" for name, n in removed.items() if n)
            )
            self._store.scrub()
        return removed


def _all(batch: Callable[[], int]) -> int:
    total = 0
    for _ in range(_MOST_BATCHES):
        count = batch()
        total += count
        if not count:
            break
    return total
