from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.rehearsal.matching import MISSING, differences

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
PLAIN_KEYS = st.text(max_size=5).filter(lambda key: not key.startswith("$"))
DATA = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PLAIN_KEYS, inner, max_size=3), max_leaves=12
)


@given(DATA)
def test_data_is_as_expected_where_it_is_the_same(data: object) -> None:
    assert not list(differences(data, data))


@given(st.dictionaries(PLAIN_KEYS, DATA, min_size=1, max_size=4), st.data())
def test_only_the_expected_keys_are_compared(data: dict[str, object], drawn: st.DataObject) -> None:
    left_out = drawn.draw(st.sampled_from(sorted(data)))
    part = {key: value for key, value in data.items() if key != left_out}
    assert not list(differences(part, data))


@given(DATA, DATA)
def test_equals_compares_all(one: object, other: object) -> None:
    assert bool(list(differences({"$equals": one}, other))) == (
        one != other or isinstance(one, bool) != isinstance(other, bool)
    )


@pytest.mark.parametrize(
    ("expected", "came"),
    [
        ({"$contains": "86"}, "Score 86"),
        ({"$contains": ["Score", "86"]}, "Score 86"),
        ({"$contains": {"id": 2}}, [{"id": 1}, {"id": 2, "value": 3}]),
        ({"$not_contains": "x"}, "abc"),
        ({"$matches": "^[0-9]+$"}, 86),
        ({"$absent": True}, MISSING),
        ({"$any": True}, None),
        ({"$contains": "a", "$not_contains": "b"}, "a"),
        ({"a": {"$absent": True}}, {"b": 1}),
        (86, 86.0),
    ],
)
def test_matchers_hold(expected: object, came: object) -> None:
    assert not list(differences(expected, came))


@pytest.mark.parametrize(
    ("expected", "came", "said"),
    [
        ({"$contains": "86"}, "Score 85", ("something with", "86")),
        ({"$contains": ["Score", "87"]}, "Score 86", ("something with", "87")),
        ({"$not_contains": "a"}, "abc", ("something without", "a")),
        ({"$not_contains": "a"}, MISSING, ("something without", "a")),
        ({"$matches": "^x"}, "abc", ("something that matches", "^x")),
        ({"$matches": "^x"}, MISSING, ("something that matches", "^x")),
        ({"$absent": True}, None, ("not to be there", "true")),
        ({"$any": True}, MISSING, ("to be there", "true")),
        (1, True, ("1", "1")),
        (None, MISSING, ("null", "null")),
        ([1, 2], [1, 2, 3], ("[1, 2]", "2")),
    ],
)
def test_matchers_fail_and_say_what_was_expected(expected: object, came: object, said: tuple[str, str]) -> None:
    [found] = differences(expected, came)
    assert all(part in found.expected for part in said)


def test_a_difference_tells_its_place_in_the_expectation() -> None:
    [found] = differences({"a": [{"b": 1}]}, {"a": [{"b": 2, "c": 3}]})
    assert (found.path, found.expected, found.came) == (("a", 0, "b"), "1", "2")
