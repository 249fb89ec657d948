"""A store on a real file, and on PostgreSQL, with a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.clock import ManualClock
from engine.store import Store
from tests import servers


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(store_url: str, clock: ManualClock) -> Iterator[Store]:
    with Store.open(store_url, clock, servers.VAULT) as opened:
        yield opened
