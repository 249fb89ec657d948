"""Events per second through the whole way (inbox → scored → written → ended) at an ATS that answers at once.

``python -m bench.throughput`` prints the rate on SQLite with 1, 2 and 4 worker threads, on PostgreSQL with 1, 2 and 4
worker processes, and how each grows over one. Calls cost nothing and no limit holds one up: what is measured is the
engine and its database.
"""

from __future__ import annotations

import json
import multiprocessing
import tempfile
import time
from pathlib import Path

from bench.postgres import postgres
from connectors.messages import PreparedRequest, RawAnswer
from engine.clock import SYSTEM
from engine.manifest.build import load
from engine.manifest.connection import Connection
from engine.model import RawEvent
from engine.pipeline.deliveries import DeliveryWork
from engine.pipeline.events import EventWork
from engine.pipeline.route import open_route
from engine.redaction import Secret
from engine.runtime.due import DueLanes
from engine.runtime.lanes import Lanes
from engine.runtime.workers import Workers
from engine.scoring import Background, BuiltinScorer, ResumeReader, Skills
from engine.store import Store
from engine.store.vault import Vault
from engine.store.vault_keys import new_key

EVENTS, WORKERS = 400, (1, 2, 4)
_RESUME = "Shift lead at Acme, 2016 - 2024. Cash handling, point of sale, Python, PostgreSQL, Docker. " * 12
_JOB = {"id": "j", "title": "Retail shift lead", "text": "Cash handling and point of sale. Python is a plus."}
_WITHIN_S = 40.0


class AtOnce:
    """A transport that answers without a wire (``connectors.messages.Transport``)."""

    def send(self, request: PreparedRequest) -> RawAnswer:
        path = request.url.partition("bench.example")[2]
        name = path.rpartition("/")[2]
        body = {"id": name, "name": "Ana", "resume": _RESUME} if path.startswith("/candidates") else _JOB
        return RawAnswer(200, {"content-type": "application/json"}, json.dumps(body).encode())


def main() -> list[str]:
    """The lines of the report."""
    lines = []
    with tempfile.TemporaryDirectory(prefix="fieldwright-bench-") as folder:
        rates = [_rate(f"{folder}/{number}.db", new_key(), 1, number) for number in WORKERS]
        lines += _told("SQLite, worker threads", rates)
    rates = []
    for number in WORKERS:
        with postgres() as url:
            rates.append(_rate(url, new_key(), number, 1))
    return lines + _told("PostgreSQL, worker processes", rates)


def _told(name: str, rates: list[float]) -> list[str]:
    grown = zip(WORKERS, rates, strict=True)
    return [f"{name}: {number}: {rate:.0f} events/s, {rate / rates[0]:.2f} of one" for number, rate in grown]


def _rate(url: str, keys: str, processes: int, threads: int) -> float:
    with Store.open(url, vault=Vault.given(keys)) as store:
        body = [{"event": "application.created", "ids": {"candidate": f"c{n}", "job": "j"}} for n in range(EVENTS)]
        raw = [RawEvent("bench", "poll", f"k{n}", {}, json.dumps(one).encode(), 0.0) for n, one in enumerate(body)]
        store.inbox.accept(raw)
        context = multiprocessing.get_context("spawn")
        ready, go_on = context.Semaphore(0), context.Event()
        workers = [
            context.Process(target=_work, args=(url, keys, threads, ready, go_on), daemon=True)
            for _ in range(processes)
        ]
        for worker in workers:
            worker.start()
        for _ in workers:
            ready.acquire(timeout=_WITHIN_S)
        began = time.monotonic()
        go_on.set()
        while time.monotonic() - began < _WITHIN_S:
            outcomes = store.ledger.balance().outcomes
            if sum(outcomes.values()) >= EVENTS:
                break
            time.sleep(0.02)
        seconds = time.monotonic() - began
        for worker in workers:
            worker.terminate()
            worker.join()
        assert outcomes == {"delivered": EVENTS}, outcomes
        return EVENTS / seconds


def _work(url: str, keys: str, threads: int, ready: object, go_on: object) -> None:
    store = Store.open(url, vault=Vault.given(keys))
    manifest = load(Path(__file__).with_name("throughput.yaml"))
    connection = Connection("bench", manifest, {"api_key": Secret("not-a-real-key")})
    routes = {"bench": open_route(connection, AtOnce(), store, SYSTEM)}
    events = EventWork(routes, store, BuiltinScorer(Skills.load(), Background.load()), ResumeReader(), SYSTEM)
    deliveries = DeliveryWork(routes, store, SYSTEM)
    workers = Workers(events, deliveries, DueLanes(store, routes), Lanes(threads), SYSTEM, count=threads, idle_s=0.01)
    ready.release()  # type: ignore[attr-defined]
    go_on.wait()  # type: ignore[attr-defined]
    workers.start()
    time.sleep(_WITHIN_S * 2)


if __name__ == "__main__":
    print("\n".join(main()))
