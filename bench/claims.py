"""Claims out of one million queued events and deliveries against claims out of ten thousand, on both databases.

``python -m bench.claims`` prints the latency of a claim at each size, their ratio (goal: 1.5 at most), and how much
memory the claiming took. Who has work is looked up for a twentieth of the time at most: it has no goal.
"""

from __future__ import annotations

import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.postgres import postgres
from engine.store import Store
from engine.store.vault import Vault
from engine.store.vault_keys import new_key

SMALL, LARGE, CLAIMS, GOAL = 10_000, 1_000_000, 300, 1.5
_TENANTS = 20
_EVENTS = """
WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})
INSERT INTO inbox (id, connection, source, key, headers, body, received_at, state, subject, canonical, due_at, bulk)
SELECT 'evt_' || i, 'tenant' || (i - i / {tenants} * {tenants}), 'webhook', 'key' || i, '{{}}', {body}, i, 'ready',
       'c' || i || '|j', '{{}}', i, {false} FROM n
"""
_DELIVERIES = """
WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})
INSERT INTO outbox (id, event_id, connection, subject, candidate_id, place, operation, payload, marker, state, turn,
                    attempts, next_at, sent, last_cause, created_at, bulk, unfinished)
SELECT 'wrt_' || i, 'evt_' || i, 'tenant' || (i - i / {tenants} * {tenants}), 'c' || i || '|j', 'c' || i, 'note',
       'add_note', '{{}}', '', 'pending', i, 0, i, {false}, '', i, {false}, 0 FROM n
"""


def main() -> list[str]:
    """The lines of the report."""
    lines = []
    with tempfile.TemporaryDirectory(prefix="fieldwright-bench-") as folder:
        lines += _report("SQLite", str(Path(folder) / "claims.db"))
    with postgres() as url:
        lines += _report("PostgreSQL", url)
    return lines


def _report(name: str, url: str) -> list[str]:
    with Store.open(url, vault=Vault.given(new_key())) as store:
        small = _measured(store, 1, SMALL)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        large = _measured(store, SMALL + 1, LARGE)
        grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    lines = []
    for what in small:
        ratio = large[what][0] / small[what][0]
        told = f" (goal {GOAL}: {'reached' if ratio <= GOAL else 'MISSED'})" if what.startswith("claiming") else ""
        lines.append(
            f"{name}, {what}: p50 {small[what][0]:.2f} ms of {SMALL:,}, {large[what][0]:.2f} ms of {LARGE:,} "
            f"(p99 {small[what][1]:.2f} and {large[what][1]:.2f}): ratio {ratio:.2f}{told}"
        )
    return [*lines, f"{name}, memory of the claiming process: {grown_mb:+.1f} MB at its highest"]


def _measured(store: Store, first: int, last: int) -> dict[str, tuple[float, float]]:
    _load(store, first, last)
    names = [f"tenant{number}" for number in range(_TENANTS)]
    lane = iter(lambda: 0, 1)
    calls: dict[str, Callable[[], object]] = {
        "claiming an event": lambda: store.inbox.claim(3600, f"tenant{next(lane)}"),
        "claiming a delivery": lambda: store.outbox.claim(3600, of="tenant1"),
        "who has work": lambda: store.inbox.lanes_due(names) | store.outbox.lanes_due(names),
    }
    return {what: _timed(call) for what, call in calls.items()}


def _timed(call: Callable[[], object]) -> tuple[float, float]:
    """(p50, p99) in ms, after a few that do not count."""
    took = []
    for number in range(CLAIMS + 20):
        began = time.perf_counter()
        found = call()
        if number >= 20:
            took.append((time.perf_counter() - began) * 1000)
        assert found
    return statistics.median(took), sorted(took)[int(len(took) * 0.99)]


def _load(store: Store, first: int, last: int) -> None:
    on_postgres = store._database.on_postgres
    words = {"body": "'x'::bytea" if on_postgres else "x'78'", "false": "false" if on_postgres else "0"}
    for statement in (_EVENTS, _DELIVERIES):
        with _unbounded(store) as run:
            run(statement.format(first=first, last=last, tenants=_TENANTS, **words))
    with _unbounded(store) as run:
        run("ANALYZE")


@contextmanager
def _unbounded(store: Store) -> Iterator[Callable[[str], object]]:
    """A transaction in which one statement may take long."""
    with store._database.write() as connection:
        if store._database.on_postgres:
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        yield connection.exec_driver_sql
