"""The summary at the end of a run: which of the mechanisms hold, from the reports of their cases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from tests.conformance.mechanisms import NUMBERS

PROPERTY = "mechanisms"


def mark(items: Iterable[pytest.Item]) -> None:
    """Puts each case's mechanisms where its report carries them, from a worker process too."""
    for item in items:
        numbers = [number for found in item.iter_markers("mechanism") for number in found.args]
        if numbers:
            item.user_properties.append((PROPERTY, numbers))


def summary(stats: dict[str, list[Any]]) -> str | None:
    """What holds, from pytest's reports by outcome; None where no case ran."""
    passed = _numbers(stats.get("passed", []))
    failed = _numbers([*stats.get("failed", []), *stats.get("error", [])])
    if not passed | failed:
        return None
    parts = [f"mechanisms: {len(passed - failed)} of {len(NUMBERS)} hold"]
    missing = NUMBERS - passed - failed
    for word, numbers in (("failing", failed), ("missing", missing)):
        if numbers:
            parts.append(f"{word}: {', '.join(map(str, sorted(numbers)))}")
    return "; ".join(parts)


def _numbers(reports: Iterable[Any]) -> set[int]:
    properties = [value for report in reports for value in getattr(report, "user_properties", ())]
    return {number for name, numbers in properties if name == PROPERTY for number in numbers}
