"""Types: from values, joined, and in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.manifest.types import (
    ANY,
    FREE_TEXT,
    INTEGER,
    LIST,
    MOMENT,
    NULL,
    NUMBER,
    TEXT,
    Type,
    describe,
    list_of,
    of_value,
    or_null,
    record,
    union,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)


def test_an_object_s_type_knows_its_keys_and_a_list_s_type_what_all_its_items_are() -> None:
    type_ = of_value({"id": 7, "tags": ["a", None], "open": True})
    assert type_ == record({"id": INTEGER, "tags": list_of(or_null(FREE_TEXT)), "open": of_value(True)})


def test_a_key_that_only_some_items_have_may_be_null() -> None:
    items = of_value([{"id": 1, "phone": "1"}, {"id": 2}]).items
    assert items == record({"id": INTEGER, "phone": or_null(FREE_TEXT)})


def test_what_may_be_anything_stays_so() -> None:
    assert union(ANY, TEXT) == ANY
    assert union(list_of(ANY), list_of(TEXT)) == list_of(ANY)


def meaning(type_: Type, means: str) -> Type:
    return replace(type_, means=means)


def test_a_meaning_is_kept_by_nothing_and_lost_by_another_and_a_secret_stays_one() -> None:
    job, candidate, secret = (meaning(TEXT, means) for means in ("job.id", "candidate.id", "secret"))
    assert union(job, NULL).means == union(NULL, job).means == "job.id"
    assert union(job, candidate).means == "free"
    assert union(secret, job).means == union(ANY, secret).means == "secret"


def test_a_whole_number_is_a_number_and_not_the_other_way_round() -> None:
    assert INTEGER.may_be("number")
    assert NUMBER.may_be("integer")
    assert not TEXT.may_be("number", "list")
    assert union(INTEGER, NUMBER) == NUMBER


def test_a_value_nested_without_end_may_be_anything_below() -> None:
    nested: list[object] = []
    for _ in range(5_000):
        nested = [nested]
    assert describe(of_value(nested)) == "a list"


@pytest.mark.parametrize(
    ("type_", "words"),
    [
        (TEXT, "text"),
        (list_of(TEXT), "a list of texts"),
        (LIST, "a list"),
        (or_null(NUMBER), "a number"),
        (NULL, "null"),
        (ANY, "anything"),
        (MOMENT, "a moment"),
        (meaning(TEXT, "job.id"), "a job's id"),
        (union(TEXT, INTEGER), "text or a whole number"),
        (of_value({}), "an object"),
    ],
)
def test_a_type_is_told_in_words(type_: object, words: str) -> None:
    assert describe(type_) == words  # type: ignore[arg-type]


@settings(max_examples=200)
@given(JSON, JSON)
def test_the_union_of_two_values_types_holds_both(one: object, other: object) -> None:
    both = union(of_value(one), of_value(other))
    assert union(both, of_value(one)) == both
    assert union(both, of_value(other)) == both
