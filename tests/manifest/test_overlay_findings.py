"""An overlay is told what of it has no effect, what is shadowed, and what its manifest changed under."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.manifest.findings import Finding
from engine.manifest.overlay import load_overlay
from engine.manifest.overlay.pin import pin_file, write_pin
from engine.manifest.schema.files import data_folder
from tests.manifest.planting import MARK

GOOD = 'tenant: acme\nextends: smartrecruiters\nsettings: {api_key: "${env:ACME_KEY}"}\n'
SHIPPED = data_folder("mappings") / "smartrecruiters.yaml"


def warnings(folder: Path, text: str, mappings: Path | None = None) -> tuple[Finding, ...]:
    file = folder / "acme.yaml"
    file.write_text(text, "utf-8")
    return load_overlay(file, mappings).warnings


WITHOUT_EFFECT = [
    "fields: {«match_score: Skima Match Score}",
    "outputs: {«match_score: on}",
    "rungs: {«reasons: [field, note, attachment]}",
    "texts: {«screened: Skima Screened}",
    "when: {«screened: score.match}",
    "events: {«coalesce: 5s}",
    "events: {«webhook: on}",
    "events: {poll: {«every: 600s}}",
    "limits: {«rate: 10/s}",
    "limits: {«concurrency: 8}",
]
SHADOWED = [
    ("fields: {«hm_comment: A}\noutputs: {hm_comment: off}", "the output is off (", "`outputs: {hm_comment: on}`"),
    ("rungs: {«hm_comment: [note]}\noutputs: {hm_comment: off}", "the output is off (", ""),
    ("texts: {«screened: A}\noutputs: {screened: off}", "acme.yaml:5", ""),
    ("when: {«screened: score.match > `5`}\noutputs: {screened: off}", "the output is off (", ""),
    ("fields: {«match_score: A}\nrungs: {match_score: [note]}", "`rungs.match_score` leaves the field out", ""),
    ("texts: {«stage: INTERVIEW}", "the output is off (", "`stage_move` turns it on"),
    ("when: {«stage: score.match}\nstage_move: {to: INTERVIEW, when: score.match}", "`stage_move.when` decides", ""),
    ("notes: {«evaluation: hi}\nrungs: {match_score: [field], reasons: [field], screened: [tag], shortlist_link: [field], "
     "hm_feedback: [field], hm_comment: [field], audit_log_id: [field]}", "no output that is on has this note", ""),
    ('«shortlist: {url: "https://s.example"}\noutputs: {shortlist_link: off}', "reads `shortlist`", ""),
]  # fmt: skip


def planted(text: str) -> tuple[str, tuple[int, int]]:
    whole = GOOD + text + "\n"
    at = whole.index(MARK)
    return whole.replace(MARK, ""), (whole.count("\n", 0, at) + 1, at - whole.rfind("\n", 0, at))


@pytest.mark.parametrize("text", WITHOUT_EFFECT)
def test_what_the_manifest_says_already_is_without_effect(tmp_path: Path, text: str) -> None:
    whole, place = planted(text)
    (found,) = warnings(tmp_path, whole)
    assert ((found.line, found.column), found.code) == (place, "override-without-effect")
    assert found.severity == "warning"
    assert "the manifest says `" in found.message


@pytest.mark.parametrize(("text", "why", "more"), SHADOWED)
def test_what_another_setting_makes_moot_is_shadowed(tmp_path: Path, text: str, why: str, more: str) -> None:
    whole, place = planted(text)
    (found,) = warnings(tmp_path, whole)
    assert ((found.line, found.column), found.code) == (place, "shadowed-override")
    assert why in found.message
    assert more in found.message


def test_a_setting_that_another_one_leaves_unread_is_shadowed(tmp_path: Path) -> None:
    text = GOOD.replace("{api_key", "{client_id: acme, api_key")
    (found,) = warnings(tmp_path, text)
    assert found.code == "shadowed-override"
    assert "credential is api_key" in found.message
    assert warnings(tmp_path, text.replace("{client_id", '{credential: "${env:KIND}", client_id')) == ()


def test_a_tenant_that_changes_what_counts_is_told_nothing(tmp_path: Path) -> None:
    more = """\
fields: {match_score: AI Fit}
rungs: {reasons: [note]}
texts: {screened: Seen by Acme}
outputs: {hm_comment: off}
when: {match_score: "score.match >= `50`"}
notes: {evaluation: "Score {{ outputs.match_score }}"}
events: {webhook: off, poll: {every: 15m}}
limits: {rate: 5/s}
jobs: {only: [j1]}
shortlist: {url: "https://s.example/{{ job.id }}"}
stage_move: {to: INTERVIEW, when: score.match}
"""
    assert warnings(tmp_path, GOOD + more) == ()


# ── stale ────────────────────────────────────────────────────────────────────────────────────────────────────

OVERRIDES = GOOD + "fields: {match_score: AI Fit}\nrungs: {reasons: [note]}\n"


def pinned(folder: Path) -> Path:
    """The tenant's file with its pin, and a copy of the manifest that a test may change."""
    (folder / "mappings").mkdir()
    (folder / "mappings" / "smartrecruiters.yaml").write_text(SHIPPED.read_text("utf-8"), "utf-8")
    file = folder / "acme.yaml"
    file.write_text(OVERRIDES, "utf-8")
    overlay = load_overlay(file, folder / "mappings")
    write_pin(file, overlay.base.ats.id, overlay.changes)
    return file


def changed(folder: Path, before: str, after: str) -> None:
    manifest = folder / "mappings" / "smartrecruiters.yaml"
    text = manifest.read_text("utf-8")
    assert before in text
    manifest.write_text(text.replace(before, after), "utf-8")


def test_an_override_whose_manifest_changed_is_stale_with_all_three_values(tmp_path: Path) -> None:
    file = pinned(tmp_path)
    assert load_overlay(file, tmp_path / "mappings").warnings == ()
    changed(tmp_path, "[{field: Skima Match Score}, {note", "[{field: Match Score 2}, {note")
    (found,) = load_overlay(file, tmp_path / "mappings").stale
    assert (found.line, found.column, found.code) == (4, 10, "stale-override")
    for said in ("said `Skima Match Score`", "says `Match Score 2` now", "yours is `AI Fit`"):
        assert said in found.message
    assert "fieldwright diff acme --pin" in found.hint


def test_what_a_tenant_does_not_override_may_change_without_a_word(tmp_path: Path) -> None:
    file = pinned(tmp_path)
    changed(tmp_path, "{field: Skima Reasons}", "{field: Why}")
    assert load_overlay(file, tmp_path / "mappings").warnings == ()


def test_a_stale_override_that_has_no_effect_any_more_is_told_once(tmp_path: Path) -> None:
    file = pinned(tmp_path)
    changed(tmp_path, "[{field: Skima Match Score}, {note", "[{field: AI Fit}, {note")
    (found,) = load_overlay(file, tmp_path / "mappings").warnings
    assert found.code == "stale-override"
    assert found.message.endswith("yours is `AI Fit`, the same")


def test_pinning_anew_accepts(tmp_path: Path) -> None:
    file = pinned(tmp_path)
    changed(tmp_path, "[{field: Skima Match Score}, {note", "[{field: Match Score 2}, {note")
    overlay = load_overlay(file, tmp_path / "mappings")
    write_pin(file, overlay.base.ats.id, overlay.changes)
    assert load_overlay(file, tmp_path / "mappings").warnings == ()


def test_an_override_added_after_the_pin_is_not_stale(tmp_path: Path) -> None:
    file = pinned(tmp_path)
    file.write_text(OVERRIDES + "outputs: {hm_comment: off}\n", "utf-8")
    assert load_overlay(file, tmp_path / "mappings").warnings == ()


def test_the_pin_of_another_manifest_is_told_at_extends(tmp_path: Path) -> None:
    file = pinned(tmp_path)
    write_pin(file, "trackerrms", [])
    (found,) = load_overlay(file, tmp_path / "mappings").stale
    assert (found.line, found.code) == (2, "stale-override")
    assert "`trackerrms`" in found.message


def test_the_pin_holds_nothing_of_the_tenants(tmp_path: Path) -> None:
    file = pinned(tmp_path)
    text = pin_file(file).read_text("utf-8")
    assert json.loads(text)["values"]["outputs.match_score: field"] == "Skima Match Score"
    assert "AI Fit" not in text
    assert "ACME_KEY" not in text


BROKEN = ["", "{", "[]", "{}", '{"extends": 1, "values": {}}', '{"extends": "a", "values": {"x": 1}}', "[" * 90000]


@pytest.mark.parametrize("content", BROKEN)
def test_a_pin_that_cannot_be_read_is_told_and_stops_nothing(tmp_path: Path, content: str) -> None:
    file = pinned(tmp_path)
    pin_file(file).write_text(content, "utf-8")
    (found,) = load_overlay(file, tmp_path / "mappings").warnings
    assert (found.file, found.code) == (str(pin_file(file)), "unreadable-pin")
    assert "--pin" in found.hint
