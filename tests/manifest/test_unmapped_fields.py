"""A canonical field that is read and that no mapping fills is told: it would be empty for ever."""

from __future__ import annotations

import pytest

from tests.manifest.planting import SHIPPED, planted
from tests.manifest.test_lint_meaning import linted

SR = "smartrecruiters"
SKIP = next(line for line in SHIPPED[SR].splitlines() if line.startswith("  skip: "))
NOTE = "Ref {{ audit_id }}"


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (NOTE, "Ref {{ audit_id }} {{ «candidate.source }}", "candidate.source"),
        (NOTE, "Ref {{ audit_id }} {{ «application.created_at | default('') }}", "application.created_at"),
        (SKIP, "  skip: «application.pipeline_id == '7'", "application.pipeline_id"),
    ],
)
def test_a_field_that_is_not_mapped_is_a_warning_with_the_line_to_add(old: str, new: str, field: str) -> None:
    mistake = planted(SHIPPED[SR], old, new)
    (found,) = [one for one in linted(mistake.text, SR) if one.code == "never-filled"]
    assert (found.severity, (found.line, found.column)) == ("warning", mistake.place)
    assert f"`{field}` is never filled" in found.message
    kind, _, last = field.partition(".")
    assert f"add `{last}: …`" in found.hint
    assert f"`objects.{kind}.fields`" in found.hint


def test_what_the_engine_fills_itself_needs_no_mapping() -> None:
    read = "{{ candidate.name }} {{ candidate.id }} {{ job.text }} {{ job.id }} {{ application.job_id }}"
    assert linted(SHIPPED[SR].replace(NOTE, f"Ref {{{{ audit_id }}}} {read}"), SR) == []


def test_an_object_that_is_not_mapped_at_all_is_told_with_what_to_add() -> None:
    before, _, rest = SHIPPED[SR].partition("\n  application:\n")
    text = before + "\n  job:\n" + rest.partition("\n  job:\n")[2]
    found = [one for one in linted(text, SR) if one.code == "never-filled"]
    assert found
    assert all("add `objects.application`" in one.hint for one in found if "`application." in one.message)
