"""JMESPath in Jinja and Jinja in JMESPath: each is told with how it is written where it stands."""

from __future__ import annotations

import pytest

from tests.manifest.planting import SHIPPED, planted
from tests.manifest.test_lint_meaning import linted

SR = "smartrecruiters"
NOTE = "Ref {{ audit_id }}"

MIXED = [
    (NOTE, "{{ score.reasons«[].text }}", "bad-jinja", "Jinja has no `[]`", "`| bullets`"),
    (NOTE, "{{ score.reasons«[*].text }}", "bad-jinja", "Jinja has no `[*]`", "`| join`"),
    (NOTE, "{{ score.reasons«[?points].text }}", "bad-jinja", "Jinja has no `[?…`", "read it in JMESPath"),
    (NOTE, "{{ int«(score.match) }}", "bad-jinja", "a call", "write `score.match | int`"),
    (NOTE, "{{ date«('now') }}", "bad-jinja", "a call", "write `x | date`"),
    ("department: department.label", 'department: "{«{ department.label }}"', "bad-jmespath", "`{`", "without braces"),
    ("[?type == 'RESUME']", "[?type == «RESUME]", "never-matched", "`RESUME`", "between single quotes: 'RESUME'"),
    ("[?type == 'RESUME']", "[?«typ == 'RESUME']", "never-matched", "`typ`", "did you mean `type`?"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code", "message", "hint"), MIXED)
def test_what_belongs_into_the_other_language_is_told_with_how_it_is_written_here(
    old: str, new: str, code: str, message: str, hint: str
) -> None:
    mistake = planted(SHIPPED[SR], old, new)
    found = [one for one in linted(mistake.text, SR) if one.severity == "error"]
    assert [(one.code, (one.line, one.column)) for one in found] == [(code, mistake.place)]
    assert message in found[0].message
    assert hint in found[0].hint
