from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.front import Front, serving


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    with serving(tmp_path) as served:
        yield served
