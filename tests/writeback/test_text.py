"""Values as people read them, and text cut where it reads well."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.writeback.text import clean, display, harmless, shorten


@pytest.mark.parametrize(
    ("output", "value", "text"),
    [
        ("match_score", 86, "86"),
        ("match_score", 4.0, "4"),
        ("match_score", 4.257, "4.26"),
        ("screened", True, "yes"),
        ("hm_feedback", "👍", "👍"),
        ("reasons", ["One", "Two\nlines"], "• One\n• Two lines"),
        ("reasons", [{"text": "Knows SQL", "quote": "ran  SQL\ndaily"}], "• Knows SQL (“ran SQL daily”)"),
        ("reasons", [{"text": "Says “ran SQL”", "quote": "ran SQL"}], "• Says “ran SQL”"),
        ("reasons", "• already text", "• already text"),
        ("skills_normalized", ["sql", "python"], "sql, python"),
        ("primary_experience", {"years": 6.5, "title": "Nurse", "domain": "care"}, "6.5 years, Nurse (care)"),
        ("primary_experience", {"years": 1.0, "title": None, "domain": None}, "1 year"),
        (
            "parsed_education",
            [{"degree": "BSc", "school": "Porto", "year": 2012}, {"degree": "MSc", "school": None, "year": None}],
            "• BSc, Porto, 2012\n• MSc",
        ),
        ("source_channel", {"name": "Referral", "id": None}, "name: Referral"),
        ("source_channel", None, ""),
    ],
)
def test_values_read_well(output, value, text):
    assert display(output, value) == text


def test_control_characters_and_direction_overrides_are_dropped():
    assert clean("a\x00b\x1b[31m\u202eevil\u2066\r\nnext\u2028line\ttab\ud800") == "ab[31mevil\nnext\nline\ttab"


def test_a_quotation_cannot_mention_a_person_or_another_record():
    told = harmless({"quote": "see @[USER:1] and #[CANDIDATE:2]", "n": 1, "list": ("#[x]",)})
    assert told == {"quote": "see @ [USER:1] and # [CANDIDATE:2]", "n": 1, "list": ["# [x]"]}


@given(st.text(alphabet="ab \n•é👍", max_size=80), st.integers(0, 90))
def test_shortened_text_is_never_longer_and_says_that_it_was_cut(text, longest):
    short = shorten(text, longest)
    if len(text) <= longest:
        assert short == text
    else:
        assert len(short) <= longest
        assert short.endswith("…") or longest == 0
        assert text.startswith(short.removesuffix("…").rstrip())


@given(st.text())
def test_cleaning_twice_changes_nothing(text):
    assert clean(clean(text)) == clean(text)
