"""The built-in scorer, loaded once."""

from __future__ import annotations

import pytest

from engine.scoring import BuiltinScorer


@pytest.fixture(scope="session")
def scorer() -> BuiltinScorer:
    return BuiltinScorer()
