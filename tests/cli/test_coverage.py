"""``fieldwright test --coverage``: what the cases exercise of a manifest, and what to add."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.cli.running import fieldwright
from tests.rehearsal.written import case, written

REFUSED = "    answers: {set_properties: {status: 403}}\n"
POLLED = "{stream: jobs, records: [{id: j, updatedOn: x}]}"


def found(folder: Path, cases: str) -> dict[str, Any]:
    ended = fieldwright("test", written(folder, cases), "--coverage", "--json")
    assert ended.code in (0, 1), ended.err
    told: dict[str, Any] = ended.json["files"][0]["coverage"]
    return told


def missing(told: dict[str, Any], kind: str) -> list[str]:
    return [one["name"] for one in told[kind]["missing"]]


def test_operations_that_an_event_calls_are_exercised_and_those_of_actions_do_not_count(tmp_path: Path) -> None:
    told = found(tmp_path, case("outcome: delivered"))
    assert {"get_candidate", "set_properties", "download_attachment"} <= set(told["operations"]["exercised"])
    assert "set_status" in missing(told, "operations")
    named = told["operations"]["exercised"] + missing(told, "operations")
    assert not {"move_status", "create_subscription", "list_candidates"} & set(named)


def test_events_are_exercised_by_the_event_of_a_case_or_one_before_it(tmp_path: Path) -> None:
    before = "    before: [{headers: {event-name: job.updated}, body: {id: j}}]\n"
    told = found(tmp_path, case("outcome: delivered", "a", before) + case("outcome: filtered", "b", event=POLLED))
    assert set(told["events"]["exercised"]) == {"application.created", "job.updated", "stream jobs"}
    assert "candidate.deleted" in missing(told, "events")
    assert "stream candidates" in missing(told, "events")


def test_rungs_capabilities_and_fallbacks_are_exercised_by_a_refusal(tmp_path: Path) -> None:
    plain = found(tmp_path, case("outcome: delivered"))
    assert "match_score → 1. field" in plain["rungs"]["exercised"]
    assert "match_score → 2. note" in missing(plain, "rungs")
    assert "field refused" in missing(plain, "fallbacks")
    told = found(tmp_path, case("outcome: delivered") + case("outcome: delivered", "refused", REFUSED))
    assert "match_score → 2. note" in told["rungs"]["exercised"]
    assert "field refused" in told["fallbacks"]["exercised"]
    gained = set(told["capabilities"]["exercised"]) - set(plain["capabilities"]["exercised"])
    assert any(name.endswith("not there") for name in gained)
    assert told["percent"] > plain["percent"]


def test_percentages_are_of_what_there_is(tmp_path: Path) -> None:
    told = found(tmp_path, case("outcome: delivered"))
    for kind in ("operations", "events", "rungs", "capabilities", "fallbacks"):
        done, left = len(told[kind]["exercised"]), len(told[kind]["missing"])
        assert told[kind]["percent"] == 100 * done // (done + left)


def test_people_are_told_what_to_add(tmp_path: Path) -> None:
    ended = fieldwright("test", written(tmp_path, case("outcome: delivered")), "--coverage")
    assert "exercised by these cases: " in ended.out
    assert "– stream jobs: add a case with `event: {stream: jobs, records: […]}`" in ended.out
    assert (
        "match_score → 2. note: add a case in which `match_score` goes to its note (refuse `set_properties`)"
        in ended.out
    )
    assert "field refused: add a case with `answers: {set_properties: {status: 403}}`" in ended.out


def test_a_case_that_did_not_come_to_an_end_exercises_nothing(tmp_path: Path) -> None:
    move = "    tenant: {stage_move: {to: INTERVIEW, when: score.match}}\n"
    told = found(tmp_path, case("outcome: delivered", more=move))
    assert told["operations"]["exercised"] == []
