from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.stage import Played, played_demo


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    with played_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo
