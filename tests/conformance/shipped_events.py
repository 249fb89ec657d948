"""What a shipped manifest asks for by itself: its lists are polled, its queue drained, its webhooks registered.

All by the engine's own parts over real HTTP. Records are those that the mapping tests say the ATS gives.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from engine.clock import ManualClock
from engine.errors import Ambiguous, Transient
from engine.intake.drain import Drainer
from engine.intake.poll import Poller
from engine.intake.registration import Registrar
from engine.manifest.connection import Connection
from engine.manifest.language.expressions import Path as JsonPath
from engine.manifest.model import Operation, PollStream, Queue
from engine.pipeline.route import Route, open_route
from engine.rehearsal.answers import CannedAnswer
from engine.rehearsal.incoming import raw_events
from engine.store import Store
from tests.conformance.shipped import NOW, Shipped, Wire, put, with_value
from tests.fake_server import FakeServer

HOUR_S = 3600.0
JSON = {"content-type": "application/json"}
LOST = CannedAnswer(lost="answer")


@dataclass
class Live:
    """A tenant at work. ``answers`` may be changed while it is."""

    subject: Shipped
    connection: Connection
    answers: dict[str, tuple[CannedAnswer, ...]]
    wire: Wire
    store: Store
    route: Route
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))

    def answer(self, operation: str, *places: tuple[JsonPath | None, Any]) -> CannedAnswer:
        """A good answer of ``operation`` that holds each value at its place."""
        declared = self.subject.manifest.operations[operation]
        body = copy.deepcopy(self.subject.body(operation))
        held = ((path, "held") for path in declared.must_hold if path(body) is None)
        for path, value in ((declared.success, True), *held, *places):
            if path is not None:
                body = _placed(body, path, value)
        return CannedAnswer(None, JSON, json.dumps(body).encode())

    def sent(self, operation: str) -> list[str]:
        """The requests of ``operation`` that arrived, each as one text."""
        requests = [one.request for one in self.wire.made(operation)]
        return [f"{one.method} {one.url} {(one.body or b'').decode()}" for one in requests]


def _placed(body: Any, path: JsonPath, value: Any) -> Any:
    """``body`` with ``value`` where ``path`` reads first; ``value`` itself where that is the whole."""
    if not path.references:
        return value
    changed = with_value(body, path, [value])
    if changed is not None:
        return changed
    body = body if isinstance(body, dict) else {}
    put(body, path.references[0], value)
    return body


@contextmanager
def live(subject: Shipped, server: FakeServer, folder: Path) -> Iterator[Live]:
    """The manifest's first tenant, on a store of its own."""
    connection, clock = replace(subject.connections[0], name="tenant", webhook=True), ManualClock(NOW)
    answers = dict(subject.answers)
    with closing(Wire(subject.manifest, answers, server)) as wire, Store.open(folder / "live.db", clock) as store:
        route = open_route(connection, wire, store, clock)
        yield Live(subject, connection, answers, wire, store, route, clock)


def _records(subject: Shipped, stream: str | None) -> list[Any]:
    """The records of a stream, or of the queue (None), in all mapping tests; each once."""
    events = [event for case in subject.suite.cases for event in (*case.before, case.event)]
    mine = [event for event in events if (event.get("stream") == stream if stream else "queue" in event)]
    return list({json.dumps(record): record for event in mine for record in event["records"]}.values())


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────


def polls_its_lists_for_what_changed(subject: Shipped, server: FakeServer, folder: Path) -> None:
    poll = subject.manifest.events.poll
    for stream in poll.streams.values() if poll is not None else ():
        with live(subject, server, folder) as tenant:
            _polled(tenant, stream)
            for stored in folder.glob("live.db*"):
                stored.unlink()


def _polled(tenant: Live, stream: PollStream) -> None:
    """Nothing, then all records, then the same ones again."""
    operation = tenant.subject.manifest.operations[stream.operation]
    poller = Poller(tenant.connection, tenant.route.caller, tenant.store, tenant.clock)
    given = _records(tenant.subject, stream.name)
    assert operation.fetch is None
    for records in ([], given, given):
        page = tenant.answer(
            operation.name,
            (operation.records, records),
            *(((operation.paging.source, None),) if operation.paging and operation.paging.source else ()),
            *(((operation.paging.more, False),) if operation.paging and operation.paging.more else ()),
            *(((stream.sync.token, "sync-1"),) if stream.sync else ()),
        )
        tenant.answers[operation.name] = (page,)
        poller.poll(stream.name)
        tenant.clock.advance(HOUR_S)
    event = {"stream": stream.name, "records": given}
    expected = {raw.key for raw in raw_events(tenant.connection, event, NOW)}
    assert {one.raw.key for one in tenant.store.inbox.list(limit=1000)} == expected
    _asked(operation, stream, tenant.sent(operation.name), bool(given))


def _asked(operation: Operation, stream: PollStream, sent: list[str], is_moved: bool) -> None:
    if stream.sync is not None:
        assert "sync-1" not in sent[0]
        assert "sync-1" in sent[-1]
    if operation.request.reads("since") and is_moved:
        assert sent[-1] != sent[0]


# ── the queue ────────────────────────────────────────────────────────────────────────────────────────────────


def drains_its_queue_and_a_lost_batch_is_given_again(subject: Shipped, server: FakeServer, folder: Path) -> None:
    queue = subject.manifest.events.queue
    if queue is None:
        return
    with live(subject, server, folder) as tenant:
        drainer = Drainer(tenant.connection, queue, tenant.route.caller, tenant.store, tenant.clock)
        operation, given = subject.manifest.operations[queue.read], _records(subject, None)
        batch = tenant.answer(queue.read, (operation.records, given), (queue.request_id, 4711))
        nothing = CannedAnswer(None, JSON, b"{}")
        for name in filter(None, (queue.replay, queue.acknowledge, queue.subscribe)):
            tenant.answers[name] = (batch if name == queue.replay else tenant.answer(name),)
        if queue.last is not None:
            tenant.answers[queue.last] = (tenant.answer(queue.last, (queue.last_id, 4711)),)
        tenant.answers[queue.read] = (LOST, nothing) if queue.replay else (LOST, batch, nothing)
        with pytest.raises((Ambiguous, Transient)):
            drainer.drain()
        report = drainer.drain()
        expected = {raw.key for raw in raw_events(tenant.connection, {"queue": True, "records": given}, NOW)}
        assert {one.raw.key for one in tenant.store.inbox.list(limit=1000)} == expected
        assert report.replayed is (queue.replay is not None)
        _asked_for_all(tenant, queue)


def _asked_for_all(tenant: Live, queue: Queue) -> None:
    for name in filter(None, (queue.subscribe, queue.read, queue.replay, queue.last, queue.acknowledge)):
        assert tenant.sent(name), name
    if queue.replay is not None:
        assert "4711" in tenant.sent(queue.replay)[0]


# ── webhooks ─────────────────────────────────────────────────────────────────────────────────────────────────


def registers_its_webhooks_wakes_them_and_takes_them_back(subject: Shipped, server: FakeServer, folder: Path) -> None:
    door = subject.manifest.events.webhook
    declared = door.registration if door is not None else None
    if door is None or declared is None:
        return
    with live(subject, server, folder) as tenant:
        registrar = Registrar(
            tenant.connection, tenant.route.caller, tenant.store, tenant.clock, "https://us.example"
        )
        url = registrar.callback_url()
        operations = subject.manifest.operations

        def stands(*, active: bool, there: bool = True) -> None:
            record: Any = {}
            for path, value in ((declared.url, url), (declared.id, "s-1"), (declared.active, active)):
                record = _placed(record, path, value) if path is not None else record
            records = []
            for event in door.types if declared.each_type else (None,):
                one = copy.deepcopy(record)
                records.append(_placed(one, declared.event, event) if declared.event is not None else one)
            if declared.list is not None:
                listed = tenant.answer(declared.list, (operations[declared.list].records, records if there else []))
                tenant.answers[declared.list] = (listed,)
            if declared.look is not None:
                tenant.answers[declared.look] = (
                    tenant.answer(declared.look, (operations[declared.look].record, record)),
                )

        created = ((declared.created_id, "s-1"), (declared.created_secret, "their-key"))
        tenant.answers[declared.create] = (tenant.answer(declared.create, *created),)
        if declared.secret is not None:
            tenant.answers[declared.secret] = (tenant.answer(declared.secret, (declared.secret_value, "their-key")),)
        for name in filter(None, (declared.activate, declared.remove)):
            tenant.answers[name] = (tenant.answer(name),)

        stands(active=True, there=False)
        assert registrar.ensure().state == "created"
        made = tenant.sent(declared.create)
        assert len(made) == (len(door.types) if declared.each_type else 1)
        assert all(url in one for one in made)
        assert all(any(event in one for one in made) for event in door.types)
        stands(active=False)
        assert registrar.ensure().state == ("reactivated" if declared.active is not None else "active")
        stands(active=True)
        assert registrar.ensure().state == "active"
        registrar.remove()
        assert tenant.sent(declared.create) == made
        for name in filter(None, (declared.look, declared.secret, declared.activate, declared.remove)):
            assert tenant.sent(name), name
            assert all("s-1" in one for one in tenant.sent(name)), name


# ── what a person has done ───────────────────────────────────────────────────────────────────────────────────


def sends_what_a_person_asks_for(subject: Shipped, server: FakeServer, folder: Path) -> None:
    with live(subject, server, folder) as tenant:
        for action in subject.manifest.actions.values():
            needed = [name for name, taken in action.takes.items() if taken.required]
            given = {
                name: str(4711 + at) if name.endswith("_id") else f"the-{name}" for at, name in enumerate(needed)
            }
            tenant.answers[action.operation] = (tenant.answer(action.operation),)
            tenant.route.caller.call(action.operation, {"given": given})
            (sent,) = tenant.sent(action.operation)
            assert [value for value in given.values() if value not in sent] == [], action.name
