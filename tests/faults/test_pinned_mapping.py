"""Row 22: what was begun by one version of the files is ended by it, whatever the files say meanwhile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from connectors.transport import HttpTransport
from engine.clock import ManualClock
from engine.manifest.connection import Connection
from engine.model import Outcome, OutcomeKind, RawEvent
from engine.pipeline.deliveries import DeliveryWork
from engine.pipeline.events import EventWork
from engine.pipeline.pins import Pins
from engine.pipeline.route import Route, open_route
from engine.rehearsal.running import scorer_of
from engine.runtime.tenants import load_connection
from engine.store import Store
from tests.conformance.acme import whole
from tests.conformance.writing import OBJECTS, READER, READS
from tests.fake_server import FakeServer, Reply
from tests.servers import postgres_url

ENVIRONMENT = {"ACME_KEY": "not-a-real-key"}
DAY_S = 86_400.0


def write(folder: Path, notes_to: str, note: str = "Score {{ outputs.match_score }}") -> None:
    """The manifest and the tenant's file: notes go to the path ``notes_to`` and say ``note``."""
    (folder / "mappings").mkdir(exist_ok=True)
    manifest = f"""
operations:{READS}
  acme_note: {{post: {notes_to}, idempotent: true, json: {{text: "{{{{ note.text }}}}"}}}}
{OBJECTS}"""
    (folder / "mappings" / "acme.yaml").write_text(whole(manifest), "utf-8")
    tenant = ["tenant: trial", "extends: acme", 'settings: {api_key: "${env:ACME_KEY}"}']
    (folder / "trial.yaml").write_text("\n".join([*tenant, f'notes: {{evaluation: "{note}"}}', ""]), "utf-8")


class Worker:
    """A process that was started with the files as they were then, on the one database."""

    def __init__(self, folder: Path, origin: str, clock: ManualClock, url: str) -> None:
        connection = load_connection(folder / "trial.yaml", folder / "mappings", ENVIRONMENT)
        self.store, self.clock = Store.open(url, clock), clock
        self.digest, self._origin = connection.manifest.digest, origin
        self._route, self._pins = self._opened(connection), Pins(self.store, self._opened, ENVIRONMENT)
        routes, pins = {"trial": self._route}, self._pins
        scorer = scorer_of({"match": 86, "reasons": ["Leads shifts"]})
        self.events = EventWork(routes, self.store, scorer, READER, clock, pins=pins)
        self.deliveries = DeliveryWork(routes, self.store, clock, pins=pins)

    def _opened(self, connection: Connection) -> Route:
        return open_route(connection, HttpTransport(sandbox_origin=self._origin), self.store, self.clock)

    def accept(self, key: str, candidate: str = "c-1") -> str:
        ids = {"candidate": candidate, "job": "j-1", "application": f"a-{candidate}"}
        body = json.dumps({"event": "application.created", "ids": ids, "data": {}}).encode()
        return self.store.inbox.accept([RawEvent("trial", "backfill", key, {}, body, self.clock.now())])[0].id

    def work(self) -> None:
        for _ in range(50):
            busy = self.events.translate_received() > 0
            busy = self.events.work_once() is not None or busy
            if not (self.deliveries.deliver_once() is not None or busy):
                return
        raise AssertionError("the pipeline does not come to rest")

    def close(self) -> None:
        self._route.caller.close()
        self._pins.close()
        self.store.close()

    def outcome(self, event: str) -> Outcome | None:
        return self.store.inbox.get(event).outcome


class Files:
    """A folder of files that change, an ATS, and the workers that are started meanwhile."""

    def __init__(self, folder: Path, url: str, server: FakeServer, ending: ExitStack) -> None:
        self.folder, self.server, self.clock, self._ending = folder, server, ManualClock(), ending
        self.url = url
        for one in ("c-1", "c-2", "c-3"):
            candidate = {"id": one, "name": "Ana", "tags": [], "resume": "Shift lead since 2022, cash handling."}
            standing = {"id": f"a-{one}", "candidate": one, "job": "j-1", "status": "active"}
            server.on("GET", f"/candidates/{one}", Reply(json=candidate))
            server.on("GET", f"/applications/a-{one}", Reply(json=standing))
        server.on("GET", "/jobs/j-1", Reply(json={"id": "j-1", "title": "Shift lead"}))

    def started(self) -> Worker:
        worker = Worker(self.folder, self.server.origin, self.clock, self.url)
        self._ending.callback(worker.close)
        return worker

    def notes(self, path: str) -> list[str]:
        return [seen.json["text"].splitlines()[0] for seen in self.server.seen(path)]

    def do(self, statement: str) -> None:
        """Something is done to the database behind the engine's back."""
        engine = create_engine(self.url)
        with engine.begin() as connection:
            connection.execute(text(statement))
        engine.dispose()


@pytest.fixture
def files(tmp_path: Path, store_url: str) -> Iterator[Files]:
    with opened(tmp_path, store_url) as made:
        yield made


@contextmanager
def opened(folder: Path, url: str) -> Iterator[Files]:
    with FakeServer() as server, ExitStack() as ending:
        yield Files(folder, url, server, ending)


def test_the_second_attempt_goes_by_the_old_text_and_a_new_event_by_the_new_one(files: Files) -> None:
    write(files.folder, "/old", "Old {{ outputs.match_score }}")
    files.server.on("POST", "/old", Reply(503), Reply(json={}))
    files.server.on("POST", "/new", Reply(json={}))
    before = files.started()
    first = before.accept("one")
    before.work()
    assert files.notes("/old") == ["Old 86"]
    assert before.outcome(first) is None

    write(files.folder, "/new", "New {{ outputs.match_score }}")
    after = files.started()
    files.clock.advance(60)
    second = after.accept("two", "c-2")
    after.work()
    assert files.notes("/old") == ["Old 86", "Old 86"]
    assert files.notes("/new") == ["New 86"]
    assert {after.outcome(event).kind for event in (first, second)} == {OutcomeKind.DELIVERED}  # type: ignore[union-attr]
    assert after.store.inbox.get(first).manifest_hash == before.digest
    assert after.store.inbox.get(second).manifest_hash == after.digest
    kept = after.store.mappings.texts("trial", before.digest)
    assert kept is not None
    assert "/old" in kept["manifest"]
    assert "Old {{ outputs" in kept["tenant"]


def test_an_event_that_was_translated_before_the_change_is_planned_by_the_old_text(files: Files) -> None:
    write(files.folder, "/old")
    files.server.on("POST", "/old", Reply(json={}))
    before = files.started()
    event = before.accept("one")
    before.events.translate_received()
    write(files.folder, "/new")
    after = files.started()
    after.work()
    assert (files.notes("/old"), files.notes("/new")) == (["Score 86"], [])
    assert after.outcome(event).kind is OutcomeKind.DELIVERED  # type: ignore[union-attr]


class Process:
    """A process of its own on the same database (``versions_child``); ``do`` has it do something once."""

    def __init__(self, files: Files) -> None:
        command = [sys.executable, "-m", "tests.faults.versions_child", str(files.folder), files.url]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            [*command, files.server.origin], stdin=pipe, stdout=pipe, text=True, env=environment
        )
        self.digest = self._answer()

    def do(self, what: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        return self._answer()

    def end(self) -> None:
        self._process.communicate(timeout=20)

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def test_processes_of_two_versions_end_each_others_events_by_the_version_of_the_event(tmp_path: Path) -> None:
    with opened(tmp_path, postgres_url()) as files:
        write(files.folder, "/old", "Old {{ outputs.match_score }}")
        before, looking = Process(files), files.started()
        write(files.folder, "/new", "New {{ outputs.match_score }}")
        after = Process(files)
        files.server.on("POST", "/old", Reply(json={})).on("POST", "/new", Reply(json={}))
        old = looking.accept("one", "c-1")
        assert before.do("translate") == "1"
        new = looking.accept("two", "c-2")
        assert after.do("translate") == "1"
        hashes = [looking.store.inbox.get(event).manifest_hash for event in (old, new)]
        assert hashes == [before.digest, after.digest]
        assert [after.do("work"), before.do("work")] == [old, new]
        assert "None" not in (after.do("deliver"), before.do("deliver"))
        assert (files.notes("/old"), files.notes("/new")) == (["Old 86"], ["New 86"])
        assert {looking.outcome(event).kind for event in (old, new)} == {OutcomeKind.DELIVERED}  # type: ignore[union-attr]
        before.end()
        after.end()


@pytest.mark.parametrize("stage", ["translated", "planned"])
def test_a_text_that_cannot_be_read_any_more_is_a_reason_and_replay_goes_by_the_present_one(
    files: Files, stage: str
) -> None:
    write(files.folder, "/old")
    files.server.on("POST", "/old", Reply(json={})).on("POST", "/new", Reply(json={}))
    before = files.started()
    event = before.accept("one")
    before.events.translate_received()
    if stage == "planned":
        before.events.work_once()
    write(files.folder, "/new")
    files.do("UPDATE mappings SET files = replace(files, 'objects\\:', 'objetcs\\:')")
    after = files.started()
    after.work()
    outcome = after.outcome(event)
    assert outcome is not None
    assert outcome.kind is OutcomeKind.QUARANTINED
    assert "the mapping it was begun by cannot be used any more: acme.yaml:" in outcome.why
    files.clock.advance(1)
    after.store.inbox.replay(event)
    after.work()
    assert after.outcome(event).kind is OutcomeKind.DELIVERED  # type: ignore[union-attr]
    assert (files.notes("/old"), files.notes("/new")) == ([], ["Score 86"])


def test_what_was_begun_before_texts_were_kept_goes_on_by_the_present_one(files: Files) -> None:
    write(files.folder, "/old")
    before = files.started()
    event = before.accept("one")
    before.events.translate_received()
    files.do("DELETE FROM mappings")
    write(files.folder, "/new")
    files.server.on("POST", "/new", Reply(json={}))
    after = files.started()
    after.work()
    assert after.outcome(event).kind is OutcomeKind.DELIVERED  # type: ignore[union-attr]


def test_texts_are_kept_as_long_as_something_open_refers_to_them(files: Files) -> None:
    write(files.folder, "/old")
    files.server.on("POST", "/old", Reply(503))
    before = files.started()
    before.accept("one")
    before.work()
    write(files.folder, "/new")
    files.clock.advance(40 * DAY_S)
    after = files.started()
    mappings = after.store.mappings
    assert mappings.forget_unused(files.clock.now() - 30 * DAY_S) == 0
    files.server.on("POST", "/old", Reply(json={}))
    after.work()
    assert mappings.forget_unused(files.clock.now() - 30 * DAY_S) == 0
    files.clock.advance(20 * DAY_S)
    files.started()
    files.clock.advance(20 * DAY_S)
    assert mappings.forget_unused(files.clock.now() - 30 * DAY_S) == 1
    assert mappings.texts("trial", before.digest) is None
    files.clock.advance(40 * DAY_S)
    assert mappings.forget_unused(files.clock.now() - 30 * DAY_S) == 0
    assert mappings.texts("trial", after.digest) is not None


def test_no_secret_is_in_the_texts_that_are_kept(files: Files) -> None:
    write(files.folder, "/old")
    worker = files.started()
    assert ENVIRONMENT["ACME_KEY"] not in str(worker.store.mappings.texts("trial", worker.digest))
