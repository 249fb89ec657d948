"""The harness itself: what a manifest uses is found, and the summary says what holds."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine.manifest.schema.mechanisms import used
from tests.conformance.mechanisms import NUMBERS
from tests.conformance.reporting import summary

FAMILIES = sorted(Path(__file__).parent.glob("test_*.py"))
MARK = re.compile(r"^@mechanism\(([0-9, ]+)\)", re.MULTILINE)


@pytest.mark.parametrize(
    ("operation", "uses"),
    [
        ({"get": "/people", "records": "data"}, set()),
        ({"get": "/people", "records": "data || people"}, {19}),
        ({"get": "/people/page/{{ page.number }}", "paging": {"number": 1}}, {24, 26}),
        ({"get": "/people", "query": {"fields": "id"}}, {20}),
        ({"post": "/notes", "json": {"note": {"body": "x"}}}, {14, 15}),
        ({"post": "/notes", "json": {"key": "{{ settings.key }}"}}, {9, 14, 15}),
        ({"put": "/x", "bytes": "file", "headers": {"X-A": "1"}}, {14, 16}),
        ({"get": "/people", "fetch": {"operation": "get_person"}, "follow": True}, {18, 28}),
    ],
)
def test_what_a_manifest_uses_is_told_by_its_keys_and_where_those_do_not_tell_by_their_values(
    operation: dict[str, Any], uses: set[int]
) -> None:
    assert used({"operations": {"one": operation}}) == uses


def test_every_mechanism_has_a_case_of_its_own() -> None:
    """Beside those that run on the shipped manifests, which use no more than they need."""
    sources = [file.read_text("utf-8") for file in FAMILIES if file.name != "test_manifests.py"]
    marked = {int(number) for text in sources for found in MARK.findall(text) for number in found.split(",")}
    assert set(NUMBERS) - marked == set()


def report(*numbers: int) -> SimpleNamespace:
    return SimpleNamespace(user_properties=[("mechanisms", list(numbers))])


def test_the_summary_counts_what_passed_and_names_what_failed_and_what_has_no_case() -> None:
    stats = {"passed": [report(*range(1, 58))], "failed": [report(21)]}
    assert summary(stats) == "mechanisms: 56 of 59 hold; failing: 21; missing: 58, 59"


def test_without_a_case_there_is_no_summary() -> None:
    assert summary({"passed": [SimpleNamespace(user_properties=[])]}) is None
