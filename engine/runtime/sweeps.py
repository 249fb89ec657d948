"""What is done every so often by the leader: taking back what dead workers held, ending what is settled, tidying up.

In: a store and the work on deliveries. Out: ``Sweep`` objects, and the thread that runs each when it is due.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from engine.clock import Clock
from engine.errors import StoreUnavailable
from engine.keeping import Keep
from engine.pipeline.deliveries import DeliveryWork
from engine.ports import Scorer
from engine.runtime import ledger_watch, retention, scorer_erasures
from engine.runtime.head_export import HeadExport
from engine.store.store import Store

_LOOK_S = 0.2
_AT_ONCE = 200
_TEXTS_KEPT_S = 30 * 86400.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sweep:
    """Something to be done every ``every_s`` seconds, the first time at once; doing it twice does no harm."""

    name: str
    every_s: float
    run: Callable[[], object] = field(repr=False)


def sweeps_of(
    store: Store,
    deliveries: DeliveryWork,
    scorer: Scorer,
    clock: Clock,
    keep: Keep,
    heads: HeadExport | None = None,
) -> tuple[Sweep, ...]:
    """All sweeps, in the order in which they run when several are due."""

    def end_settled() -> None:
        for event in store.inbox.settled(_AT_ONCE):
            deliveries.finish_event(event.id)

    def forget_texts() -> None:
        store.mappings.forget_unused(clock.now() - _TEXTS_KEPT_S)

    return (
        Sweep("events of dead workers", 15.0, store.inbox.recover),
        Sweep("deliveries of dead workers", 15.0, store.outbox.recover),
        Sweep("held deliveries", 15.0, deliveries.release_held),
        Sweep("settled events", 15.0, end_settled),
        Sweep("texts of mappings", 3600.0, forget_texts),
        Sweep("published files", 15.0, store.published.remove_expired),
        Sweep("erasures for the scorer", scorer_erasures.EVERY_S, lambda: scorer_erasures.tell_scorer(store, scorer)),
        Sweep("what was kept long enough", retention.EVERY_S, retention.RetentionSweep(store, clock, keep).run),
        Sweep("the ledger", ledger_watch.EVERY_S, ledger_watch.LedgerWatch(store).run),
        Sweep("seals of the audit", 15.0, store.seals.seal),
        *([Sweep("heads of the audit", 3600.0, heads.export)] if heads else []),
    )


class Sweeper:
    """Runs ``sweeps`` in a thread of its own; one that fails holds up none of the others. Start once, stop once."""

    def __init__(self, sweeps: Sequence[Sweep], clock: Clock) -> None:
        self._sweeps, self._clock = tuple(sweeps), clock
        self._due_at = dict.fromkeys((sweep.name for sweep in sweeps), float("-inf"))
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float = 30.0) -> None:
        """Begins no other sweep, and waits for the one under way."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)

    def run_due(self) -> None:
        """Runs those that are due now."""
        for sweep in self._sweeps:
            if self._stopping.is_set() or self._clock.monotonic() < self._due_at[sweep.name]:
                continue
            self._due_at[sweep.name] = self._clock.monotonic() + sweep.every_s
            try:
                sweep.run()
            except StoreUnavailable as error:
                _log.warning("the sweep of %s has to wait: %s", sweep.name, error.message)
            except Exception:
                _log.exception("the sweep of %s failed", sweep.name)

    def _run(self) -> None:
        self.run_due()
        while not self._stopping.wait(_LOOK_S):
            self.run_due()
