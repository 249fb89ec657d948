"""Every kind of paging, and the guards that end a list that never would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.messages import Answer
from connectors.paging import next_link, pages
from engine.errors import AnswerUnusable
from engine.manifest.model import Operation
from tests.connectors.declared import operation, paging


def listing(declared: Any = None, key: str | None = "id", **given: Any) -> Operation:
    return operation("list", "GET", "/x", records="content", key=key, paging=declared, **given)


class Source:
    """Answers from a script and keeps what was asked."""

    def __init__(self, *bodies: Any, headers: Mapping[str, str] | None = None) -> None:
        self.bodies, self.headers = list(bodies), headers or {}
        self.asked: list[tuple[dict[str, Any], str | None]] = []

    def __call__(self, page: Mapping[str, Any], link: str | None) -> Answer:
        self.asked.append((dict(page), link))
        body = self.bodies.pop(0) if len(self.bodies) > 1 else self.bodies[0]
        return Answer(200, self.headers, body, repr(body).encode())


def page(*ids: int, **more: Any) -> dict[str, Any]:
    return {"content": [{"id": number} for number in ids], **more}


def read(declared: Operation, source: Source) -> tuple[list[int], str | None]:
    found = list(pages(declared, source))
    assert [each.end for each in found[:-1]] == [None] * (len(found) - 1)
    assert [each.number for each in found] == list(range(1, len(found) + 1))
    return [record["id"] for each in found for record in each.records], found[-1].end


def test_without_paging_there_is_one_page() -> None:
    assert read(listing(), Source(page(1, 2))) == ([1, 2], "it is the only page")


def test_a_cursor_leads_on_until_there_is_none() -> None:
    source = Source(page(1, next="b"), page(2, next="c"), page(3, next=""))
    assert read(listing(paging("cursor", "next")), source) == ([1, 2, 3], "there is no next page")
    assert [asked[0].get("cursor") for asked in source.asked] == [None, "b", "c"]


def test_numbers_count_from_their_start() -> None:
    source = Source(page(1), page(2), page())
    assert read(listing(paging("number", start=0)), source) == ([1, 2], "the page is empty")
    assert [asked[0]["number"] for asked in source.asked] == [0, 1, 2]


def test_an_offset_moves_by_what_came() -> None:
    source = Source(page(1, 2, 3), page(4), page())
    assert read(listing(paging("offset", start=0)), source)[0] == [1, 2, 3, 4]
    assert [asked[0]["offset"] for asked in source.asked] == [0, 3, 4]


def test_more_decides_where_it_is_declared() -> None:
    source = Source(page(1, more=True), page(2, more=False))
    assert read(listing(paging("number", more="more")), source) == ([1, 2], "the answer says there is no more")


def test_a_next_url_is_followed_as_it_stands() -> None:
    source = Source(page(1, next="/x?p=2"), page(2))
    assert read(listing(paging("next_url", "next")), source)[0] == [1, 2]
    assert [asked[1] for asked in source.asked] == [None, "/x?p=2"]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('<https://a.example/x?p=2>; rel="next"', "https://a.example/x?p=2"),
        (
            '<https://a.example/x?p=1>; rel="prev", <https://a.example/x?p=2&q=a,b>; title="t"; rel=next',
            "https://a.example/x?p=2&q=a,b",
        ),
        ('<https://a.example/x>; rel="last next"', "https://a.example/x"),
        ('<https://a.example/x>; rel="nextish"', None),
        ('<https://a.example/x>; rel="prev"', None),
        ("", None),
        ("<<<>>>;;;rel=", None),
    ],
)
def test_the_next_link_is_found_in_its_header(header: str, expected: str | None) -> None:
    assert next_link(header) == expected


def test_overlapping_pages_give_each_record_once() -> None:
    source = Source(page(1, 2, 3), page(3, 4), page(4, 5), page())
    assert read(listing(paging("number")), source)[0] == [1, 2, 3, 4, 5]


def test_a_page_with_nothing_new_ends_the_reading() -> None:
    source = Source(page(1, 2))
    assert read(listing(paging("number")), source) == ([1, 2], "the page has nothing new")
    assert len(source.asked) == 2


def test_as_many_stale_pages_as_allowed_are_read() -> None:
    source = Source(page(1), page(1), page(2), page(1), page(2), page(3))
    assert read(listing(paging("number", stop_without_new=2)), source)[0] == [1, 2]


def test_a_record_that_lacks_the_key_is_known_by_what_it_holds() -> None:
    source = Source({"content": [{"id": 1}, {"id": None, "name": "Ana"}, {"id": None, "name": "Ben"}]})
    declared = listing(paging("number"))
    found = list(pages(declared, source))
    assert [len(each.records) for each in found] == [3, 0]
    assert found[-1].end == "the page has nothing new"


def test_without_a_key_the_same_page_again_ends_the_reading() -> None:
    source = Source(page(1), page(2), page(2), page(3))
    assert read(listing(paging("number"), key=None), source)[0] == [1, 2]


def test_a_cursor_given_before_ends_the_reading() -> None:
    source = Source(page(1, next="b"), page(2, next="c"), page(3, next="b"), page(4, next="d"))
    assert read(listing(paging("cursor", "next")), source) == (
        [1, 2, 3],
        "the place of the next page was given before",
    )


def test_the_cap_on_pages_ends_any_reading() -> None:
    source = Source(*(page(number, next=str(number)) for number in range(50)))
    records, end = read(listing(paging("cursor", "next", max_pages=7)), source)
    assert (records, end) == (list(range(7)), "7 pages are as many as are read")


@pytest.mark.parametrize("cursor", [{"a": 1}, [1], True])
def test_a_cursor_of_another_shape_is_none(cursor: Any) -> None:
    assert read(listing(paging("cursor", "next")), Source(page(1, next=cursor)))[0] == [1]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"contents": [1]}, "an object with the keys contents"),
        ({}, "an empty object"),
        ([], "a list of 0"),
        (None, "empty"),
        ("text", "a single value"),
        ({"content": {"name": 1}}, "something other than a list"),
    ],
)
def test_a_first_page_without_its_list_is_an_error_that_says_what_is_there(body: Any, says: str) -> None:
    with pytest.raises(AnswerUnusable) as caught:
        read(listing(paging("number")), Source(body))
    assert says in caught.value.message
    assert "`content`" in caught.value.message


def test_an_error_over_a_missing_list_shows_keys_and_no_data() -> None:
    body = {"Content": [{"email": "jane@canary.example"}], **{f"k{number}": "canary" for number in range(30)}}
    with pytest.raises(AnswerUnusable) as caught:
        read(listing(), Source(body))
    assert "canary" not in str(caught.value)
    assert caught.value.hint == "did you mean `Content`?"
    assert "…" in caught.value.message


def test_a_list_that_is_missing_on_a_later_page_is_its_end() -> None:
    assert read(listing(paging("number")), Source(page(1), {}))[0] == [1]


def test_an_empty_status_is_an_empty_list() -> None:
    declared = listing(empty=(204,))
    found = list(pages(declared, lambda page, link: Answer(204, {}, None, b"", is_empty=True)))
    assert [each.records for each in found] == [[]]


@settings(max_examples=150, deadline=None)
@given(
    lists=st.lists(st.lists(st.integers(0, 12), max_size=4), min_size=1, max_size=12),
    cursors=st.lists(st.sampled_from(["a", "b", "c", "d", None]), min_size=12, max_size=12),
    kind=st.sampled_from(["cursor", "number", "offset", "next_url"]),
)
def test_any_list_ends_and_gives_no_key_twice(lists: list[list[int]], cursors: list[str | None], kind: Any) -> None:
    bodies = [page(*ids, next=cursor) for ids, cursor in zip(lists, cursors, strict=False)]
    source = Source(*bodies)
    declared = listing(paging(kind, "next" if kind in ("cursor", "next_url") else None, max_pages=20))
    records, end = read(declared, source)
    assert len(records) == len(set(records))
    assert set(records) <= {number for ids in lists for number in ids}
    assert end is not None
    assert len(source.asked) <= 20
