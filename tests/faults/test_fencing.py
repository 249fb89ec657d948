"""Row 3: a worker that stood still until its lease had run out settles nothing, and sends nothing any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.matrix import open_matrix


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_process_stopped_behind_any_commit_or_request_and_overtaken_changes_nothing_when_it_goes_on(
    tmp_path: Path, database: str
) -> None:
    with open_matrix(tmp_path, database) as matrix:
        whole = matrix.point(None)
        for number, name in enumerate(whole.came.crossed, 1):
            point = matrix.point(f"{number}>", "stop")
            at = f"{number}> {name}"
            assert (point.came.codes[-1], all(point.outcomes)) == (0, True), at
            assert (point.seen, point.settled) == (whole.seen, whole.settled), at
