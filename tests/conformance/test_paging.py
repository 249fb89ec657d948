"""Mechanisms 21–28: every kind of paging to its end, over real HTTP, from a manifest's text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.errors import AnswerUnusable, Refused
from tests.conformance.acme import ORIGIN, Acme, examined
from tests.conformance.mechanisms import mechanism
from tests.fake_server import Reply, Seen

PEOPLE = [{"id": number} for number in range(1, 8)]


def read(acme: Acme, operation: str, name: str = "list_people") -> list[Any]:
    return acme.caller(f"operations:\n  {name}: {operation}\n").records(name, {})


def served(acme: Acme, answer: Callable[[Seen], Reply], method: str = "GET") -> list[Seen]:
    acme.server.on(method, "*", answer)
    return acme.server.requests


def numbered(
    first: int, size: int, more: Callable[[int], dict[str, Any]] = lambda page: {}
) -> Callable[[Seen], Reply]:
    """Pages of PEOPLE by number, counted from ``first``."""

    def answer(seen: Seen) -> Reply:
        page = int(seen.query["page"][0]) - first
        return Reply(json={"data": PEOPLE[page * size : (page + 1) * size], **more(page)})

    return answer


@mechanism(21)
def test_the_link_header_is_followed_as_it_stands_without_the_first_pages_parameters(acme: Acme) -> None:
    def answer(seen: Seen) -> Reply:
        if "cursor" in seen.query:
            return Reply(json=[{"id": 2}])
        return Reply(json=[{"id": 1}], headers={"Link": f'<{ORIGIN}/people?cursor=b>; rel="next"'})

    seen = served(acme, answer)
    found = read(acme, '{get: /people, query: {per_page: 500}, records: "@", key: id, paging: {link: true}}')
    assert found == [{"id": 1}, {"id": 2}]
    assert [one.query for one in seen] == [{"per_page": ["500"]}, {"cursor": ["b"]}]


NEXT_URL = "{get: /people, records: data, key: id, paging: {next_url: links.next}}"


@mechanism(22)
@pytest.mark.parametrize("address", [f"{ORIGIN}/people?p=2", "/people?p=2", "?p=2"])
def test_the_next_pages_address_in_the_body_is_followed(acme: Acme, address: str) -> None:
    def answer(seen: Seen) -> Reply:
        last = "p" in seen.query
        return Reply(json={"data": [{"id": 2 if last else 1}], "links": {"next": None if last else address}})

    seen = served(acme, answer)
    assert read(acme, NEXT_URL) == [{"id": 1}, {"id": 2}]
    assert all("x-key" in one.headers for one in seen)


@mechanism(22)
@pytest.mark.parametrize("address", ["https://evil.example/p", "http://api.acme.example/p", "//evil.example/p"])
def test_an_address_on_another_origin_is_not_followed(acme: Acme, address: str) -> None:
    seen = served(acme, lambda _: Reply(json={"data": [{"id": 1}], "links": {"next": address}}))
    with pytest.raises(Refused):
        read(acme, NEXT_URL)
    assert len(seen) == 1


@mechanism(23)
def test_a_cursor_goes_into_the_query(acme: Acme) -> None:
    def answer(seen: Seen) -> Reply:
        last = seen.query.get("offset") == ["b"]
        return Reply(json={"data": [{"id": 2 if last else 1}], "next": "b", "hasNext": not last})

    seen = served(acme, answer)
    query = 'query: {offset: "{{ page.cursor }}", limit: 1}'
    found = read(acme, f"{{get: /people, {query}, records: data, key: id, paging: {{cursor: next, more: hasNext}}}}")
    assert found == [{"id": 1}, {"id": 2}]
    assert [one.query.get("offset") for one in seen] == [None, ["b"]]


@mechanism(23)
def test_a_cursor_goes_into_the_body(acme: Acme) -> None:
    def answer(seen: Seen) -> Reply:
        last = seen.json.get("cursor") == "b"
        return Reply(json={"results": [{"id": 2 if last else 1}], **({} if last else {"nextCursor": "b"})})

    seen = served(acme, answer, "POST")
    body = 'json: {limit: 100, cursor: "{{ page.cursor }}"}, writes: false'
    found = read(acme, f"{{post: /people.list, {body}, records: results, key: id, paging: {{cursor: nextCursor}}}}")
    assert found == [{"id": 1}, {"id": 2}]
    assert [one.json for one in seen] == [{"limit": 100}, {"limit": 100, "cursor": "b"}]


@mechanism(23)
def test_more_without_a_next_place_is_no_end_but_an_error(acme: Acme) -> None:
    served(acme, lambda _: Reply(json={"data": [{"id": 1}], "nxt": "b", "hasNext": True}))
    query = 'query: {offset: "{{ page.cursor }}"}'
    with pytest.raises(AnswerUnusable, match="there is more"):
        read(acme, f"{{get: /p, {query}, records: data, key: id, paging: {{cursor: next, more: hasNext}}}}")


def by_number(paging: str, more: str = "") -> str:
    return f'{{get: /people, query: {{page: "{{{{ page.number }}}}"}}, records: data, key: id, paging: {{{paging}}}{more}}}'


@mechanism(24)
@pytest.mark.parametrize(
    ("paging", "first", "more", "calls"),
    [
        ("number: 1, size: 3", 1, lambda page: {}, 3),
        ("number: 0, size: 3", 0, lambda page: {}, 3),
        ("number: 1, total: meta.total", 1, lambda page: {"meta": {"total": 7}}, 3),
        ("number: 0, total: meta.total", 0, lambda page: {"meta": {"total": "7"}}, 3),
        ("number: 1, pages: meta.pages", 1, lambda page: {"meta": {"pages": 3}}, 3),
        ("number: 0, pages: meta.pages", 0, lambda page: {"meta": {"pages": 3}}, 3),
        ("number: 1, more: more", 1, lambda page: {"more": page < 2}, 3),
        ("number: 1", 1, lambda page: {}, 4),
        ("number: 1, total: meta.total", 1, lambda page: {"meta": {"total": None}}, 4),
    ],
)
def test_pages_by_number_end_by_flag_total_pages_short_or_empty_page(
    acme: Acme, paging: str, first: int, more: Callable[[int], dict[str, Any]], calls: int
) -> None:
    seen = served(acme, numbered(first, 3, more))
    assert read(acme, by_number(paging)) == PEOPLE
    assert [one.query["page"] for one in seen] == [[str(first + at)] for at in range(calls)]


@mechanism(24)
def test_a_page_number_goes_into_the_body_and_204_is_an_empty_page(acme: Acme) -> None:
    def answer(seen: Seen) -> Reply:
        page = seen.json["page"]
        return Reply(204) if page == 2 else Reply(json={"data": [PEOPLE[page - 1]]})

    seen = served(acme, answer, "POST")
    found = read(
        acme,
        '{post: /search, json: {page: "{{ page.number }}"}, writes: false, records: data, key: id, empty: [204], paging: {number: 1}}',
    )
    assert found == PEOPLE[:1]
    assert [one.json for one in seen] == [{"page": 1}, {"page": 2}]


@mechanism(24)
@pytest.mark.parametrize(
    "paging", ["number: 1, total: meta.count", "number: 1, pages: meta.count", "number: 1, more: count"]
)
def test_an_end_that_the_first_answer_does_not_tell_is_an_error(acme: Acme, paging: str) -> None:
    served(acme, numbered(1, 3, lambda page: {"meta": {"counts": 7}, "counts": True}))
    with pytest.raises(AnswerUnusable, match="where the list ends is not told") as caught:
        read(acme, by_number(paging))
    assert caught.value.hint == "did you mean `counts`?"


@mechanism(24)
def test_a_flag_that_may_be_left_out_is_said_to_be(acme: Acme) -> None:
    seen = served(acme, numbered(1, 3, lambda page: {"more": True} if page < 2 else {}))
    assert read(acme, by_number("number: 1, more: more || `false`")) == PEOPLE
    assert len(seen) == 3


@mechanism(25)
@pytest.mark.parametrize(
    ("paging", "calls"), [("offset: 0", 4), ("offset: 0, size: 3", 3), ("offset: 0, total: total", 3)]
)
def test_an_offset_counts_records(acme: Acme, paging: str, calls: int) -> None:
    def answer(seen: Seen) -> Reply:
        start, count = int(seen.query["start"][0]), int(seen.query["count"][0])
        return Reply(json={"data": PEOPLE[start : start + count], "total": len(PEOPLE)})

    seen = served(acme, answer)
    query = 'query: {start: "{{ page.offset }}", count: 3}'
    assert read(acme, f"{{get: /people, {query}, records: data, key: id, paging: {{{paging}}}}}") == PEOPLE
    assert [one.query["start"] for one in seen] == [["0"], ["3"], ["6"], ["7"]][:calls]


@mechanism(26)
def test_the_page_stands_in_the_path(acme: Acme) -> None:
    def answer(seen: Seen) -> Reply:
        page = int(seen.path.rpartition("/")[2]) - 1
        return Reply(json=PEOPLE[page * 3 : (page + 1) * 3])

    seen = served(acme, answer)
    found = read(acme, '{get: "/people/page/{{ page.number }}", records: "@", key: id, paging: {number: 1, size: 3}}')
    assert found == PEOPLE
    assert [one.path for one in seen] == ["/people/page/1", "/people/page/2", "/people/page/3"]


@mechanism(27)
def test_overlapping_pages_give_each_record_once_and_a_list_that_never_ends_is_left(acme: Acme) -> None:
    pages = [[1, 2, 3], [3, 4], [4, 3], [4, 5], [5, 4], [4, 5], [9]]
    seen = served(
        acme, lambda one: Reply(json={"data": [{"id": key} for key in pages[int(one.query["page"][0]) - 1]]})
    )
    found = read(acme, by_number("number: 1, stop_without_new: 2"))
    assert [record["id"] for record in found] == [1, 2, 3, 4, 5]
    assert len(seen) == 6


@mechanism(27)
def test_a_cap_on_pages_ends_any_list(acme: Acme) -> None:
    seen = served(acme, lambda one: Reply(json={"data": [{"id": int(one.query["page"][0])}], "total": 999}))
    assert len(read(acme, by_number("number: 1, max_pages: 5, total: total"))) == 5
    assert len(seen) == 5


# ── 28: ids, then each ───────────────────────────────────────────────────────────────────────────────────────────

IDS = """
    operations:
      list_people:
        get: /people/ids
        query: {page: "{{ page.number }}"}
        records: ids
        paging: {number: 1, size: 4}
        fetch: {operation: get_people, batch: 3}
      get_people: {get: /people, query: {ids: "{{ ids | join(',') }}"}, records: people, key: id}
"""


@mechanism(28)
def test_a_list_of_ids_is_read_in_batches_each_id_once(acme: Acme) -> None:
    pages = [[1, 2, 3, 4], [4, 5]]
    acme.server.on("GET", "/people/ids", lambda seen: Reply(json={"ids": pages[int(seen.query["page"][0]) - 1]}))
    acme.server.on(
        "GET",
        "/people",
        lambda seen: Reply(json={"people": [{"id": int(one)} for one in seen.query["ids"][0].split(",")]}),
    )
    assert acme.caller(IDS).records("list_people", {}) == PEOPLE[:5]
    assert [seen.query["ids"] for seen in acme.server.seen("/people")] == [["1,2,3"], ["4"], ["5"]]


ONE_BY_ONE = """
    operations:
      list_people:
        post: /search
        json: {job: "{{ job.id }}"}
        writes: false
        records: results
        key: self.id
        fetch: {operation: get_person}
      get_person: {get: "/people/{{ id }}", record: person}
"""


@mechanism(28)
def test_records_that_name_an_id_are_read_one_by_one_and_one_that_is_gone_is_left_out(acme: Acme) -> None:
    acme.server.on(
        "POST",
        "/search",
        Reply(json={"results": [{"self": {"id": "a/1"}}, {"self": {"id": 2}}, {"self": {"id": 3}}]}),
    )
    acme.server.on("GET", "/people/a%2F1", Reply(json={"person": {"id": "a/1"}}))
    acme.server.on("GET", "/people/2", Reply(404)).on("GET", "/people/3", Reply(json={"person": {"id": 3}}))
    caller = acme.caller(ONE_BY_ONE)
    assert caller.records("list_people", {"job": {"id": 5}}) == [{"id": "a/1"}, {"id": 3}]
    assert acme.server.requests[0].json == {"job": 5}


@mechanism(28)
def test_a_list_whose_records_are_no_ids_is_an_error(acme: Acme) -> None:
    acme.server.on("GET", "/people/ids", Reply(json={"ids": [{"id": 1}]}))
    with pytest.raises(AnswerUnusable, match="no id"):
        acme.caller(IDS).records("list_people", {})


@mechanism(28)
def test_a_batch_that_would_always_be_the_same_is_a_mistake() -> None:
    found = examined(IDS.replace("ids: \"{{ ids | join(',') }}\"", "all: true"))[1]
    assert [(one.code, one.message.partition(":")[0]) for one in found] == [
        ("ids-unused", "no template of `get_people` uses ids")
    ]


def test_another_object_s_id_does_not_count_as_the_id_that_is_read() -> None:
    found = examined(ONE_BY_ONE.replace("{{ id }}", "{{ candidate.id }}"))[1]
    assert [one.code for one in found] == ["ids-unused"]


def test_what_counts_pages_has_no_meaning_with_a_cursor() -> None:
    cursor = '{get: /p, query: {c: "{{ page.cursor }}"}, records: d, paging: {cursor: next, size: 5}}'
    found = examined(f"operations:\n  list_people: {cursor}\n")[1]
    assert [one.code for one in found] == ["misplaced"]
