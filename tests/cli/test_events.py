"""``fieldwright events``: the list, one event's whole way, and sending one through again; from a real database."""

from __future__ import annotations

import os
import pty
import subprocess
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from engine.clock import ManualClock
from engine.model import Outcome, OutcomeKind, RawEvent
from engine.store import NewDelivery, Store
from engine.store.audit import Call, Direction
from tests.cli.running import COMMAND, fieldwright, lines_with

CAUSE = {"place": "custom fields", "why": "403 PERMISSION_DENIED"}


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path


def call(event_id: str, direction: Direction, operation: str, method: str, status: int, outcome: str) -> Call:
    path = "/candidates/{candidate.id}"
    return Call("acme", direction, operation, method, path, status, 50, 900, 41.0, outcome, event_id=event_id)


@pytest.fixture
def delivered(state: Path) -> str:
    """An event that went the whole way: a field was refused, a note took its place; its id."""
    clock = ManualClock()
    with Store.open(state / "fieldwright.db", clock) as store:
        headers = {"event-id": "e1", "x-api-token": "not-a-real-token"}
        raw = RawEvent("acme", "webhook", "e1", headers, b'{"candidate_id": "c1"}', clock.now())
        id_ = store.inbox.accept([raw])[0].id
        store.steps.add(id_, "translated", {"event": "application.created", "source": "webhook"})
        canonical = {"type": "application.created", "ids": {"candidate": "c1", "job": "j1"}}
        store.inbox.ready(id_, subject="c1|j1", canonical=canonical, due_at=0.0, manifest_hash="m")
        clock.advance(1.5)
        claim = store.inbox.claim(60)
        assert claim is not None
        store.audit.record(call(id_, "pull", "get_candidate", "GET", 200, "ok"))
        store.steps.add(id_, "scored", {"match": 82, "scorer": "builtin-1", "audit_id": "scr_1", "known": False})
        going = [{"output": "match_score", "place": "field", "target": "Fit", "rung": 1, "causes": []}]
        store.steps.add(id_, "planned", {"going": going, "unchanged": [], "nowhere": []})
        new = NewDelivery("acme", "c1|j1", "c1", "j1", "field", "set_fields", {})
        store.outbox.enqueue(id_, [new], claim.token)
        clock.advance(0.25)
        first = store.outbox.claim(60)
        assert first is not None
        store.audit.record(call(id_, "push", "set_fields", "PUT", 403, "denied"))
        moved = {"output": "match_score", "place": "note", "target": "evaluation", "rung": 2, "causes": [CAUSE]}
        store.steps.add(id_, "rung", moved)
        store.outbox.settle(first.id, first.token, "moved", "403 PERMISSION_DENIED")
        store.inbox.finish(id_, Outcome(OutcomeKind.DELIVERED, "1 outputs in 1 requests"))
        return id_


@pytest.fixture
def quarantined(state: Path) -> str:
    with Store.open(state / "fieldwright.db", ManualClock()) as store:
        raw = RawEvent("beta", "webhook", "e2", {}, b"[]", 1_750_000_100.0)
        id_ = store.inbox.accept([raw])[0].id
        store.inbox.finish(id_, Outcome(OutcomeKind.QUARANTINED, "no rule for this event"))
        return id_


def test_the_list_shows_each_event_with_its_end(state: Path, delivered: str, quarantined: str) -> None:
    ended = fieldwright("events", "list", "--state", state)
    assert ended.code == 0
    assert list(lines_with(ended.out, (delivered, "acme", "application.created", "c1|j1", "delivered")))
    assert list(lines_with(ended.out, (quarantined, "beta", "quarantined", "no rule for this event")))
    assert "In all: 1 delivered, 1 quarantined." in ended.out


def in_terminal(*arguments: str | Path) -> str:
    """What is printed in a terminal that is 100 columns wide."""
    master, slave = pty.openpty()
    environment = {**os.environ, "COLUMNS": "100", "TERM": "dumb"}
    with subprocess.Popen([*COMMAND, *map(str, arguments)], stdout=slave, env=environment) as process:
        os.close(slave)
        told = b""
        with suppress(OSError):  # a terminal that is closed is an error to read
            while part := os.read(master, 65536):
                told += part
        assert process.wait() == 0
    os.close(master)
    return told.decode().replace("\r\n", "\n")


def test_a_narrow_terminal_breaks_neither_ids_nor_its_own_width(state: Path, delivered: str) -> None:
    with Store.open(state / "fieldwright.db", ManualClock()) as store:
        path = "/candidates/61045af4-bf1e-5118-9887-845900a7891b/jobs/bc09bc0d-7b07-5435-bfbb-1d941ddbe8aa"
        audit_id = store.audit.record(replace(call(delivered, "pull", "get", "GET", 200, "ok"), path=path))
        subject = "61045af4-bf1e-5118-9887-845900a7891b|bc09bc0d-7b07-5435-bfbb-1d941ddbe8aa"
        raw = RawEvent("acme", "poll", "e3", {}, b"{}", 1_750_000_100.0)
        long = store.inbox.accept([raw])[0].id
        store.inbox.ready(
            long, subject=subject, canonical={"type": "application.updated"}, due_at=0.0, manifest_hash="m"
        )
    listed = in_terminal("events", "list", "--state", state)
    assert delivered in listed
    assert long in listed
    assert "61045af4…|bc09bc0d…" in listed
    shown = in_terminal("events", "show", delivered, "--state", state)
    assert audit_id in shown
    assert path in "".join(line.strip() for line in shown.splitlines())
    assert max(map(len, (*listed.splitlines(), *shown.splitlines()))) <= 100


def test_what_was_turned_away_at_the_door_is_counted(state: Path, delivered: str) -> None:
    with Store.open(state / "fieldwright.db", ManualClock()) as store:
        store.inbox.count_refusals({("acme", "signature stale"): 2, (None, "unknown connection"): 1})
    told = fieldwright("events", "list", "--state", state)
    assert "Turned away at the door of acme: signature stale (2).\n" in told.out
    assert "Turned away at the door: unknown connection (1).\n" in told.out
    assert "unknown connection" not in fieldwright("events", "list", "--tenant", "acme", "--state", state).out


def test_an_event_that_vanished_is_told_below_the_list(state: Path, delivered: str) -> None:
    assert "LEDGER" not in fieldwright("events", "list", "--state", state).out
    with Store.open(state / "fieldwright.db") as store, store._database.write() as connection:
        id_ = store.inbox.accept([RawEvent("acme", "webhook", "e9", {}, b"{}", 1_750_000_000.0)])[0].id
        connection.exec_driver_sql("DELETE FROM inbox WHERE id = ?", (id_,))
    assert "THE LEDGER DOES NOT BALANCE: 1 accepted" in fieldwright("events", "list", "--state", state).out
    assert fieldwright("events", "list", "--state", state, "--json").json["missing"] == 1


@pytest.mark.parametrize(
    "narrowed", [("--connection", "beta"), ("--outcome", "quarantined"), ("--limit", "1"), ("--status", "finished")]
)
def test_the_list_is_narrowed(
    state: Path, delivered: str, quarantined: str, narrowed: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELDWRIGHT_STATE", str(state))
    told = fieldwright("events", "list", *narrowed, "--json").json
    ids = [event["id"] for event in told["events"]]
    assert ids == ([quarantined, delivered] if narrowed[0] == "--status" else [quarantined])


def test_an_unknown_outcome_is_refused_with_those_there_are(state: Path, delivered: str) -> None:
    ended = fieldwright("events", "list", "--outcome", "done", "--state", state)
    assert ended.code == 2
    assert "quarantined" in ended.err


def test_the_whole_way_is_told_from_top_to_bottom(state: Path, delivered: str) -> None:
    ended = fieldwright("events", "show", delivered, "--state", state)
    assert ended.code == 0
    told = [
        "received 2025-06-15T15:06:40.000Z by webhook, about c1|j1",
        "translated event application.created · source webhook",
        "scored     match 82 · scorer builtin-1 · audit id scr_1 · known no",
        "match_score → field Fit (rung 1)",
        "match_score → note evaluation (rung 2), because custom fields: 403 PERMISSION_DENIED",
        "get_candidate",
        "set_fields",
        "delivered: 1 outputs in 1 requests",
    ]
    places = [ended.out.find(text) for text in told]
    assert -1 not in places
    assert places == sorted(places)
    assert list(lines_with(ended.out, ("+1.750 s", "PUT /candidates/{candidate.id}", "403", "denied", "aud_")))
    assert list(lines_with(ended.out, ("field", "set_fields", "moved", "1", "403 PERMISSION_DENIED")))


def test_json_holds_the_whole_way(state: Path, delivered: str) -> None:
    told = fieldwright("events", "show", delivered, "--state", state, "--json").json
    assert told["event"]["outcome"] == "delivered"
    assert [step["stage"] for step in told["steps"]] == ["translated", "scored", "planned", "rung"]
    assert told["steps"][-1]["causes"] == [CAUSE]
    assert [request["operation"] for request in told["requests"]] == ["get_candidate", "set_fields"]
    assert told["deliveries"][0]["state"] == "moved"
    assert "received" not in told


def test_what_was_received_is_shown_on_request_without_credentials(state: Path, delivered: str) -> None:
    ended = fieldwright("events", "show", delivered, "--raw", "--state", state)
    assert '{"candidate_id": "c1"}' in ended.out
    assert "event-id: e1" in ended.out
    assert "not-a-real-token" not in ended.out


def test_a_text_from_outside_cannot_steer_the_terminal(state: Path) -> None:
    with Store.open(state / "fieldwright.db", ManualClock()) as store:
        raw = RawEvent("acme", "webhook", "e", {}, b"\x1b[2J[red]x", 1.0)
        id_ = store.inbox.accept([raw])[0].id
        store.inbox.finish(id_, Outcome(OutcomeKind.FILTERED, "\x1b]0;x\x07 [bold]why"))
    ended = fieldwright("events", "show", id_, "--raw", "--state", state)
    listed = fieldwright("events", "list", "--state", state)
    assert "\x1b" not in ended.out + listed.out
    assert "[bold]why" in ended.out
    assert "[red]x" in ended.out


def test_an_event_that_ended_is_sent_through_again(state: Path, quarantined: str) -> None:
    ended = fieldwright("events", "replay", quarantined, "--state", state)
    assert ended.code == 0
    assert f"{quarantined} is received again" in ended.out
    again = fieldwright("events", "replay", quarantined, "--state", state)
    assert again.code == 2
    assert "has not ended yet" in again.err
    told = fieldwright("events", "show", quarantined, "--state", state, "--json").json
    assert told["steps"][0]["stage"] == "replayed"


def test_an_unknown_event_says_how_to_find_one(state: Path, delivered: str) -> None:
    ended = fieldwright("events", "show", "evt_nope", "--state", state)
    assert ended.code == 2
    assert "events list" in ended.err
