"""Reliability row 15: a connection whose ATS fails is held back, found out about, and at last switched off and told."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.transport import HttpTransport
from engine.delivery.breaker import DISABLED_AFTER_S, OPEN_S
from engine.errors import CallError, Throttled
from engine.model import RawEvent
from engine.pipeline.guarding import Guard, GuardedTransport, standing
from engine.pipeline.route import Route, open_route
from engine.redaction import Secret
from engine.runtime.due import DueLanes
from engine.runtime.resuming import resume
from engine.store import Store
from tests.conformance.acme import Acme
from tests.fake_server import FakeServer, Reply


class Held:
    """One connection behind a breaker, at a scripted ATS."""

    def __init__(self, acme: Acme, store: Store) -> None:
        self.acme, self.server, self.store, self.clock = acme, acme.server, store, acme.clock
        self.route, self.guard = self.opened()

    def opened(self) -> tuple[Route, Guard]:
        """The connection as a process that has just started has it."""
        guard = Guard(self.store, self.clock)
        transport = GuardedTransport(HttpTransport(sandbox_origin=self.server.origin), guard, "tenant")
        connection = self.acme.connection("operations:\n  me: {get: /me}\n", {"api_key": Secret("not-a-real-key")})
        return open_route(connection, transport, self.store, self.clock), guard

    def call(self, times: int = 1) -> list[str]:
        """What each call came to, by the name of its error."""
        return [self._called() for _ in range(times)]

    def _called(self) -> str:
        try:
            self.route.caller.call("me", {})
        except CallError as error:
            return "held back" if isinstance(error, Throttled) and error.stage == "before" else type(error).__name__
        return "ok"

    @property
    def stands(self) -> str:
        found = standing(self.store).get("tenant")
        return found.standing if found else "closed"


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    with _held(tmp_path) as opened:
        yield opened


@contextmanager
def _held(folder: Path) -> Iterator[Held]:
    with FakeServer() as server:
        acme = Acme(server)
        with Store.open(folder / "kept.db", acme.clock) as store:
            held = Held(acme, store)
            try:
                yield held
            finally:
                held.route.caller.close()
                acme.close()


def test_it_opens_probes_and_closes_and_while_it_is_open_nothing_is_sent(held: Held) -> None:
    held.server.on("GET", "/me", Reply(503))
    assert held.call(10) == ["Transient"] * 10
    assert held.stands == "open"
    sent = len(held.server.requests)
    assert held.call(5) == ["held back"] * 5
    assert len(held.server.requests) == sent
    held.server.on("GET", "/me", Reply(json={}))
    held.clock.advance(OPEN_S)
    assert held.call(4) == ["ok"] * 4
    assert held.stands == "probing"
    assert held.call(1) == ["ok"]
    assert held.stands == "closed"


def test_a_failed_probe_holds_it_back_again(held: Held) -> None:
    held.server.on("GET", "/me", Reply(503))
    held.call(10)
    held.clock.advance(OPEN_S)
    sent = len(held.server.requests)
    assert held.call(3) == ["Transient", "held back", "held back"]
    assert len(held.server.requests) == sent + 1


def test_refusals_and_being_told_to_wait_are_no_failures(held: Held) -> None:
    held.server.on("GET", "/me", Reply(403))
    held.call(20)
    held.server.on("GET", "/me", Reply(429, headers={"retry-after": "1"}))
    for _ in range(12):
        held.call()
        held.clock.advance(5)
    assert held.stands == "closed"


def test_a_restart_and_other_processes_find_it_as_it_was(held: Held) -> None:
    held.server.on("GET", "/me", Reply(503))
    held.call(10)
    again, guard = held.opened()
    with pytest.raises(Throttled):
        again.caller.call("me", {})
    assert guard.held_back() == {"tenant"}
    again.caller.close()


def test_its_events_are_not_taken_up_and_cost_no_try(held: Held) -> None:
    body = json.dumps({"event": "application.created", "ids": {"candidate": "1", "job": "2"}}).encode()
    event = held.store.inbox.accept([RawEvent("tenant", "poll", "k", {}, body, held.clock.now())])[0].id
    assert DueLanes(held.store, ["tenant"], held.guard.held_back).now() == {"tenant"}
    held.server.on("GET", "/me", Reply(503))
    held.call(10)
    assert DueLanes(held.store, ["tenant"], held.guard.held_back).now() == set()
    assert held.store.inbox.get(event).attempts == 0
    held.clock.advance(OPEN_S)
    assert DueLanes(held.store, ["tenant"], held.guard.held_back).now() == {"tenant"}


def test_five_days_of_failures_switch_it_off_and_tell_and_a_person_resumes_it(
    held: Held, caplog: pytest.LogCaptureFixture
) -> None:
    held.server.on("GET", "/me", Reply(503))
    held.call(10)
    for _ in range(6):
        held.clock.advance(DISABLED_AFTER_S / 5)
        held.call()
    assert held.stands == "disabled"
    told = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(told) == 1
    assert "fieldwright resume tenant" in told[0].getMessage()
    held.server.on("GET", "/me", Reply(json={}))
    held.clock.advance(30 * 86400)
    assert held.call() == ["held back"]
    before = resume(held.store, "tenant", "cli:ana")
    assert before is not None
    assert before.standing == "disabled"
    held.clock.advance(2)
    assert held.call() == ["ok"]
    acts = [entry for entry in held.store.audit.list() if entry.operation == "resume"]
    assert [(entry.actor, entry.connection) for entry in acts] == [("cli:ana", "tenant")]


def test_nothing_of_what_was_held_back_is_in_the_log_of_calls(held: Held) -> None:
    held.server.on("GET", "/me", Reply(503))
    held.call(15)
    assert len(held.store.audit.list()) == 10


def test_one_probe_is_made_at_a_time(held: Held) -> None:
    held.server.on("GET", "/me", Reply(503))
    held.call(10)
    held.clock.advance(OPEN_S)
    assert held.guard.enter("tenant", "me")
    with pytest.raises(Throttled):
        held.guard.enter("tenant", "me")
    held.guard.leave("tenant", failed=False, probe=True)
    assert held.guard.enter("tenant", "me")
