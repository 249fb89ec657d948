"""docs/guarantees.md names, for each requirement, tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "guarantees.md").read_text("utf-8")
ROWS = re.findall(r"^\| (\d+) \| (.+) \| (.+) \| (.+) \|$", TEXT, re.MULTILINE)
REQUIRED = [*range(1, 42), *range(48, 53)]


def test_every_requirement_has_its_row() -> None:
    assert [int(number) for number, *_ in ROWS] == REQUIRED


@pytest.mark.parametrize(("number", "proven"), [(number, proven) for number, _, _, proven in ROWS])
def test_the_tests_of_a_row_are_there(number: str, proven: str) -> None:
    named = re.findall(r"`([\w/]+\.py)`", proven)
    assert named
    for name in named:
        assert "def test_" in (ROOT / "tests" / name).read_text("utf-8"), f"row {number}: {name}"
