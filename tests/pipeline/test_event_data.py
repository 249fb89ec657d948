"""What events say beside their ids: it lasts for the application, whichever event leads to the write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connectors.transport import HttpTransport
from engine.clock import ManualClock
from engine.model import RawEvent
from engine.pipeline.deliveries import DeliveryWork
from engine.pipeline.events import EventWork
from engine.pipeline.route import open_route
from engine.store import Store
from tests.conformance.acme import Acme
from tests.fake_server import FakeServer, Reply
from tests.pipeline.line import READER, SCORER

TEXT = """
operations:
  acme_note: {post: /notes, json: {text: "{{ note.text }}", to: "{{ event.data.result_url }}", stage: "{{ event.data.stage }}"}}
objects:
  candidate: {read: acme_candidate, fields: {id: id}, applications: "applications[].{job_id: job}"}
  job: {read: acme_job, fields: {id: id, title: title}}
  resume: [{text: resume}]
events:
  truth: webhook
  coalesce: 5s
  skip: event.data.stage == 'closed'
  webhook:
    name: body.event
    acknowledge: 200
    url_secret: "{{ settings.api_key }}"
    types:
      asked:
        event: application.updated
        ids: {candidate: body.id, job: body.job}
        data: {result_url: body.url, stage: body.stage}
      told: {event: candidate.updated, ids: {candidate: body.id}, data: {result_url: body.url}}
      changed: {event: application.updated, ids: {candidate: body.id, job: body.job}}
"""


class Line:
    """The pipeline of one tenant at a scripted ATS."""

    def __init__(self, acme: Acme, store: Store) -> None:
        connection = acme.connection(TEXT)
        self.route = open_route(connection, HttpTransport(sandbox_origin=acme.server.origin), store, acme.clock)
        routes = {"tenant": self.route}
        self.events = EventWork(routes, store, SCORER, READER, acme.clock)
        self.deliveries = DeliveryWork(routes, store, acme.clock)
        self.acme, self.store, self.count = acme, store, 0

    def comes(self, event: str, **said: Any) -> str:
        self.count += 1
        body = json.dumps({"event": event, "id": "7", "job": "9", **said}).encode()
        raw = RawEvent("tenant", "webhook", f"k{self.count}", {}, body, self.acme.clock.now())
        return self.store.inbox.accept([raw])[0].id

    def work(self) -> None:
        for _ in range(20):
            self.acme.clock.advance(15)
            busy = self.events.translate_received() > 0
            busy = self.events.work_once() is not None or busy
            while self.deliveries.deliver_once() is not None:
                busy = True
            if not busy:
                return

    def notes(self) -> list[tuple[Any, Any]]:
        return [(seen.json.get("to"), seen.json.get("stage")) for seen in self.acme.server.seen("/notes")]


@contextmanager
def open_line(folder: Path) -> Iterator[Line]:
    with FakeServer() as server:
        acme = Acme(server)
        acme.clock = ManualClock()
        person = {"id": "7", "resume": "Ten years of Python at Acme. " * 20, "applications": [{"job": "9"}]}
        server.on("GET", "/candidates/7", Reply(json=person))
        server.on("GET", "/jobs/9", Reply(json={"id": "9", "title": "Python engineer"}))
        server.on("POST", "/notes", Reply(201, json={}))
        with Store.open(folder / "line.db", acme.clock) as store:
            line = Line(acme, store)
            yield line
            line.route.caller.close()


def test_what_an_event_said_is_there_when_its_result_is_written(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        line.comes("asked", url="https://api.acme.example/r/1", stage="new")
        line.work()
        assert line.notes() == [("https://api.acme.example/r/1", "new")]


def test_a_later_event_that_says_nothing_leaves_it_standing_and_a_newer_word_replaces_it(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        line.acme.server.on("GET", "/jobs/9", Reply(json={"id": "9", "title": "Python engineer"}))
        line.comes("asked", url="https://api.acme.example/r/1", stage="new")
        line.comes("changed")
        line.comes("asked", url="https://api.acme.example/r/2")
        line.comes("changed")
        line.work()
        assert line.notes() == [("https://api.acme.example/r/2", "new")]


def test_it_outlives_an_attempt_that_comes_to_nothing(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        line.acme.server.on("GET", "/candidates/7", Reply(503), line.acme.server._routes["GET", "/candidates/7"][0])
        line.comes("asked", url="https://api.acme.example/r/1", stage="new")
        line.comes("changed")
        line.work()
        line.acme.clock.advance(3600)
        line.work()
        assert line.notes() == [("https://api.acme.example/r/1", "new")]


def test_what_was_said_of_a_person_is_handed_on_to_their_applications(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        line.comes("told", url="https://api.acme.example/r/3")
        line.work()
        assert line.notes() == [("https://api.acme.example/r/3", None)]


def test_conditions_see_it(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        event = line.comes("asked", url="https://api.acme.example/r/1", stage="closed")
        line.work()
        outcome = line.store.inbox.get(event).outcome
        assert outcome is not None
        assert outcome.kind == "filtered"
        assert line.notes() == []


def test_erasing_a_person_erases_it(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        line.comes("asked", url="https://api.acme.example/r/1", stage="new")
        line.work()
        assert line.store.cache.get("tenant", "event_data", "7|9") is not None
        line.store.erase("tenant", "7")
        assert line.store.cache.get("tenant", "event_data", "7|9") is None


def test_an_older_event_that_is_worked_on_later_does_not_take_back_a_newer_word(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        older = line.comes("asked", url="https://api.acme.example/r/1", stage="closed")
        line.work()
        line.comes("asked", url="https://api.acme.example/r/2", stage="new")
        line.work()
        line.store.inbox.replay(older)
        line.work()
        kept = line.store.cache.get("tenant", "event_data", "7|9")
        assert {name: word["value"] for name, word in kept.items()} == {
            "result_url": "https://api.acme.example/r/2",
            "stage": "new",
        }
        assert {to for to, _ in line.notes()} == {"https://api.acme.example/r/2"}


def test_what_was_said_of_somebody_who_is_not_there_is_not_kept(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        line.acme.server.on("GET", "/candidates/7", Reply(404))
        line.comes("told", url="https://api.acme.example/r/3")
        line.work()
        assert line.store.cache.get("tenant", "event_data", "candidate:7", expired_too=True) is None
