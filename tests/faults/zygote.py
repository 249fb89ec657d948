"""A process that has imported everything and has no thread: it forks a worker per job.

``python -m tests.faults.zygote``: a job per line of standard input (``Job`` as JSON), what came of it per line of
standard output (``Came``). A worker runs the engine's own pipeline on one database until every event has ended.
"""

from __future__ import annotations

import json
import mmap
import os
import signal
import struct
import sys
import traceback
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import NoReturn

from connectors.transport import HttpTransport
from engine.clock import ManualClock
from engine.errors import LeaseLost, StoreUnavailable
from engine.keeping import Keep
from engine.manifest.connection import Connection, connect
from engine.manifest.overlay import load_overlay
from engine.model import RawEvent
from engine.pipeline.deliveries import DeliveryWork
from engine.pipeline.events import EventWork
from engine.pipeline.route import open_route
from engine.runtime.sweeps import Sweeper, sweeps_of
from engine.store import Store
from tests.faults import crossings
from tests.pipeline.line import READER, SCORER
from tests.servers import VAULT

START = 1_750_000_000.0
_LATER_S = 3600.0
_MOST_TURNS = 400
_DEADLINE_S = 40


_later = mmap.mmap(-1, 8)


class _Clock(ManualClock):
    """A clock that an hour passes by for all workers, one that stands still too."""

    def now(self) -> float:
        return super().now() + struct.unpack("d", _later[:])[0]


@dataclass(frozen=True)
class Job:
    """A worker's job: the events to accept (key → body), and what happens to it at the crossing ``at``.

    ``forks`` False: it is done in this process, which knows afterwards what can be learnt once for all.
    """

    database: str
    tenant: str
    environment: dict[str, str]
    origin: str
    events: dict[str, str]
    at: str | None = None
    how: crossings.How = "fail"
    forks: bool = True


@dataclass
class Came:
    """What came of a job: how each worker ended, what was acknowledged to senders, what the last one crossed."""

    codes: list[int | None] = field(default_factory=list)
    acknowledged: dict[str, str] = field(default_factory=dict)
    crossed: list[str] = field(default_factory=list)


def _work(job: Job, start: float, told: int) -> None:
    """Accepts and works until all has ended, as a service does, one thing after the other."""
    points = crossings.arm(job.at, job.how) if job.forks else crossings.Points(None, job.how)
    clock = _Clock(start)
    connection = _connection(job.tenant, tuple(job.environment.items()))
    with Store.open(job.database, clock, VAULT) as store:
        route = open_route(connection, HttpTransport(sandbox_origin=job.origin), store, clock)
        routes = {connection.name: route}
        events = EventWork(routes, store, SCORER, READER, clock)
        deliveries = DeliveryWork(routes, store, clock)
        sweeper = Sweeper(sweeps_of(store, deliveries, SCORER, clock, Keep()), clock)
        waiting = dict(job.events)
        for _ in range(_MOST_TURNS):
            try:
                _accept(store, waiting, told)
                if events.translate_received() or events.work_once() or deliveries.deliver_once():
                    continue
                if set(store.inbox.counts()["state"]) == {"finished"}:
                    os.write(told, f"{json.dumps({'crossed': points.crossed})}\n".encode())
                    return
                clock.advance(20.0)
                sweeper.run_due()
            except (StoreUnavailable, LeaseLost):
                clock.advance(1.0)
        raise AssertionError(f"it does not come to rest: {store.inbox.counts()} {store.outbox.counts()}")


@cache
def _connection(tenant: str, environment: tuple[tuple[str, str], ...]) -> Connection:
    return connect(load_overlay(Path(tenant)), dict(environment))


def _accept(store: Store, waiting: dict[str, str], told: int) -> None:
    for key, body in list(waiting.items()):
        stored = store.inbox.accept([RawEvent("trial", "poll", key, {}, body.encode(), START)])[0]
        os.write(told, f"{json.dumps({'key': key, 'id': stored.id})}\n".encode())
        del waiting[key]


def _forked(job: Job, start: float, told: int) -> int:
    child = os.fork()
    if not child:
        _be_a_worker(job, start, told)
    return child


def _be_a_worker(job: Job, start: float, told: int) -> NoReturn:
    signal.alarm(_DEADLINE_S)
    try:
        _work(job, start, told)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _ended(child: int) -> int | None:
    """How a worker ended; None where it was stopped."""
    status = os.waitpid(child, os.WUNTRACED)[1]
    return None if os.WIFSTOPPED(status) else os.waitstatus_to_exitcode(status)


def _done(job: Job) -> Came:
    _connection(job.tenant, tuple(job.environment.items()))
    reading, writing = os.pipe()
    came = Came()
    if job.forks:
        came.codes = _happened(job, writing)
    else:
        _work(job, START, writing)
    os.close(writing)
    with os.fdopen(reading) as lines:
        for line in lines:
            told = json.loads(line)
            came.crossed = told.get("crossed", came.crossed)
            if "key" in told and came.acknowledged.setdefault(told["key"], told["id"]) != told["id"]:
                raise AssertionError("one key was acknowledged under two ids")
    return came


def _happened(job: Job, told: int) -> list[int | None]:
    """How a worker ended to which something happens, and another one an hour later if it did not come to the end."""
    after = replace(job, at=None)
    _later[:] = struct.pack("d", 0.0)
    first = _forked(job, START, told)
    code = _ended(first)
    if code == 0:
        return [code]
    _later[:] = struct.pack("d", _LATER_S)
    codes = [code, _ended(_forked(after, START, told))]
    if code is None:
        os.kill(first, signal.SIGCONT)
        codes[0] = _ended(first)
    return codes


def main() -> None:
    for line in sys.stdin:
        print(json.dumps(asdict(_done(Job(**json.loads(line))))), flush=True)


if __name__ == "__main__":
    main()
