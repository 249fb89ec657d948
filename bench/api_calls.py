"""API calls per scored application on SmartRecruiters, cold and warm, by name; none is made twice for one event.

Cold: the first application of a connection, nothing is known yet. Warm: the next applicant to the same job. Echo:
the events that our own writes cause. Runs the real pipeline against the sandbox on loopback.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from tests.pipeline.line import Line, open_line

_CASES = (
    ("custom fields, tag, PDF", {}),
    ("no custom fields: note, tag, PDF", {"fields": "none"}),
)


def main() -> None:
    for title, switches in _CASES:
        with tempfile.TemporaryDirectory() as folder, open_line(Path(folder), **switches) as line:
            print(f"SmartRecruiters, {title}")
            _one(line, 0, "cold")
            candidate, _ = _one(line, 1, "warm")
            _tell("echo of our own writes", line.calls(line.score(candidate).id))


def _one(line: Line, number: int, state: str) -> tuple[str, Counter[str]]:
    candidate = line.apply(number)
    event = line.score(candidate)
    assert event.outcome is not None, "the event did not end"
    assert event.outcome.kind.value == "delivered", event.outcome
    calls = line.calls(event.id)
    _tell(f"one application, {state}", calls)
    return candidate, calls


def _tell(what: str, calls: Counter[str]) -> None:
    twice = {name: count for name, count in calls.items() if count > 1}
    assert not twice, f"made more than once for one event: {twice}"
    print(f"  {what}: {sum(calls.values())} calls: {', '.join(sorted(calls))}")


if __name__ == "__main__":
    main()
