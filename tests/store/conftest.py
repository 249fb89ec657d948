"""A store on a real file, and on PostgreSQL, with a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from engine.clock import ManualClock
from engine.store import Store
from engine.store.vault import Vault
from engine.store.vault_keys import new_key, parse_keys


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(store_url: str, clock: ManualClock) -> Iterator[Store]:
    with Store.open(store_url, clock, Vault(partial(parse_keys, new_key(), "test"))) as opened:
        yield opened
