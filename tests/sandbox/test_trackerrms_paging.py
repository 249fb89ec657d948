from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.trackerrms.paging import arranged, page
from sandbox.trackerrms.switches import TrackerSwitches
from tests.sandbox.trackerrms_tenant import open_tenant


@dataclass(frozen=True)
class Row:
    id: int


@given(
    count=st.integers(0, 120),
    overlap=st.integers(0, 12),
    size=st.integers(0, 30),
    order=st.sampled_from(["scrambled", "id"]),
)
def test_following_has_next_shows_every_row(count: int, overlap: int, size: int, order: str) -> None:
    switches = TrackerSwitches({"page_overlap": overlap, "page_size": size, "order": order})
    rows = arranged((Row(key) for key in range(count)), switches)
    seen: set[int] = set()
    number, more = 1, True
    while more:
        shown = page(rows, {"pageNumber": number}, switches, forever=False)
        assert len(shown.rows) <= shown.size
        assert shown.total == count
        seen |= {row.id for row in shown.rows}
        number, more = number + 1, shown.has_next
    assert seen == set(range(count))
    assert page(rows, {"pageNumber": number}, switches, forever=False).rows == []


@given(count=st.integers(1, 60), beyond=st.integers(0, 50))
def test_a_list_that_never_ends_repeats_its_last_page(count: int, beyond: int) -> None:
    switches = TrackerSwitches()
    rows = [Row(key) for key in range(count)]
    far = page(rows, {"pageNumber": 100 + beyond}, switches, forever=True)
    assert far.rows
    assert far.rows[-1] == rows[-1]
    assert far.has_next


def test_pages_hold_ten_rows_whatever_is_asked_overlap_and_are_not_sorted() -> None:
    with open_tenant() as tenant:
        for number in range(25):
            tenant.post("Resource", {"firstName": f"Person {number}"})
        pages = [
            [
                row["resourceId"]
                for row in tenant.post("Resource/Search", {"pageSize": 50, "pageNumber": number}).json()
            ]
            for number in (1, 2, 3, 4)
        ]
        assert [len(rows) for rows in pages] == [10, 10, 9, 0]
        assert set(pages[0]) & set(pages[1])
        assert len({key for rows in pages for key in rows}) == 25
        assert pages[0] != sorted(pages[0])
        told = tenant.post("Resource/PagedSearch", {"pageNumber": 3}).json()
        assert (told["totalCount"], told["hasNextPage"]) == (25, False)


def test_page_size_can_be_switched_to_be_honoured() -> None:
    with open_tenant(page_size=0, page_overlap=0, order="id") as tenant:
        for number in range(25):
            tenant.post("Resource", {"firstName": f"Person {number}"})
        assert len(tenant.post("Resource/Search", {"pageSize": 20}).json()) == 20


@pytest.mark.parametrize(("forever", "length"), [(True, 10), (False, 0)])
def test_skills_repeat_their_last_page_for_ever_by_default(forever: bool, length: int) -> None:
    with open_tenant(metadata_last_page_forever=forever) as tenant:
        path = "MetaData/Skills/Areas/1/Skills?pageSize=100&pageNumber="
        first = tenant.get(path + "1").json()["skills"]
        assert first[0] == {"skillId": 101, "skillName": "Python"}
        assert len(tenant.get(path + "99").json()["skills"]) == length
