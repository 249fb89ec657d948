"""Marks a test as a case of mechanisms: what it holds shows in the summary at the end of the run.

@mechanism(21)
def test_the_link_header_is_followed_as_it_stands(acme: Acme) -> None: ...
"""

from __future__ import annotations

import pytest

from engine.manifest.schema.reference import mechanisms

NUMBERS = frozenset(one.number for one in mechanisms())


def mechanism(*numbers: int) -> pytest.MarkDecorator:
    """A case of these mechanisms (1–59)."""
    unknown = [number for number in numbers if number not in NUMBERS]
    assert numbers, "a case names its mechanism"
    assert not unknown, f"there is no mechanism {unknown}"
    return pytest.mark.mechanism(*numbers)
