"""``fieldwright audit``: what was done, by whom, from a real database."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.clock import ManualClock
from engine.model import Outcome, OutcomeKind, RawEvent
from engine.store import Store
from engine.store.audit import Call
from tests.cli.running import fieldwright, lines_with

CALL = Call("acme", "pull", "get_job", "GET", "/jobs/{job.id}", 200, 0, 512, 12.5, "ok")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    clock = ManualClock()
    with Store.open(tmp_path / "fieldwright.db", clock) as store:
        store.audit.record(replace(CALL, candidate_id="c-4711"))
        clock.advance(3600)
        store.audit.act("cli:ana", "rebind", "acme", detail="match_score")
        store.audit.act("key:k1", "rotate")
    return tmp_path


def test_calls_and_acts_are_listed_newest_first_and_narrowed(state: Path) -> None:
    ended = fieldwright("audit", "list", "--state", state)
    assert ended.code == 0
    assert list(lines_with(ended.out, ("acme", "engine", "get_job", "GET /jobs/{job.id}", "200 ok", "aud_")))
    assert list(lines_with(ended.out, ("cli:ana", "rebind", "match_score")))
    for narrowed, operations in (
        (("--tenant", "acme"), ["rebind", "get_job"]),
        (("--tenant", "acme", "--candidate", "c-4711"), ["get_job"]),
        (("--tenant", "acme", "--candidate", "c-1"), []),
        (("--acts",), ["rotate", "rebind"]),
        (("--actor", "key:k1"), ["rotate"]),
        (("--operation", "get_job"), ["get_job"]),
        (("--since", "2025-06-15T15:30:00Z"), ["rotate", "rebind"]),
        (("--limit", "1"), ["rotate"]),
    ):
        listed = fieldwright("audit", "list", "--state", state, "--json", *narrowed).json
        assert [entry["operation"] for entry in listed] == operations, narrowed


def test_the_audit_names_no_candidate(state: Path) -> None:
    with Store.open(state / "fieldwright.db", ManualClock()) as store:
        (entry,) = store.audit.list(operation="get_job")
        assert entry.person is not None
        assert "4711" not in str(entry)
        assert entry.person == store.persons.pseudonym("acme", "c-4711")
        assert entry.person != store.persons.pseudonym("other", "c-4711")
    ended = fieldwright("audit", "list", "--state", state, "--candidate", "c-4711")
    assert (ended.code, "--tenant" in ended.err) == (2, True)


def test_a_time_that_is_none_is_told(state: Path) -> None:
    ended = fieldwright("audit", "list", "--state", state, "--since", "yesterday")
    assert ended.code == 2
    assert "'yesterday' is no time" in ended.err


def test_a_replay_is_in_the_audit_with_who_asked_for_it(state: Path) -> None:
    with Store.open(state / "fieldwright.db", ManualClock()) as store:
        raw = RawEvent("acme", "webhook", "e1", {}, b"{}", 1_750_000_000.0)
        event = store.inbox.accept([raw])[0].id
        store.inbox.finish(event, Outcome(OutcomeKind.DEAD, "the ATS was away"))
    assert fieldwright("events", "replay", event, "--state", state).code == 0
    (entry,) = fieldwright("audit", "list", "--state", state, "--event", event, "--json").json
    assert (entry["operation"], entry["direction"], entry["connection"]) == ("replay", "act", "acme")
    assert entry["actor"].startswith("cli:")
