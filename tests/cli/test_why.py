"""``fieldwright why``: a value's way, from the line it is written on to the request that carried it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import lines_with
from tests.cli.tenant_runs import Desk, desk

MORE = """\
fields: {match_score: HM Comment}
when: {match_score: "score.match >= `1` && candidate.location != 'Nowhere'"}
texts: {screened: "Seen, {{ candidate.first_name }}"}
outputs: {hm_comment: off}
rungs: {reasons: [note, attachment]}
"""


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk(tmp_path_factory.mktemp("lived")) as here:
        here.settings(MORE)
        here.apply(1)
        assert here.run("backfill", "trial").code == 0
        yield here


def event_of(here: Desk, outcome: str = "delivered") -> str:
    return next(one["id"] for one in here.run("events", "list", "--json").json["events"] if one["outcome"] == outcome)


def told(here: Desk, output: str) -> Any:
    ended = here.run("why", event_of(here), output, "--json")
    assert ended.code == 0, ended.err
    return ended.json


def tenant_line(here: Desk, text: str) -> int:
    lines = (here.folder / "tenants" / "trial.yaml").read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(text))


def test_a_value_is_traced_to_its_line_its_names_and_its_request(lived: Desk) -> None:
    ended = lived.run("why", event_of(lived), "match_score")
    assert ended.code == 0, ended.err
    score = lived.ats.candidate_view(next(iter(lived.ats.tenant.candidates))).applications[0].field("HM Comment")  # type: ignore[attr-defined]
    file = lived.folder / "tenants" / "trial.yaml"
    lines = ended.out.splitlines()
    assert f"value   {score}" in lines
    assert any(
        line.strip().endswith("smartrecruiters.yaml:" + line.rpartition(":")[2]) and "(manifest)" in line
        for line in lines
    )
    assert f"          score.match = {score}" in lines
    assert "when    holds" in lines
    assert list(lines_with(ended.out, (f"{file}:{tenant_line(lived, 'when:')} (tenant's file)",)))
    place = ("1  custom field “HM Comment”  taken", f"{file}:{tenant_line(lived, 'fields:')} (tenant's file)")
    assert list(lines_with(ended.out, place))
    assert list(lines_with(ended.out, ("2  activity note  not needed", "(manifest)")))
    assert list(lines_with(ended.out, ("request PUT /candidates/", "→ 204 (set_properties, ok)")))


def test_nothing_of_a_person_is_told_that_the_output_does_not_show(lived: Desk) -> None:
    view = lived.ats.candidate_view(next(iter(lived.ats.tenant.candidates)))  # type: ignore[attr-defined]
    score = told(lived, "match_score")
    assert {"name": "candidate.location", "value": "(not shown: about the person)"} in score["when"]["reads"]
    screened = told(lived, "screened")
    assert screened["value"]["reads"] == [{"name": "candidate.first_name", "value": view.name.split()[0]}]
    assert screened["value"]["written"]["layer"] == "tenant's file"
    reasons = told(lived, "reasons")
    assert {one["name"] for one in reasons["value"]["reads"]} == {"score.reasons"}
    assert all(one["value"].startswith("a list of ") for one in reasons["value"]["reads"])
    assert view.email not in str(score) + str(screened) + str(reasons)


def test_an_output_that_is_off_names_the_line_that_turns_it_off(lived: Desk) -> None:
    found = told(lived, "hm_comment")
    assert found["switch"]["at"]["line"] == tenant_line(lived, "outputs:")
    assert found["switch"]["layer"] == "tenant's file"
    assert found["value"] is None
    ended = lived.run("why", event_of(lived), "hm_comment")
    assert "value   none: the output is off at " in ended.out


def test_the_order_of_rungs_is_traced_to_the_tenants_file(lived: Desk) -> None:
    found = told(lived, "reasons")
    assert found["note"]["layer"] == "manifest"
    assert found["order"]["at"]["line"] == tenant_line(lived, "rungs:")
    assert [(one["place"], one["verdict"]) for one in found["rungs"]] == [
        ("activity note", "taken"),
        ("evidence PDF", "not needed"),
    ]


def test_rungs_that_were_passed_over_say_why(tmp_path: Path) -> None:
    with desk(tmp_path, fields="Skima Reasons:TEXT", permissions="all,-properties") as here:
        here.apply(1)
        assert here.run("backfill", "trial").code == 0
        missing = told(here, "match_score")
        first = missing["rungs"][0]
        assert (first["verdict"], first["why"]) == ("passed over", "there is no field of this name")
        refused = told(here, "reasons")["rungs"]
        assert refused[0]["verdict"] == "passed over"
        assert "403" in refused[0]["why"]
        assert refused[1]["verdict"] == "taken"


def test_a_value_left_as_it_stands_and_a_changed_file_are_told(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        here.apply(1)
        assert here.run("backfill", "trial").code == 0
        first = event_of(here)
        assert here.run("events", "replay", first).code == 0
        assert here.run("backfill", "trial").code == 0
        found = told_of(here, first)
        assert found["rungs"][0]["verdict"] in ("taken", "left as it stands")
        here.settings("fields: {match_score: AI Fit}\n")
        assert any("has changed since" in note for note in told_of(here, first)["notes"])


def told_of(here: Desk, event: str) -> Any:
    ended = here.run("why", event, "match_score", "--json")
    assert ended.code == 0, ended.err
    return ended.json


def test_what_cannot_be_told_is_refused_with_what_to_ask_instead(lived: Desk) -> None:
    unknown = lived.run("why", event_of(lived), "match_scor")
    assert (unknown.code, "did you mean `match_score`?" in unknown.err) == (2, True)
    nothing = lived.run("why", "evt_nope", "match_score")
    assert (nothing.code, "events list" in nothing.err) == (2, True)
