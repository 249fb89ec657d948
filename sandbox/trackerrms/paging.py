"""Pages that cannot be trusted, as several authors met them (TrackerRMS facts, A4, paging).

In: all rows and what the caller asked for. Out: one ``Page``: ten rows whatever was asked, in an order of its own,
repeating some of the page before, and past the end nothing, or the last page again for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sandbox.trackerrms.switches import TrackerSwitches

LARGEST_PAGE = 100


class Row(Protocol):
    @property
    def id(self) -> int: ...


Kept = TypeVar("Kept", bound=Row)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one page, numbered from 1; ``total`` counts all rows, ``size`` is what was really used."""

    rows: list[Any]
    total: int
    number: int
    size: int
    has_next: bool


def arranged(rows: Iterable[Kept], switches: TrackerSwitches) -> list[Kept]:
    """``rows`` in the order of the switch: by id, or a scrambled one that stays the same for the same ids."""
    if switches.order == "id":
        return sorted(rows, key=lambda row: row.id)
    return sorted(rows, key=lambda row: (row.id * 7919 % 1013, row.id))


def page(rows: Sequence[Any], asked: Mapping[str, Any], switches: TrackerSwitches, *, forever: bool) -> Page:
    """The page that ``asked`` (pageNumber, pageSize) gets; ``forever`` repeats the last page past the end."""
    size = switches.page_size or min(max(_number(asked.get("pageSize"), 10), 1), LARGEST_PAGE)
    step = max(1, size - max(0, switches.page_overlap))
    last = max(1, -(-max(0, len(rows) - (size - step)) // step))
    number = max(1, _number(asked.get("pageNumber"), 1))
    at = min(number, last) if forever else number
    start = (at - 1) * step
    shown = list(rows[start : start + size]) if at <= last else []
    return Page(shown, len(rows), number, size, forever or number < last)


def _number(value: Any, default: int) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return default
