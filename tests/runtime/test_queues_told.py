"""How a tenant's event queue is told to people: where events come in, what is relied on, and what doctor sees."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.transport import HttpTransport
from engine.intake.registration import Registrar
from engine.manifest.connection import Connection
from engine.manifest.usage import purposes
from engine.pipeline.route import open_route
from engine.runtime.doctor.diagnosis import Check
from engine.runtime.doctor.examine import Patient, examine
from engine.runtime.doors import door_report
from engine.runtime.service import Service
from engine.store import Store
from tests.conformance.acme import Acme
from tests.conformance.test_delta import DRAINED, Queue
from tests.fake_server import FakeServer, Reply, Seen
from tests.pipeline.line import READER, SCORER

SETUP = """
setup:
  - {id: queue, title: The event queue, check: {queue: true}}
"""
POLL = """  poll:
    every: 10m
    streams: {people: {operation: acme_changed, event: candidate.updated, ids: {candidate: record.id}, overlap: 1m}}
"""


@pytest.fixture
def acme() -> Iterator[Acme]:
    with FakeServer() as server:
        made = Acme(server)
        yield made
        made.close()


def told(acme: Acme, connection: Connection, store: Store) -> tuple[str, str]:
    registrar = Registrar(connection, acme.caller(DRAINED), store, acme.clock, "https://engine.example")
    report = door_report(connection, registrar, None)
    return report.polled, report.truth


def test_where_events_come_in_names_the_queue_and_what_is_relied_on(acme: Acme, tmp_path: Path) -> None:
    with Store.open(tmp_path / "s.db", acme.clock) as store:
        alone = acme.connection(DRAINED)
        assert told(acme, alone, store) == ("the event queue every 1m", "the event queue, there is nothing else")
        beside = acme.connection(DRAINED + POLL)
        assert told(acme, beside, store) == (
            "the event queue every 1m; people every 10m",
            "the event queue; polling finds what it missed",
        )


def test_doctor_looks_at_the_queue_without_taking_from_it(acme: Acme, tmp_path: Path) -> None:
    with Store.open(tmp_path / "s.db", acme.clock) as store:
        connection = acme.connection(DRAINED + SETUP)
        used = purposes(connection.manifest)
        assert all("events" in used[name] for name in ("take", "take_again", "last_request", "subscribe"))
        transport = HttpTransport(sandbox_origin=acme.server.origin)
        route = open_route(connection, transport, store, acme.clock)
        registrar = Registrar(connection, route.caller, store, acme.clock, "https://engine.example")

        def check() -> Check:
            found = examine(Patient(route, store, registrar, READER))
            return next(check for check in found.checks if check.id == "queue")

        before = check()
        assert (before.verdict, before.says) == ("by hand", ("the event queue was not drained yet",))
        store.cursors.put("tenant", "queue#", {"drained_at": 1_750_000_000.0, "in_doubt": True})
        after = check()
        assert after.verdict == "ok"
        assert after.says[0].startswith("last drained at 2025-06-15T")
        assert "may not have been kept" in after.says[1]
        assert acme.server.seen("/queue") == []
        route.caller.close()


def test_a_running_service_subscribes_and_drains_by_itself(acme: Acme, tmp_path: Path) -> None:
    queue, drained = Queue(acme), threading.Event()
    queue.add(1, 2, 3)

    def take(seen: Seen) -> Reply:
        reply = queue._take(seen)
        if reply.json == {}:
            drained.set()
        return reply

    acme.server.on("GET", "/queue", take)
    with Store.open(tmp_path / "s.db") as store:
        connection = acme.connection(DRAINED)
        sandboxes = {"tenant": acme.server.origin}
        with Service({"tenant": connection}, store, scorer=SCORER, sandboxes=sandboxes) as service:
            service.start()
            assert drained.wait(20)
        assert len(store.inbox.list()) == 3
        assert len(queue.subscribed) == 1
