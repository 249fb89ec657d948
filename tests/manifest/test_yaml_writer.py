"""What is written as YAML is read back as the same data."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.manifest.yaml.reader import NOT_TEXT, RECORDED
from engine.manifest.yaml.source import read_text
from engine.manifest.yaml.writer import block, inline

_TEXT = st.text(max_size=40).filter(lambda text: not NOT_TEXT.search(text))
_KEYS = st.text(min_size=1, max_size=12).filter(lambda text: not NOT_TEXT.search(text))
_DATA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.integers(-9999, 9999).map(lambda n: n / 100)
    | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(_DATA)
def test_block_and_inline_are_read_back_as_what_was_written(data: Any) -> None:
    written = {"key": data, "list": [data]}
    assert read_text(block(written), "x", RECORDED).data == written
    assert read_text(f"a: {inline(written)}\n", "x", RECORDED).data == {"a": written}


@pytest.mark.parametrize(
    "text", ["NO", "007", "12:30", "true", "", "1e5", "- a", "a: b", "# no", "l1\nl2\n", "é «»", "a\tb"]
)
def test_a_text_stays_a_text(text: str) -> None:
    assert read_text(block([text]), "x").data == [text]


def test_a_control_character_becomes_a_space_and_a_number_yaml_cannot_hold_a_text() -> None:
    assert read_text(block(["a\x07b", 10**30, 1e300]), "x").data == ["a b", str(10**30), "1e+300"]


def test_short_values_stand_on_one_line_and_long_texts_as_they_are() -> None:
    made = block({"a": {"b": [1, 2]}, "text": "first\nsecond", "long": ["x" * 60, "y" * 60]})
    assert made == f"a: {{b: [1, 2]}}\ntext: |-\n  first\n  second\nlong:\n  - {'x' * 60}\n  - {'y' * 60}\n"
