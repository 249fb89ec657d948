"""A process that has loaded the engine and forks a child per order: the child takes one event through the pipeline.

In, a JSON object per line: {database, sandbox, file, environment, body, key, now, kill_at, looks}. Out, per line:
{status, crossed}: how the child ended (a negative signal), and what it crossed. Nothing is started before the fork.
"""

from __future__ import annotations

import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

from connectors.transport import HttpTransport
from engine.clock import ManualClock
from engine.delivery import attempt
from engine.manifest.connection import Connection, connect
from engine.manifest.overlay import load_overlay
from engine.model import RawEvent
from engine.pipeline.deliveries import DeliveryWork
from engine.pipeline.events import EventWork
from engine.pipeline.route import open_route
from engine.scoring import Background, BuiltinScorer, ResumeReader, Skills
from engine.store import Store
from engine.store.vault import Vault
from tests.faults.killpoints import Killpoints

_STEP_S = 20.0
_MOST_TURNS = 400
_SCORER = BuiltinScorer(Skills.load(), Background.load())


def run(order: dict[str, Any], points: Killpoints) -> None:
    """Accepts the event, as its sender would send it again and again, and works until every event has ended."""
    clock = ManualClock(order["now"])
    connection = _connection(order["file"], tuple(order["environment"].items()))
    with Store.open(order["database"], clock, Vault.given(order["keys"])) as store:
        route = open_route(connection, HttpTransport(sandbox_origin=order["sandbox"]), store, clock)
        routes, reader = {connection.name: route}, ResumeReader()
        events = EventWork(routes, store, _SCORER, reader, clock)
        deliveries = DeliveryWork(routes, store, clock)
        if not order["looks"]:
            attempt.look = lambda *_: None  # type: ignore[assignment]
        points.arm(order["kill_at"])
        store.inbox.accept([RawEvent(connection.name, "poll", order["key"], {}, order["body"].encode(), clock.now())])
        _work(store, events, deliveries, clock)
        route.caller.close()
        reader.close()


@cache
def _connection(file: str, environment: tuple[tuple[str, str], ...]) -> Connection:
    return connect(load_overlay(Path(file)), dict(environment))


def _work(store: Store, events: EventWork, deliveries: DeliveryWork, clock: ManualClock) -> None:
    for _ in range(_MOST_TURNS):
        busy = events.translate_received() > 0
        busy = events.work_once() is not None or busy
        busy = deliveries.deliver_once() is not None or busy
        if busy:
            continue
        for event in store.inbox.settled(50):
            deliveries.finish_event(event.id)
        if not [event for event in store.inbox.list(limit=50) if event.outcome is None]:
            return
        clock.advance(_STEP_S)
        store.inbox.recover()
        store.outbox.recover()
    raise AssertionError("the pipeline does not come to an end")


def main() -> None:
    points = Killpoints()
    for line in sys.stdin:
        order = json.loads(line)
        _connection(order["file"], tuple(order["environment"].items()))
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            code = 1
            try:
                run(order, points)
                os.write(writing, json.dumps(points.crossed).encode())
                code = 0
            finally:
                os._exit(code)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            crossed = pipe.read()
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(json.dumps({"status": status, "crossed": json.loads(crossed or b"[]")}), flush=True)


if __name__ == "__main__":
    main()
