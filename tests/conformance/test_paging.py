"""Mechanisms 21–28: every kind of paging to its end, over real HTTP, from a manifest's text."""

from __future__ import annotations

from tests.conformance.acme import ORIGIN, Acme
from tests.conformance.mechanisms import mechanism
from tests.fake_server import Reply, Seen


@mechanism(21)
def test_the_link_header_is_followed_as_it_stands_without_the_first_pages_parameters(acme: Acme) -> None:
    def answer(seen: Seen) -> Reply:
        if "cursor" in seen.query:
            return Reply(json=[{"id": 2}])
        return Reply(json=[{"id": 1}], headers={"Link": f'<{ORIGIN}/people?cursor=b>; rel="next"'})

    acme.server.on("GET", "/people", answer)
    caller = acme.caller("""
        operations:
          list_people: {get: /people, query: {per_page: 500}, records: "@", key: id, paging: {link: true}}
    """)
    assert caller.records("list_people", {}) == [{"id": 1}, {"id": 2}]
    assert [seen.query for seen in acme.server.requests] == [{"per_page": ["500"]}, {"cursor": ["b"]}]
