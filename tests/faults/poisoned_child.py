"""A service whose events kill it, eat its memory, recurse or hang, at one stage or another; started again each time.

``python -m tests.faults.poisoned_child FOLDER ORIGIN``: works on the database in FOLDER until all has ended. What an
event does stands in its candidate's id: ``score-kill``. Each start of such work is a line of the file ``starts``.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
from pathlib import Path
from time import monotonic, sleep
from typing import NoReturn

from connectors.messages import PreparedRequest, RawAnswer
from connectors.transport import HttpTransport
from engine.clock import ManualClock
from engine.intake.translate import translate
from engine.manifest.connection import Connection
from engine.model import CanonicalEvent, Job, Outcome, RawEvent, ResumeText, Score
from engine.pipeline import isolation, translation
from engine.pipeline.deliveries import DeliveryWork
from engine.pipeline.events import EventWork
from engine.pipeline.route import open_route
from engine.rehearsal.running import scorer_of
from engine.runtime.due import DueLanes
from engine.runtime.lanes import Lanes
from engine.runtime.tenants import load_connection
from engine.runtime.workers import Workers
from engine.scoring import ResumeReader
from engine.store import Store

ENVIRONMENT = {"ACME_KEY": "not-a-real-key"}
STUCK, MOST_STARTS = 75, 40
_FOLDER, _ORIGIN = Path(sys.argv[1]), sys.argv[2]
_NAMED = re.compile(r"(translate|score|deliver)-(kill|memory|recurse|hang)")
_QUIET_S = 0.4


def _harm(stage: str, text: str) -> None:
    named = _NAMED.search(text)
    if named is None or named[1] != stage:
        return
    descriptor = os.open(_FOLDER / "starts", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(descriptor, f"{named[0]}\n".encode())
    os.close(descriptor)
    if named[2] == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if named[2] == "memory":
        bytearray(2**60)
    if named[2] == "recurse":
        _recurse()
    threading.Event().wait()


def _recurse() -> NoReturn:
    _recurse()


class _Scorer:
    def __init__(self) -> None:
        self._inner = scorer_of({"match": 86, "reasons": ["Leads shifts"]})
        self.version = self._inner.version

    def score(self, resume: ResumeText, job: Job) -> Score:
        _harm("score", resume.text)
        return self._inner.score(resume, job)


class _Transport(HttpTransport):
    def send(self, request: PreparedRequest) -> RawAnswer:
        if request.method == "POST":
            _harm("deliver", request.url)
        return super().send(request)


def _translate(connection: Connection, raw: RawEvent) -> CanonicalEvent | Outcome:
    _harm("translate", json.loads(raw.body)["ids"]["candidate"])
    return translate(connection, raw)


def _serve(start: int) -> NoReturn:
    """Works until all has ended, or nothing moves any more: then whoever looks after it starts it again."""
    clock = ManualClock(1_750_000_000.0 + start * 1e6)
    translation.translate = _translate
    isolation.WAIT_S = _QUIET_S / 2
    store = Store.open(_FOLDER / "kept.db", clock)
    connection = load_connection(_FOLDER / "trial.yaml", _FOLDER / "mappings", ENVIRONMENT)
    routes = {"trial": open_route(connection, _Transport(sandbox_origin=_ORIGIN), store, clock)}
    store.inbox.recover(everything=True)
    store.outbox.recover(everything=True)
    events = EventWork(routes, store, _Scorer(), ResumeReader(), clock)
    deliveries = DeliveryWork(routes, store, clock)
    Workers(events, deliveries, DueLanes(store, routes), Lanes(4), clock).start()
    _watch(store, clock, deliveries)


def _watch(store: Store, clock: ManualClock, deliveries: DeliveryWork) -> NoReturn:
    last, since = "", monotonic()
    while True:
        sleep(0.02)
        counts = store.inbox.counts()
        if set(counts["state"]) == {"finished"}:
            os._exit(0)
        seen = f"{counts} {store.outbox.counts()} {clock.now()} {(_FOLDER / 'starts').stat().st_size}"
        if seen != last:
            last, since = seen, monotonic()
        elif monotonic() - since > _QUIET_S:
            store.inbox.recover()
            store.outbox.recover()
            for event in store.inbox.settled(200):
                deliveries.finish_event(event.id)
            due = [at for at in (store.inbox.next_due(), store.outbox.next_due()) if at is not None]
            if due and min(due) <= clock.now():
                os._exit(STUCK)
            if not due:
                continue
            clock.advance(min(due) - clock.now() + 1)
            last = ""


def main() -> None:
    (_FOLDER / "starts").touch()
    for start in range(MOST_STARTS):
        child = os.fork()
        if not child:
            _serve(start)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(code, flush=True)
        if code not in (-signal.SIGKILL, STUCK):
            sys.exit(code)
    sys.exit("it never came to an end")


if __name__ == "__main__":
    main()
