"""``fieldwright docs``: one page about a connection."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import fieldwright, tenant

TENANT = """tenant: acme
extends: smartrecruiters
settings: {api_key: "${env:NOT_SET_ANYWHERE}"}
fields: {match_score: AI Fit}
outputs: {reasons: off}
events: {webhook: off}
stage_move: {to: INTERVIEW, when: "score.match >= `85`"}
"""


def page(*arguments: str | Path) -> str:
    ended = fieldwright("docs", *arguments)
    assert ended.code == 0, ended.err
    return ended.out


@pytest.mark.parametrize("ats", ["smartrecruiters", "trackerrms"])
def test_the_page_says_what_is_read_written_set_up_and_allowed(ats: str) -> None:
    text = page(ats)
    heads = ["What comes in", "What is read", "What is written, and where", "Setting it up", "Least privileges"]
    places = [text.index(f"\n## {head}\n") for head in heads]
    assert places == sorted(places)
    for line in text.splitlines():
        assert not line.startswith("|") or line.endswith("|")


def test_each_output_shows_its_places_in_order_and_what_is_off_is_said() -> None:
    text = page("smartrecruiters")
    assert "| `match_score` | custom field “Skima Match Score” | activity note | evidence PDF |" in text
    assert "Switched off: `stage`." in text
    assert "| `candidates_manage` | `add_tags`, `set_properties` |" in text
    apart = text[text.index("Only for outputs that are off") :]
    assert "| `webhooks_delete` | `delete_subscription` |" in apart


def test_what_is_done_by_hand_for_the_webhook_is_told() -> None:
    shown = fieldwright("docs", "greenhouse").out
    assert "The webhook: Configure → Dev Center → Web Hooks" in shown


def test_a_tenants_page_is_as_its_file_changes_it_and_needs_no_secret(tmp_path: Path) -> None:
    file = tenant(tmp_path / "tenants", TENANT)
    text = page("smartrecruiters", "--tenant", file)
    assert text.startswith("# SmartRecruiters for acme\n")
    assert "custom field “AI Fit”" in text
    assert "Switched off: `reasons`." in text
    assert "| webhook |" not in text
    assert "| `candidates_manage` | `add_tags`, `set_properties`, `set_status` |" in text
    assert "`webhooks_write`" not in text


def test_what_is_given_wrong_is_told(tmp_path: Path) -> None:
    assert "did you mean `smartrecruiters`?" in fieldwright("docs", "smartrecruiter").err
    other = fieldwright("docs", "trackerrms", "--tenant", tenant(tmp_path / "tenants", TENANT))
    assert other.code == 2
    assert "acme extends smartrecruiters, not trackerrms." in other.err
