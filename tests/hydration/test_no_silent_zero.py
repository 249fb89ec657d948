"""Nothing that is read is empty in silence: a key that is not there at all is an error, null is not."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import AnswerUnusable
from engine.hydration.hydrate import Hydrator
from engine.model import Ids, ResumeText
from engine.store import Store
from tests.conformance.acme import Acme
from tests.fake_server import FakeServer, Reply
from tests.pipeline.line import READER

MANIFEST = """
operations:
  get_person: {get: "/people/{{ candidate.id }}", record: person}
  list_files: {get: "/people/{{ candidate.id }}/files", records: files, key: id}
  get_file: {get: "/files/{{ attachment.id }}"}
  list_applications: {get: /applications, records: data, key: id}
objects:
  candidate:
    read: get_person
    fields: {id: id, first_name: name.first, email: "emails[0].value", tags: tags, phone: phone}
    may_be_empty: [phone]
    applications: "applications[].{job_id: job, application_id: id}"
  job: {read: acme_job, fields: {id: id}}
  resume:
    - {read: list_files, pick: "[?kind == 'cv'] | [-1].{id: id}", download: get_file, base64: content}
"""
PERSON = {"id": 7, "name": {"first": "Ana"}, "emails": [], "tags": None, "applications": []}
LISTED = "  application_list: {read: list_applications, job_id: job.id, application_id: id}\n  resume:"


@pytest.fixture
def acme() -> Iterator[Acme]:
    with FakeServer() as server:
        made = Acme(server)
        server.on("GET", "/jobs/j", Reply(json={"id": "j"}))
        yield made
        made.close()


def hydrating(acme: Acme, folder: Path, text: str = MANIFEST, **person: Any) -> Hydrator:
    acme.server.on("GET", "/people/7", Reply(json={"person": {**PERSON, **person}}))
    store = acme.holding(Store.open(folder / "x.db", acme.clock))
    return Hydrator(acme.connection(text), acme.caller(text), store.cache, READER)


def refused(read: Any) -> AnswerUnusable:
    with pytest.raises(AnswerUnusable) as caught:
        read()
    assert "canary" not in str(caught.value)
    return caught.value


def test_null_and_an_empty_list_are_there_and_what_may_be_empty_may_be_left_out(acme: Acme, tmp_path: Path) -> None:
    candidate = hydrating(acme, tmp_path).candidate("7")[0]
    assert (candidate.first_name, candidate.email, candidate.tags, candidate.phone) == ("Ana", None, (), None)


def test_a_mapped_key_that_is_not_there_is_an_error_with_the_nearest_key(acme: Acme, tmp_path: Path) -> None:
    error = refused(lambda: hydrating(acme, tmp_path, name={"frst": "canary"}).candidate("7"))
    assert error.message == (
        "the candidate's first_name: nothing stands at `name.first`: no `first` is there, "
        "but an object with the keys frst"
    )
    assert error.hint == "did you mean `frst`? A field that the ATS leaves out stands in `may_be_empty`."


def test_the_place_of_the_record_that_is_not_there_is_an_error_and_no_missing_person(
    acme: Acme, tmp_path: Path
) -> None:
    hydrator = hydrating(acme, tmp_path)
    acme.server.on("GET", "/people/7", Reply(json={"persn": PERSON}))
    assert refused(lambda: hydrator.candidate("7")).hint == "did you mean `persn`?"


def test_applications_that_are_not_where_they_should_be_are_an_error_and_none_are_none(
    acme: Acme, tmp_path: Path
) -> None:
    assert hydrating(acme, tmp_path).applications_of("7") == []
    text = MANIFEST.replace("applications[]", "aplications[]")
    error = refused(lambda: hydrating(acme, tmp_path, text).applications_of("7"))
    assert (error.hint or "").startswith("did you mean `applications`?")


def test_a_list_of_applications_of_which_none_names_its_job_is_an_error(acme: Acme, tmp_path: Path) -> None:
    text = MANIFEST.replace('    applications: "applications[].{job_id: job, application_id: id}"\n', "")
    text = text.replace("  resume:", LISTED)
    acme.server.on("GET", "/applications", Reply(json={"data": [{"id": 1, "job": {"Id": "canary"}}]}))
    error = refused(lambda: hydrating(acme, tmp_path, text).applications_of("7"))
    assert "`job.id`" in error.message
    acme.server.on("GET", "/applications", Reply(json={"data": []}))
    assert hydrating(acme, tmp_path, text).applications_of("7") == []


def resume_of(hydrator: Hydrator) -> ResumeText | None:
    return hydrator.resume(hydrator.hydrate(Ids("7", "j"), prospect=True))


def test_a_resume_is_not_there_only_where_the_files_say_so(acme: Acme, tmp_path: Path) -> None:
    hydrator = hydrating(acme, tmp_path)
    acme.server.on("GET", "/people/7/files", Reply(json={"files": [{"id": 1, "kind": "letter"}]}))
    assert resume_of(hydrator) is None
    acme.server.on("GET", "/people/7/files", Reply(json={"files": [{"id": 1, "type": "cv"}]}))
    assert "`kind`" in refused(lambda: resume_of(hydrator)).message


def test_a_file_that_is_not_where_it_should_be_is_an_error(acme: Acme, tmp_path: Path) -> None:
    hydrator = hydrating(acme, tmp_path)
    acme.server.on("GET", "/people/7/files", Reply(json={"files": [{"id": 1, "kind": "cv"}]}))
    acme.server.on("GET", "/files/1", Reply(json={"contents": base64.b64encode(b"canary").decode()}))
    assert (refused(lambda: resume_of(hydrator)).hint or "").startswith("did you mean `contents`?")
    acme.server.on("GET", "/files/1", Reply(json={"content": None}))
    assert resume_of(hydrator) is None
