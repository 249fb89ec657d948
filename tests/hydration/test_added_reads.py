"""Objects kept in two places, names in one piece, and résumés that are known of or must be located first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.calls import Caller
from connectors.transport import HttpTransport
from engine.clock import ManualClock
from engine.hydration.hydrate import Hydrator
from engine.manifest.build import examine
from engine.manifest.connection import Connection
from engine.manifest.yaml.source import read_text
from engine.model import Ids
from engine.store import Store
from tests.fake_server import FakeServer, Reply
from tests.pipeline.line import READER

MANIFEST = """
manifest: 1
ats: {id: acme, name: Acme}
apis:
  main: {base_url: "https://api.acme.example", auth: [{headers: {X-Key: fake}}]}
operations:
  get_person: {get: "/people/{{ candidate.id }}", record: result}
  get_job: {get: "/jobs/{{ job.id }}"}
  get_posting: {get: '/postings/{{ record.postings | first }}'}
  locate_file: {get: "/files/{{ attachment.handle }}/where"}
  add_note: {post: "/people/{{ candidate.id }}/notes", json: {text: "{{ note.text }}"}}
  get_file: {get: "/blobs/{{ attachment.url }}", binary: true}
objects:
  candidate:
    read: get_person
    fields: {id: id, full_name: name}
    applications: "applications[].{job_id: job, application_id: id}"
  job:
    read: get_job
    add: {posting: {read: get_posting, when: record.postings}}
    html: [description]
    fields: {id: id, title: title, description: posting.text}
    may_be_empty: [description]
  resume:
    - when: event.data.resume_handle
      attachment: "{handle: event.data.resume_handle}"
      locate: locate_file
      url: where
      download: get_file
    - attachment: "record.cv.{id: id, name: name, handle: handle}"
      locate: locate_file
      url: where
      download: get_file
events: {truth: poll, poll: {every: 10m, streams: {people: {operation: get_person, event: candidate.updated, ids: {candidate: record.id}, overlap: 2m}}}}
write_back:
  places: {note: {write: add_note}}
  notes: {evaluation: {text: "{{ outputs.match_score }}"}}
  outputs: {match_score: {value: "{{ score.match }}", rungs: [{note: evaluation}]}}
"""
PERSON = {
    "id": 7,
    "name": "Ana Example",
    "applications": [{"job": "j-1", "id": 70}, {"job": "j-2", "id": None}],
    "cv": {"id": "cv-1", "name": "ana.txt", "handle": "h-1"},
}


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as fake:
        fake.on("GET", "/people/7", Reply(json={"result": PERSON}))
        fake.on("GET", "/jobs/j-1", Reply(json={"id": "j-1", "title": "Lead", "postings": ["p-1"]}))
        fake.on("GET", "/jobs/j-2", Reply(json={"id": "j-2", "title": "Nurse", "postings": []}))
        fake.on("GET", "/postings/p-1", Reply(json={"text": "<p>Cash <b>handling</b></p>"}))
        fake.on("GET", "/files/h-1/where", Reply(json={"where": "blob-1"}))
        fake.on("GET", "/files/h-9/where", Reply(json={"where": "blob-9"}))
        fake.on("GET", "/blobs/blob-1", Reply(body=b"Ana Example. Cash handling since 2022."))
        fake.on("GET", "/blobs/blob-9", Reply(body=b"Ana Example. Newer."))
        yield fake


Open = Callable[..., Hydrator]


@pytest.fixture
def hydrator(server: FakeServer, tmp_path: Path) -> Iterator[Open]:
    manifest, findings = examine(read_text(MANIFEST, "<acme>"))
    assert not [str(finding) for finding in findings if finding.severity == "error"]
    assert manifest is not None
    connection, clock = Connection("acme", manifest, {}), ManualClock()
    transport = HttpTransport(sandbox_origin=server.origin)
    with (
        Store.open(tmp_path / "x.db", clock) as store,
        Caller(connection, transport=transport, clock=clock) as caller,
    ):
        yield lambda **data: Hydrator(connection, caller, store.cache, READER, event={"data": data})


def test_what_a_further_read_gives_stands_in_the_record(server: FakeServer, hydrator: Open) -> None:
    assert hydrator().job("j-1").description == "Cash handling"


def test_a_further_read_is_not_made_where_its_condition_does_not_hold(server: FakeServer, hydrator: Open) -> None:
    assert hydrator().job("j-2").description == ""
    assert not server.seen("/postings/")


def test_a_name_in_one_piece_is_the_persons_name(server: FakeServer, hydrator: Open) -> None:
    assert hydrator().candidate("7")[0].name == "Ana Example"


def test_applications_carry_their_own_ids_where_the_record_says_them(server: FakeServer, hydrator: Open) -> None:
    assert hydrator().applications_of("7") == [Ids("7", "j-1", "70"), Ids("7", "j-2")]


def test_a_resume_known_of_is_located_then_downloaded_and_read_once(server: FakeServer, hydrator: Open) -> None:
    reading = hydrator()
    for _ in range(2):
        resume = reading.resume(reading.hydrate(Ids("7", "j-1"), prospect=True))
        assert resume is not None
        assert resume.text.startswith("Ana Example. Cash")
    assert len(server.seen("/blobs/blob-1")) == 1


def test_a_resume_named_by_the_event_stands_before_the_records(server: FakeServer, hydrator: Open) -> None:
    reading = hydrator(resume_handle="h-9")
    resume = reading.resume(reading.hydrate(Ids("7", "j-1"), prospect=True))
    assert resume is not None
    assert "Newer" in resume.text


def test_a_resume_that_cannot_be_located_any_more_is_none(server: FakeServer, hydrator: Open) -> None:
    server.on("GET", "/files/h-1/where", Reply(404))
    reading = hydrator()
    assert reading.resume(reading.hydrate(Ids("7", "j-1"), prospect=True)) is None


def test_files_of_two_people_at_one_address_are_not_taken_for_each_other(server: FakeServer, hydrator: Open) -> None:
    server.on("GET", "/people/8", Reply(json={"result": {**PERSON, "id": 8, "name": "Bo Example"}}))
    texts = []
    for person in ("7", "8"):
        reading = hydrator()
        resume = reading.resume(reading.hydrate(Ids(person, "j-1"), prospect=True))
        assert resume is not None
        texts.append(resume.text)
        server.on("GET", "/blobs/blob-1", Reply(body=b"Bo Example. Nursing since 2019."))
    assert [text[:3] for text in texts] == ["Ana", "Bo "]
