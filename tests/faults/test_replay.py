"""Reliability row 17: dead letters go through again by id and by range, nothing is written twice, and it is audited."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.model import OutcomeKind
from engine.pipeline.replaying import Range, advice, dead_letters, replay_all
from engine.store import StoredEvent
from tests.conformance.acme import Acme
from tests.conformance.writing import writing
from tests.fake_server import FakeServer, Reply
from tests.pipeline.line import Line, open_line

DEAD = Range("trial")


def _died(line: Line, count: int) -> list[str]:
    """So many applicants whose reading was refused for good; their candidates' ids."""
    line.ats.faults.set(answer_5xx=100_000, status_5xx=400, path="*/jobs/*", method="GET")
    found = [line.apply(email=f"dead-{number}@example.com") for number in range(count)]
    for candidate in found:
        line.accept("application.created", candidate=candidate, job=line.job)
    line.work(2000)
    line.ats.faults.set(answer_5xx=0)
    return found


def _dead(line: Line) -> list[StoredEvent]:
    return list(dead_letters(line.store.browse(), DEAD))


def test_a_hundred_replayed_twice_are_written_once_each(tmp_path: Path, store_url: str) -> None:
    count = 100 if "sqlite" in store_url else 20
    with open_line(tmp_path, url=store_url) as line:
        candidates = _died(line, count)
        assert len(_dead(line)) == count
        for _ in range(2):
            replay_all(line.store, _dead(line), DEAD, "cli:ann")
            line.work(2000)
            line.pass_time(5)
        assert not _dead(line)
        for candidate in candidates:
            view = line.view(candidate)
            assert view.applications[0].field("Skima Match Score") is not None
            assert len([file for file in view.attachments if file.type == "GENERIC_FILE"]) == 1
        acts = [entry for entry in line.store.audit.list(limit=3000) if entry.operation == "replay"]
        assert sorted(entry.path.split()[0] for entry in acts) == ["0", str(count)]
        assert line.store.ledger.balance().missing == 0


def test_a_range_is_of_one_tenant_between_two_moments_and_by_words_of_the_cause(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        _died(line, 3)
        now = line.clock.now()
        browse = line.store.browse()
        assert not list(dead_letters(browse, Range("other")))
        assert not list(dead_letters(browse, Range("trial", since=now + 60)))
        assert not list(dead_letters(browse, Range("trial", cause="no such words")))
        assert len(list(dead_letters(browse, Range("trial", until=now + 60, cause="was refused")))) == 3


def test_a_replay_goes_behind_what_is_live(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        _died(line, 1)
        (event,) = _dead(line)
        replay_all(line.store, [event], DEAD, "cli:ann")
        assert line.store.inbox.get(event.id).bulk


NOTE = """
operations:
  list_notes: {get: /notes, records: "@"}
  add_note: {post: /note, json: {text: "{{ note.text }}"}}
write_back:
  notes: {evaluation: {text: "{{ score.match }}"}}
  places: {note: {write: add_note, found_by: {operation: list_notes, when: "contains(record.text, marker)"}}}
  outputs: {match_score: {value: "{{ score.match }}", rungs: [{note: evaluation}]}}
"""


def test_a_write_that_may_have_arrived_before_it_died_is_looked_for_when_it_is_replayed() -> None:
    with FakeServer() as server:
        acme, notes = Acme(server), []

        def taken(seen: object) -> Reply:
            notes.append(seen.json)  # type: ignore[attr-defined]
            return Reply(drop="before")

        server.on("POST", "/note", taken)
        server.on("GET", "/notes", Reply(403))
        with writing(acme, NOTE) as tenant:
            event = tenant.score()
            tenant.wait()
            assert tenant.outcome(event).kind is OutcomeKind.DEAD  # type: ignore[union-attr]
            server.on("GET", "/notes", lambda _: Reply(json=notes))
            tenant.store.inbox.replay(event)
            tenant.work()
            tenant.wait()
            assert tenant.outcome(event).kind is OutcomeKind.DELIVERED  # type: ignore[union-attr]
            assert len(notes) == 1
        acme.close()


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        ("given up after 10 tries: 503", "replay once it answers"),
        ("add_note: 401, no place left for match_score", "renew the credential"),
        ("sent without an answer, and this ATS shows no way to look", "look in the ATS"),
        ("something new", "events show"),
    ],
)
def test_what_to_do_next_is_told_by_the_cause(cause: str, told: str) -> None:
    assert told in advice(cause)
