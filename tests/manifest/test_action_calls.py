"""A call that only actions make sees what the person gave in, and nothing of an event."""

from __future__ import annotations

import pytest

from tests.manifest.planting import SHIPPED, findings, planted

SR = SHIPPED["smartrecruiters"]
NAME = 'firstName: "{{ given.first_name }}"'


@pytest.mark.parametrize(
    ("read", "hint"),
    [
        ("job.id", "did you mean `given.job_id`?"),
        ("candidate.first_name", "did you mean `given.first_name`?"),
        ("event.version", "add `event_version` to what the action `takes`, and read `given.event_version`"),
        ("page.number", "add `page_number`"),
    ],
)
def test_what_an_action_cannot_give_is_unknown_in_its_call(read: str, hint: str) -> None:
    at = SR.index("  create_applicant:\n")
    mistake = planted(SR[at:], NAME, f'firstName: "{{{{ «{read} }}}}"')
    (found,) = findings(SR[:at] + mistake.text)
    line, column = mistake.place
    assert (found.code, (found.line, found.column)) == ("unknown-name", (line + SR[:at].count("\n"), column))
    assert "only an action makes this call, and it sees `given`" in found.message
    assert hint in found.hint


def test_a_call_that_is_made_for_events_too_may_read_what_they_bring() -> None:
    text = SR.replace("operation: get_screening_answers\n", "operation: get_job\n")
    assert [one.code for one in findings(text) if one.code == "unknown-name"] == []


def test_settings_are_there_for_an_action_s_call() -> None:
    assert findings(SR.replace(NAME, 'firstName: "{{ settings.host }}"')) == []
