"""The reference of the manifest language: made of the schema, whole, and found by ordinary names."""

from __future__ import annotations

import pytest

from engine.manifest.schema.reference import mechanisms, sections
from tests.cli.running import fieldwright


def test_every_mechanism_has_a_name_a_meaning_and_an_example() -> None:
    found = mechanisms()
    assert [one.number for one in found] == list(range(1, 60))
    assert [one.number for one in found if not (one.name and one.says and one.example)] == []


def test_every_key_says_what_it_means() -> None:
    assert [key.path for section in sections() for key in section.keys if not key.description] == []


def test_a_key_is_explained_with_its_example() -> None:
    shown = fieldwright("reference", "paging")
    assert shown.code == 0
    assert "operations.*.paging" in shown.out
    assert "next_url" in shown.out


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("basic authentication", "### 2 "),
        ("link header", "### 21 "),
        ("sync token", "### 30 "),
        ("presigned upload", "### 51 "),
        ("oauth", "### 5 "),
        ("rate limit", "### 57 "),
        ("retry-after", "### 58 "),
    ],
)
def test_a_mechanism_is_found_by_its_ordinary_name(words: str, title: str) -> None:
    shown = fieldwright("reference", words)
    assert shown.code == 0
    assert title in shown.out


def test_an_unknown_key_gets_the_nearest_right_name() -> None:
    shown = fieldwright("reference", "pagin")
    assert shown.code == 2
    assert "did you mean `paging`?" in shown.err
