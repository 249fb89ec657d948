"""A way to fetch a page in, the pages of an operation out: only new records, and an end in any case.

Fetching is given from outside (``Fetch``), so nothing here does I/O. What ends the reading is said on the last
page: the ATS (no next page, no more, an empty page) or a guard against an ATS that would never end.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from connectors.messages import Answer
from engine.errors import AnswerUnusable
from engine.manifest.language.expressions import Path
from engine.manifest.model import Operation, Paging
from engine.manifest.presence import missing, shape_of
from engine.model import Json

Fetch = Callable[[Mapping[str, Json], str | None], Answer]
"""What templates see as ``page`` and, where an address is followed instead, the address in; the answer out."""

_LINK = re.compile(r"<([^>]*)>([^<]*)")
_NEXT = re.compile(r"""\brel\s*=\s*(?:"[^"]*\bnext\b[^"]*"|next\b)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """One page's new records. ``number`` counts from 1; ``end`` says why it is the last, None where it is not.

    ``body`` is the answer as JSON, for what stands in it beside the records.
    """

    records: list[Json] = field(repr=False)
    number: int
    end: str | None = None
    body: Json = field(default=None, repr=False)


@dataclass(slots=True)
class _Place:
    """Where the reading stands, as the request's templates see it; ``read`` counts the records so far."""

    page: dict[str, Json]
    link: str | None = None
    read: int = 0


def pages(operation: Operation, fetch: Fetch) -> Iterator[Page]:
    """The pages of ``operation``, one by one. Raises AnswerUnusable, and what ``fetch`` raises."""
    paging = operation.paging
    if paging is None:
        only = fetch({}, None)
        yield Page(records_of(operation, only, is_first=True), 1, "it is the only page", only.body)
        return
    place: _Place | None = _Place(first_page(paging))
    news = _News(operation.key, paging)
    for number in range(1, paging.max_pages + 1):
        assert place is not None
        answer = fetch(place.page, place.link)
        found = records_of(operation, answer, is_first=number == 1)
        if number == 1 and found:
            _check_told(operation, paging, answer)
        fresh = news.of(found, answer.data)
        place.read += len(fresh)
        end = news.end or _counted_out(paging, place, answer, len(found))
        end = end or _following(operation, paging, place, answer, len(found))
        if end is None and not news.goes_on(place):
            end = "the place of the next page was given before"
        if end is None and number == paging.max_pages:
            end = f"{number:,} pages are as many as are read"
        yield Page(fresh, number, end, answer.body)
        if end is not None:
            return


def first_page(paging: Paging | None) -> dict[str, Json]:
    """What the templates of the first page's request see as ``page``."""
    return {"number": paging.start, "offset": paging.start} if paging is not None else {}


def _counted_out(paging: Paging, place: _Place, answer: Answer, count: int) -> str | None:
    """Why the page is the last by what is counted, if so."""
    if paging.size is not None and count < paging.size:
        return "the page is not full"
    total = _whole(paging.total(answer.body)) if paging.total is not None else None
    if total is not None and place.read >= total:
        return "as many records came as there are"
    pages = _whole(paging.pages(answer.body)) if paging.pages is not None else None
    if pages is not None and place.page["number"] - paging.start + 1 >= pages:
        return "as many pages came as there are"
    return None


def _whole(value: Json) -> int | None:
    """A whole number, also one that is written as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:18])
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _following(operation: Operation, paging: Paging, place: _Place, answer: Answer, count: int) -> str | None:
    """Moves ``place`` to the next page; gives why there is none, if so. Raises AnswerUnusable."""
    if paging.more is not None and not paging.more(answer.body):
        return "the answer says there is no more"
    if paging.kind == "number":
        place.page = {**place.page, "number": place.page["number"] + 1}
        return None
    if paging.kind == "offset":
        place.page = {**place.page, "offset": place.page["offset"] + count}
        return None
    found = _next(paging, answer)
    if found is None:
        if paging.more is not None:
            where = f"`{paging.source.text}`" if paging.source is not None else "the Link header"
            raise AnswerUnusable(f"{operation.name}: there is more, as the answer says, but nothing at {where}")
        return "there is no next link" if paging.kind == "link" else "there is no next page"
    if paging.kind == "cursor":
        place.page = {**place.page, "cursor": found}
    else:
        place.link = str(found)
    return None


def _next(paging: Paging, answer: Answer) -> Json | None:
    """What the answer says of the next page: its address or its cursor."""
    if paging.source is None:
        return next_link(answer.headers.get("link", ""))
    found = paging.source(answer.body)
    return None if found == "" or isinstance(found, (bool, dict, list)) else found


def next_link(header: str) -> str | None:
    """The address with ``rel=next`` of a ``Link`` header."""
    return next((found[1] for found in _LINK.finditer(header) if _NEXT.search(found[2])), None)


class _News:
    """Which records are new, and whether a list still brings any."""

    def __init__(self, key: Path | None, paging: Paging) -> None:
        self._key, self._paging = key, paging
        self._seen: set[Json] = set()
        self._places: set[str] = set()
        self._stale = 0
        self._last_page = b""
        self.end: str | None = None

    def of(self, found: list[Json], data: bytes) -> list[Json]:
        """The new ones of ``found``; sets ``end`` when the reading should not go on."""
        fresh = self._by_key(found) if self._key is not None else self._by_page(found, data)
        self._stale = 0 if fresh else self._stale + 1
        if not found:
            self.end = "the page is empty"
        elif self._stale >= self._paging.stop_without_new:
            self.end = "the page has nothing new"
        return fresh

    def _by_key(self, found: list[Json]) -> list[Json]:
        assert self._key is not None
        fresh: list[Json] = []
        for record in found:
            key = self._key(record)
            if key is None:
                # It is known by all that it holds: as new each time, it would keep a list that repeats itself going.
                key = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).digest()
            elif isinstance(key, (dict, list)):
                key = json.dumps(key, sort_keys=True)
            if key not in self._seen:
                fresh.append(record)
                self._seen.add(key)
        return fresh

    def _by_page(self, found: list[Json], data: bytes) -> list[Json]:
        digest = hashlib.sha256(data).digest()
        repeated, self._last_page = digest == self._last_page, digest
        return [] if repeated else found

    def goes_on(self, place: _Place) -> bool:
        """Whether the next page's place is one that was not visited yet."""
        where = place.link or json.dumps(place.page, sort_keys=True)
        if where in self._places:
            return False
        self._places.add(where)
        return True


def records_of(operation: Operation, answer: Answer, *, is_first: bool) -> list[Json]:
    """The list of records in ``answer``; one object that the key identifies is a list of one.

    Raises AnswerUnusable when the first answer has none where it should, or no record of it has the key.
    """
    if answer.is_empty:
        return []
    found = operation.records(answer.body) if operation.records is not None else answer.body
    if isinstance(found, list):
        if is_first and found and operation.key is not None:
            _check_key(operation, operation.key, found)
        return found
    if isinstance(found, dict) and operation.key is not None and operation.key(found) is not None:
        return [found]
    if found is None and not is_first:
        return []
    where = f"`{operation.records.text}`" if operation.records is not None else "the answer"
    what = "nothing stands" if found is None else "something other than a list stands"
    lack = missing(operation.records, answer.body) if operation.records is not None else None
    raise AnswerUnusable(
        f"{operation.name}: {what} at {where}, where the list of records should be; "
        f"the answer is {'empty' if answer.body is None else shape_of(answer.body)}",
        hint=lack.hint if lack else None,
    )


def record_of(operation: Operation, answer: Answer) -> Json | None:
    """The one record in ``answer``; null where it is null. Raises AnswerUnusable where its place is not there."""
    if answer.body is None or operation.record is None:
        return answer.body
    found = operation.record(answer.body)
    lack = missing(operation.record, answer.body) if found is None else None
    if lack is not None:
        raise AnswerUnusable(f"{operation.name}: {lack.message}", hint=lack.hint)
    return found


def _check_key(operation: Operation, key: Path, found: list[Json]) -> None:
    if all(key(record) is None for record in found):
        lack = missing(key, found[0])
        what = lack.message if lack else f"`{key.text}` is null"
        raise AnswerUnusable(
            f"{operation.name}: no record has its key: {what}", hint=lack.hint if lack else "another key is needed"
        )


def _check_told(operation: Operation, paging: Paging, answer: Answer) -> None:
    """That the first answer tells of the end what the manifest says it tells. Raises AnswerUnusable."""
    for path in (paging.more, paging.total, paging.pages):
        lack = missing(path, answer.body) if path is not None else None
        if lack is not None:
            raise AnswerUnusable(f"{operation.name}: where the list ends is not told: {lack.message}", hint=lack.hint)
