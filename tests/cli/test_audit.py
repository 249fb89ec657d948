"""``fieldwright audit``: what was done, by whom, from a real database."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from engine.clock import ManualClock
from engine.model import Outcome, OutcomeKind, RawEvent
from engine.runtime.head_export import HeadExport
from engine.store import Store
from engine.store.audit import Call
from engine.store.audit_heads import HeadKey, public_text
from tests.cli.running import Ended, fieldwright, lines_with

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


def test_verify_names_the_first_entry_that_is_wrong_and_fails(state: Path) -> None:
    with Store.open(state / "fieldwright.db", ManualClock()) as store:
        store.seals.seal()
    whole = fieldwright("audit", "verify", "--state", state)
    assert (whole.code, whole.out) == (0, "The audit is whole: 3 sealed, 0 not sealed yet.\n")
    with sqlite3.connect(state / "fieldwright.db") as connection:
        connection.execute("UPDATE audit SET actor = 'key:k2' WHERE operation = 'rotate'")
    wrong = fieldwright("audit", "verify", "--state", state)
    assert wrong.code == 1
    assert "The audit is not as it was written: entry 3 (aud_" in wrong.out
    refused = fieldwright("audit", "trim", "--state", state, "--before", "2030-01-01")
    assert (refused.code, "Nothing was taken out: entry 3" in refused.err) == (1, True)


def test_a_trim_takes_old_entries_out_and_tells_of_itself(state: Path) -> None:
    with Store.open(state / "fieldwright.db", ManualClock()) as store:
        store.seals.seal()
    assert "1 entry from before 2025-06-15T15:30:00.000Z" in trim(state, "2025-06-15T15:30").out
    assert "Nothing is older." in trim(state, "2025-06-15T15:30").out
    verified = fieldwright("audit", "verify", "--state", state, "--json")
    assert (verified.code, verified.json["sealed"], verified.json["unsealed"]) == (0, 2, 1)
    assert verified.json["trimmed_by"].startswith("cli:")


def trim(state: Path, before: str) -> Ended:
    return fieldwright("audit", "trim", "--state", state, "--before", before)


def test_heads_are_checked_with_the_vaults_keys_or_a_file_of_public_ones(state: Path, tmp_path: Path) -> None:
    heads, keys = tmp_path / "heads.jsonl", tmp_path / "public-keys"
    with Store.open(state / "fieldwright.db", ManualClock()) as store:
        HeadExport(store, heads, ManualClock()).export()
    keys.write_text(fieldwright("audit", "public-key", "--state", state).out)
    for given in ((), ("--public-key", keys)):
        whole = fieldwright("audit", "verify", "--state", state, "--head", heads, *given)
        assert (whole.code, "compared with 1 head." in whole.out) == (0, True)
    key = keys.read_text().split()[0]
    keys.write_text(f"{key} {public_text(HeadKey('other', bytes(32)).public)}\n")
    wrong = fieldwright("audit", "verify", "--state", state, "--head", heads, "--public-key", keys)
    assert (wrong.code, f"is not signed by the key `{key}`" in wrong.err) == (2, True)
    with sqlite3.connect(state / "fieldwright.db") as connection:
        connection.execute("DELETE FROM audit_seals WHERE seq = 3")
    cut = fieldwright("audit", "verify", "--state", state, "--head", heads)
    assert (cut.code, "entry 3 is missing and all after it" in cut.out) == (1, True)
