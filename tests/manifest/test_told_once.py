"""One mistake is told once, in words that say what to write instead."""

from __future__ import annotations

from tests.manifest.planting import SHIPPED
from tests.manifest.test_lint_meaning import linted
from tests.manifest.test_lint_warnings import SR

TEXT = SHIPPED[SR]


def test_a_secret_in_a_note_is_told_once() -> None:
    text = TEXT.replace("Ref {{ audit_id }}", "Ref {{ audit_id }} {{ settings.client_secret }}")
    (found,) = linted(text, SR)
    assert found.code == "secret-in-text"
    assert found.hint == "a secret is for `apis` and `operations` only"


def test_a_duration_of_another_form_is_told_once() -> None:
    text = TEXT.replace("every: 10m", "every: 10 minutes", 1)
    assert text != TEXT
    (found,) = linted(text, SR)
    assert (found.code, "`10 minutes`" in found.message) == ("wrong-form", True)


def test_costs_are_not_doubted_where_the_limits_are_misspelt() -> None:
    text = TEXT.replace("    limits:", "    rate_limits:", 1).replace(
        "  get_company:\n", "  get_company:\n    cost: 2\n"
    )
    assert [one.code for one in linted(text, SR)] == ["unknown-key"]


def test_a_tag_s_text_is_sent_to_the_output_s_value() -> None:
    (found,) = linted(TEXT.replace("{tag: value}", "{tag: Skima Screened}", 1), SR)
    assert found.code == "unknown-value"
    assert "belongs into the output's own `value`" in found.hint
