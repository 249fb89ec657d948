"""Whether what a path looks for is there at all: null is, a misspelt key is not."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.manifest.language.expressions import compile_path
from engine.manifest.presence import missing

PERSON = {"id": 7, "phone": None, "web": {"site": "x"}, "emails": [], "jobs": [{"id": 1}, {"id": 2, "team": "a"}]}


@pytest.mark.parametrize(
    "path",
    [
        *(
            "id",
            "phone",
            "phone.number",
            "web.site",
            "emails[0].value",
            "emails[].value",
            "jobs[0].id",
            "jobs[-1].id",
        ),
        *(
            "jobs[].id",
            "jobs[].team",
            "jobs[*].id",
            "jobs[?id == `9`].nothing",
            "jobs[?flag].nothing",
            "jobs[:1].id",
            "web.*",
            "@",
        ),
        *("nope || id", "nope || `false`", "[nope, id][?@]", "join(' ', [nope, phone][?@])", "jobs[].id | [0]"),
        *("jobs[].[id, nope]", "jobs[].id[]", "length(jobs)", "{a: id, b: nope}", "jobs[].team | [9].x", "`1`"),
        *("sort_by(jobs, &nope)", "jobs[9].nope", "to_string(@)", "emails[] | [0].value"),
    ],
)
def test_what_is_there_is_not_missing_though_it_may_hold_nothing(path: str) -> None:
    assert missing(compile_path(path), PERSON) is None


@pytest.mark.parametrize(
    ("path", "key", "found", "near"),
    [
        ("idd", "idd", "an object with the keys id, phone, web, emails, jobs", "id"),
        ("web.sitee", "sitee", "an object with the keys site", "site"),
        ("web.site.x", "x", "a single value", None),
        ("jobs[].idd", "idd", "an object with the keys id", "id"),
        ("jobs[?idd == `2`].team", "idd", "an object with the keys id", "id"),
        ("jobs[?idd == `2`] | [0]", "idd", "an object with the keys id", "id"),
        ("jobs[?id == `2`].temm", "temm", "an object with the keys id, team", "team"),
        ("jobs[0].team", "team", "an object with the keys id", None),
        ("jobs.id", "id", "a list of 2", None),
        ("web[].id", "[…]", "an object with the keys site", None),
        ("web[0]", "[…]", "an object with the keys site", None),
        ("jobs.*", "*", "a list of 2", None),
        ("nope || idd", "nope", "an object with the keys id, phone, web, emails, jobs", None),
        ("[nope, idd][?@]", "nope", "an object with the keys id, phone, web, emails, jobs", None),
        ("to_string(idd)", "idd", "an object with the keys id, phone, web, emails, jobs", "id"),
        ("jobs[].idd | [0]", "idd", "an object with the keys id", "id"),
    ],
)
def test_what_is_not_there_is_told_with_what_stands_there_and_the_nearest_key(
    path: str, key: str, found: str, near: str | None
) -> None:
    lack = missing(compile_path(path), PERSON)
    assert lack is not None
    assert (lack.key, lack.found, lack.near) == (key, found, near)
    assert lack.message.startswith(f"nothing stands at `{path}`: ")


def test_in_nothing_nothing_is_there() -> None:
    lack = missing(compile_path("data[].id"), None)
    assert lack is not None
    assert lack.message == "nothing stands at `data[].id`: no `data` is there, but nothing"


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["canary", ""]),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from("abc"), below, max_size=3),
    max_leaves=12,
)
PATHS = (
    "a",
    "a.b",
    "a[].b",
    "a[0].b",
    "a[?b].c",
    "a.* | [0]",
    "a || b",
    "[a, b][?@]",
    "a[].b[]",
    "a[*].b | [1]",
    "abs(a)",
)


@settings(max_examples=200, deadline=None)
@given(data=JSON, path=st.sampled_from(PATHS))
def test_any_data_is_looked_at_unchanged_without_an_error_and_none_of_it_is_told(data: Any, path: str) -> None:
    before = copy.deepcopy(data)
    lack = missing(compile_path(path), data)
    assert data == before
    assert lack is None or "canary" not in lack.message
