"""``fieldwright diff``: what a tenant changes, line by line, and what makes no difference."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import fieldwright, lines_with, tenant

TENANT = """\
tenant: acme
extends: smartrecruiters
settings:
  api_key: "${env:ACME_KEY}"
fields:
  match_score: AI Fit
outputs: {hm_comment: off, reasons: on}
rungs: {reasons: [note, attachment]}
events: {poll: {every: 15m}}
limits: {rate: 5/s}
stage_move: {to: INTERVIEW, when: "score.match >= `85`"}
notes:
  evaluation: |
    Score {{ outputs.match_score }}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tenant(tmp_path, TENANT)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("settings.api_key", "(unset)", "${env:ACME_KEY}"), 4),
        (("match_score: field", "Skima Match Score", "AI Fit"), 6),
        (("outputs.hm_comment", "on", "off"), 7),
        (("outputs.reasons: rungs", "field → note → attachment", "note → attachment"), 8),
        (("events.poll.every", "600 s", "900 s"), 9),
        (("limits.rate of main", "10/s", "5/s"), 10),
        (("stage_move", "off", "to INTERVIEW when score.match >= `85`"), 11),
        (("notes.evaluation", "Skima evaluation for", "Score {{ outputs.match_score }}"), 13),
    ],
)
def test_each_change_is_told_with_before_after_and_line(folder: Path, words: tuple[str, ...], line: int) -> None:
    ended = fieldwright("diff", "acme", "--tenants", folder)
    assert ended.code == 0
    (found,) = lines_with(ended.out, words)
    assert found.split()[-1] == str(line)


def test_what_the_manifest_says_already_is_called_without_effect(folder: Path) -> None:
    ended = fieldwright("diff", folder / "acme.yaml")
    (line,) = lines_with(ended.out, ("outputs.reasons", "(no effect)"))
    assert line.split()[:2] == ["outputs.reasons", "on"]
    assert "1 of 9 without effect" in ended.out


def test_json_holds_the_same(folder: Path) -> None:
    told = fieldwright("diff", "acme", "--tenants", folder, "--json").json
    assert (told["tenant"], told["extends"]) == ("acme", "smartrecruiters")
    field = next(change for change in told["changes"] if change["line"] == 6)
    assert field == {
        "what": "outputs.match_score: field",
        "manifest": "Skima Match Score",
        "tenant": "AI Fit",
        "line": 6,
        "effect": True,
    }
    assert [change["line"] for change in told["changes"]] == sorted(change["line"] for change in told["changes"])


def test_a_file_that_changes_nothing_says_so(tmp_path: Path) -> None:
    tenant(tmp_path, "tenant: acme\nextends: smartrecruiters\nsettings: {api_key: '${env:KEY}'}\n")
    assert "api_key" in fieldwright("diff", tmp_path / "acme.yaml").out


def test_an_unknown_tenant_is_answered_with_the_nearest(folder: Path) -> None:
    ended = fieldwright("diff", "acmee", "--tenants", folder)
    assert ended.code == 2
    assert "did you mean `acme`?" in ended.err


def test_mistakes_of_the_file_are_told_with_their_places(tmp_path: Path) -> None:
    file = tenant(tmp_path, TENANT.replace("match_score: AI Fit", "match_scor: AI Fit"))
    ended = fieldwright("diff", file)
    assert (ended.code, ended.out) == (2, "")
    assert f"{file}:6:3 unknown-key" in ended.err


def test_a_secret_in_the_file_is_refused_and_not_shown(tmp_path: Path) -> None:
    file = tenant(tmp_path, TENANT.replace("${env:ACME_KEY}", "not-a-real-key"))
    ended = fieldwright("diff", file)
    assert ended.code == 2
    assert "secret-in-file" in ended.err
    assert "not-a-real-key" not in ended.err + ended.out


def test_a_pin_is_kept_beside_the_file_and_what_changed_under_it_is_told(folder: Path) -> None:
    pinned = fieldwright("diff", "acme", "--tenants", folder, "--pin")
    assert pinned.code == 0
    assert "acme.pin.json holds what the manifest says of 9 overrides" in pinned.err
    pin = folder / "acme.pin.json"
    pin.write_text(pin.read_text("utf-8").replace('"Skima Match Score"', '"Fit"'), "utf-8")
    told = fieldwright("diff", "acme", "--tenants", folder)
    assert (
        f"{folder / 'acme.yaml'}:6:3 stale-override outputs.match_score: field: the manifest said `Fit`" in told.out
    )
    linted = fieldwright("lint", folder)
    assert linted.code == 0
    assert "stale-override" in linted.out
    assert "override-without-effect" in linted.out
    codes = [one["code"] for one in fieldwright("diff", "acme", "--tenants", folder, "--json").json["findings"]]
    assert codes == ["stale-override", "override-without-effect"]


def test_what_is_shadowed_is_told_below_the_changes(tmp_path: Path) -> None:
    file = tenant(tmp_path, TENANT + "when: {hm_comment: feedback.verdict}\n")
    ended = fieldwright("diff", file)
    assert "shadowed-override when.hm_comment changes nothing: the output is off" in ended.out
