"""Row 2, "fails here": a worker is told of a failure at each commit and request, before it happens or after it has.

What was told to have failed may have happened all the same: every event ends once, what is written is there once, and
the audit has every request.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.model import OutcomeKind
from tests.faults.matrix import open_matrix


@pytest.mark.parametrize("edge", ["<", ">"])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_whatever_commit_or_request_is_said_to_have_failed_nothing_is_lost_and_nothing_is_written_twice(
    tmp_path: Path, database: str, edge: str
) -> None:
    with open_matrix(tmp_path, database) as matrix:
        whole = matrix.point(None)
        assert {one.kind for one in whole.outcomes if one} == {OutcomeKind.SUPERSEDED, OutcomeKind.DELIVERED}
        for number, name in enumerate(whole.came.crossed, 1):
            point, at = matrix.point(f"{number}{edge}"), f"{number}{edge} {name}"
            # It does not start on a database that fails at that moment, and is started again.
            assert point.came.codes in ([0], [1, 0]), at
            assert all(point.outcomes), at
            assert point.audited >= whole.audited, at
            assert point.seen == whole.seen, at
    print(f"{database} {edge}: {len(whole.came.crossed)} failures, 0 lost, 0 written twice")
