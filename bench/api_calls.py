"""API calls per scored application on SmartRecruiters, cold and warm, by name; none is made twice for one event.

Cold: the first application of a connection, nothing is known yet. Warm: the next applicant to the same job. Echo:
the events that our own writes cause. Runs the real pipeline against the sandbox on loopback.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from tests.pipeline.line import Line, open_line

_CASES: tuple[tuple[str, dict[str, str]], ...] = (
    ("custom fields, tag, PDF", {}),
    ("no custom fields: note, tag, PDF", {"fields": "none"}),
)


def main() -> list[str]:
    """The lines of the report."""
    return [line for title, switches in _CASES for line in _case(title, switches)]


def _case(title: str, switches: dict[str, str]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder, open_line(Path(folder), **switches) as line:
        cold, warm = line.apply(0), line.apply(1)
        return [
            f"SmartRecruiters, {title}",
            _told("one application, cold", _scored(line, cold)),
            _told("one application, warm", _scored(line, warm)),
            _told("echo of our own writes", line.calls(line.score(warm).id)),
        ]


def _scored(line: Line, candidate: str) -> Counter[str]:
    event = line.score(candidate)
    if event.outcome is None or event.outcome.kind.value != "delivered":
        raise SystemExit(f"the application was not scored: {event.outcome}")
    return line.calls(event.id)


def _told(what: str, calls: Counter[str]) -> str:
    twice = [name for name, count in calls.items() if count > 1]
    verdict = f"MISSED: made more than once: {', '.join(twice)}" if twice else "none twice"
    return f"  {what}: {sum(calls.values())} calls, {verdict}: {', '.join(sorted(calls))}"
