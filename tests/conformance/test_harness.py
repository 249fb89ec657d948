"""The harness itself: what a manifest uses is found, and the summary says what holds."""

from __future__ import annotations

from types import SimpleNamespace

from tests.conformance.reporting import summary


def report(*numbers: int) -> SimpleNamespace:
    return SimpleNamespace(user_properties=[("mechanisms", list(numbers))])


def test_the_summary_counts_what_passed_and_names_what_failed_and_what_has_no_case() -> None:
    stats = {"passed": [report(*range(1, 58))], "failed": [report(21)]}
    assert summary(stats) == "mechanisms: 56 of 59 hold; failing: 21; missing: 58, 59"


def test_without_a_case_there_is_no_summary() -> None:
    assert summary({"passed": [SimpleNamespace(user_properties=[])]}) is None
