"""Whatever fails while the event queue is drained, in any order, each event arrives, and once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import FieldwrightError, StoreUnavailable
from engine.intake.drain import Drainer
from engine.store import Store
from tests.conformance.acme import Acme
from tests.conformance.test_delta import DRAINED, Line, Queue
from tests.fake_server import FakeServer, Reply, Seen


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def failing(store: Store, how: str) -> Iterator[None]:
    """A store whose commit of events does not come about."""
    accept = store.inbox.accept

    def failed(_: object) -> Any:
        raise Killed if how == "killed" else StoreUnavailable("the disk is full")

    if how in ("killed", "disk full"):
        store.inbox.accept = failed  # type: ignore[method-assign]
    try:
        yield
    finally:
        store.inbox.accept = accept  # type: ignore[method-assign]


def once(queue: Queue, answer: Reply) -> None:
    """The next request of events gets ``answer``, whichever it is, before anything is taken."""
    server = queue.acme.server
    server.on("GET", "/queue", answer, queue._take)


def lost_again(queue: Queue) -> None:
    """The next batch that is given again is lost on its way, too."""

    def answer(seen: Seen) -> Reply:
        reply = queue._take(seen)
        return Reply(reply.status, json=reply.json, drop="during") if "requestId" in seen.query else reply

    queue.acme.server.on("GET", "/queue", answer, queue._take)


FAILURES = st.sampled_from(["none", "lost", "killed", "disk full", "refused", "throttled", "lost again"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turns=st.lists(st.tuples(st.integers(0, 5), FAILURES, st.booleans()), min_size=1, max_size=6))
def test_each_event_arrives_once_whatever_fails(
    tmp_path_factory: pytest.TempPathFactory, turns: list[tuple[int, str, bool]]
) -> None:
    with FakeServer() as server:
        acme = Acme(server)
        with Store.open(tmp_path_factory.mktemp("drain") / "store.db", acme.clock) as store:
            line = Line(acme, acme.connection(DRAINED), acme.caller(DRAINED), store)
            queue, added = Queue(acme), 0
            drainer: Drainer = line.drainer()
            for count, failure, restarts in turns:
                queue.add(*range(added, added + count))
                added += count
                queue.loses_answers = 1 if failure == "lost" else 0
                if failure in ("refused", "throttled"):
                    once(queue, Reply(403 if failure == "refused" else 429, json={}))
                if failure == "lost again":
                    lost_again(queue)
                with failing(store, failure), suppress(FieldwrightError, Killed):
                    drainer.drain()
                if restarts or failure == "killed":
                    drainer = line.drainer()
            queue.loses_answers = 0
            server.on("GET", "/queue", queue._take)
            for _ in range(4):
                with suppress(FieldwrightError):
                    line.drainer().drain()
            assert sorted(int(event.ids.candidate or -1) for event in line.events()) == list(range(added))
            acme.close()
