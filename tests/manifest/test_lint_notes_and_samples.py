"""Lint warns of outputs that a note swallows, and of a manifest that nothing shows the answers of."""

from __future__ import annotations

from pathlib import Path

from engine.manifest.findings import Finding
from engine.manifest.lint.check import lint
from engine.manifest.yaml.source import read_text
from tests.manifest.planting import SHIPPED, planted
from tests.manifest.test_build_docs import KEYS, blocks
from tests.manifest.test_lint_meaning import linted

SR = "smartrecruiters"
RUNGS = "rungs: [{field: Skima Match Score}, {note: evaluation}, {attachment: evidence_pdf}]"
SAMPLES = "samples: [smartrecruiters.test.yaml]\n"


def guide(folder: Path, *, samples: str = "samples: [greenjobs.test.yaml]\n") -> list[Finding]:
    """What is found in the guide's manifest in a folder of its own, its mapping test beside it."""
    manifest, cases = (next(one for one in blocks("writing-a-manifest.md") if one.startswith(key)) for key in KEYS)
    (folder / "greenjobs.test.yaml").write_text(cases, "utf-8")
    text = manifest.replace("samples: [greenjobs.test.yaml]\n", samples)
    return list(lint(read_text(text, str(folder / "greenjobs.yaml"))).findings)


def test_the_manifest_of_the_guide_has_no_warning_beside_its_mapping_test(tmp_path: Path) -> None:
    assert [str(found) for found in guide(tmp_path)] == []


def test_an_output_that_its_note_does_not_read_is_a_warning_with_the_lines_to_add() -> None:
    text = SHIPPED[SR].replace("outputs.match_score", "outputs.reasons")
    mistake = planted(text, RUNGS, RUNGS.replace("{note: evaluation}", "{note: «evaluation}"))
    (found,) = linted(mistake.text, SR)
    assert (found.code, found.severity, (found.line, found.column)) == (
        "output-not-in-note",
        "warning",
        mistake.place,
    )
    assert "`outputs.match_score`" in found.message
    assert "{% if outputs.match_score is defined %}Match score: {{ outputs.match_score }}" in found.hint
    assert "{% endif %}" in found.hint


def test_a_note_that_reads_all_outputs_tells_each() -> None:
    text = (
        SHIPPED[SR]
        .replace("{{ outputs.match_score }}", "{{ outputs | length }}")
        .replace("outputs.match_score", "audit_id")
    )
    assert [str(found) for found in linted(text, SR)] == []


def test_the_audit_id_is_told_by_a_note_that_reads_it_under_its_own_name_only() -> None:
    text = SHIPPED[SR].replace("Ref {{ audit_id }}", "End")
    assert {(one.code, "audit_log_id" in one.message) for one in linted(text, SR)} == {("output-not-in-note", True)}


def test_a_manifest_without_samples_is_a_warning_that_says_how_to_name_what_stands_beside_it() -> None:
    (found,) = linted(SHIPPED[SR].replace(SAMPLES, ""), SR)
    assert (found.code, found.severity) == ("no-samples", "warning")
    assert found.hint == "add `samples: [smartrecruiters.test.yaml]`"


def test_where_no_mapping_test_stands_beside_a_manifest_the_warning_says_to_write_one(tmp_path: Path) -> None:
    text = SHIPPED[SR].replace(SAMPLES, "")
    (found,) = lint(read_text(text, str(tmp_path / "smartrecruiters.yaml"))).findings
    assert found.code == "no-samples"
    assert found.hint.startswith("write a mapping test, smartrecruiters.test.yaml")
