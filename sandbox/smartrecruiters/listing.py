"""``GET /candidates``: filters and cursor pages over people with at least one application (facts, 2.5 and 3.1)."""

from __future__ import annotations

import base64
from bisect import bisect_right
from itertools import islice
from typing import TYPE_CHECKING, Any

from sandbox.smartrecruiters import shapes
from sandbox.smartrecruiters.wire import Answer, ApiError, Request, next_link, ok

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.smartrecruiters.records import Candidate
    from sandbox.smartrecruiters.tenant import Tenant

_SIZES = (
    ("FIELDS", ("propertyId", "propertyValueId")),
    ("SOURCES", ("sourceType", "sourceValueId")),
    ("SCREENING_QUESTIONS", ("questionCategory", "questionFieldId", "questionFieldValueId")),
)


def page_id(kind: str, number: int, total: int = 0) -> str:
    """An opaque cursor: what it continues, after which record, and the total that the first page found."""
    return base64.urlsafe_b64encode(f"{kind}:{number}:{total}".encode()).decode()


def cursor(request: Request, kind: str, name: str = "pageId") -> tuple[int, int]:
    """(record number, total) of the cursor, (0, 0) without one. Raises ApiError 400 INVALID_PAGE_ID."""
    text = request.one(name)
    if not text:
        return 0, 0
    try:
        found, number, total = base64.b64decode(text, altchars=b"-_", validate=True).decode("ascii").split(":")
    except ValueError:
        found, number, total = "", "", ""
    if found != kind or not (number + total).isdecimal() or not number or len(number + total) > 24:
        raise ApiError(400, "INVALID_PAGE_ID", "Invalid page id")
    return int(number), int(total or 0)


def after(request: Request, kind: str, name: str = "pageId") -> int:
    """The record number that the cursor names, 0 without one. Raises ApiError 400 INVALID_PAGE_ID."""
    return cursor(request, kind, name)[0]


def candidates(tenant: Tenant, request: Request) -> Answer:
    """One page, in the order of creation; ``offset`` is no longer a parameter and is ignored."""
    limit = request.whole_number("limit", 10, 1, 100)
    start, total = cursor(request, "candidates")
    tests = _tests(tenant, request)
    page = list(islice(_matching(tenant, tests, start), limit + 1))
    if not start:
        total = sum(1 for _ in _matching(tenant, tests, 0))
    more = len(page) > limit
    shown = [shapes.listed_candidate(tenant, item, moment, request.base_url) for item, moment in page[:limit]]
    body: dict[str, Any] = {"limit": limit, "offset": 0, "totalFound": total, "content": shown}
    headers = {}
    if more:
        body["nextPageId"] = page_id("candidates", page[limit - 1][0].number, total)
        headers["link"] = next_link("/candidates", request.query, body["nextPageId"])
    elif tenant.switches.end_of_cursor == "null":
        body["nextPageId"] = None
    return ok(body, headers=headers)


def _matching(
    tenant: Tenant, tests: list[Callable[[Candidate, float], bool]], start: int
) -> Iterator[tuple[Candidate, float]]:
    """The candidates after number ``start`` that the list shows, each with its shown ``updatedOn``."""
    first = bisect_right(tenant.roster, start, key=lambda candidate: candidate.number)
    for candidate in islice(tenant.roster, first, None):
        if not candidate.applications or tenant.is_denied(candidate.id):
            continue
        updated_at = tenant.shown_updated_at(candidate)
        if updated_at is not None and all(test(candidate, updated_at) for test in tests):
            yield candidate, updated_at


def _tests(tenant: Tenant, request: Request) -> list[Callable[[Candidate, float], bool]]:
    """The filters of the query; all must hold."""
    for name, together in _SIZES:
        if len({len(request.query.get(key, [])) for key in together}) > 1:
            raise ApiError(400, f"{name}_CRITERIA_SIZE_VIOLATED", f"{', '.join(together)} must come in equal numbers")
    tests: list[Callable[[Candidate, float], bool]] = []
    _by_time(tenant, request, tests)
    _by_standing(request, tests)
    _by_profile(request, tests)
    return tests


def _by_time(tenant: Tenant, request: Request, tests: list[Callable[[Candidate, float], bool]]) -> None:
    since = request.moment("updatedAfter")
    if since is None:
        return
    # Timestamps are shown in milliseconds; comparing finer would drop a candidate at its own updatedOn.
    edge = round(since * 1000)
    if tenant.switches.updated_after == "inclusive":
        tests.append(lambda _candidate, updated_at: int(updated_at * 1000) >= edge)
    else:
        tests.append(lambda _candidate, updated_at: int(updated_at * 1000) > edge)


def _by_standing(request: Request, tests: list[Callable[[Candidate, float], bool]]) -> None:
    statuses, sub_status = set(request.query.get("status", [])), request.one("subStatus")
    jobs = set(request.query.get("jobId", []))
    if sub_status and not statuses:
        raise ApiError(400, "BAD_REQUEST", "subStatus needs status")
    if jobs:
        tests.append(lambda candidate, _: not jobs.isdisjoint(candidate.applications))
    if statuses:
        tests.append(lambda candidate, _: any(item.status in statuses for item in candidate.applications.values()))
    if sub_status:
        tests.append(
            lambda candidate, _: any(item.sub_status == sub_status for item in candidate.applications.values())
        )
    pairs = list(zip(request.query.get("propertyId", []), request.query.get("propertyValueId", []), strict=True))
    if pairs:
        tests.append(
            lambda candidate, _: any(
                all(item.values.get(key) == value for key, value in pairs) for item in candidate.applications.values()
            )
        )


def _by_profile(request: Request, tests: list[Callable[[Candidate, float], bool]]) -> None:
    tags, wanted = set(request.query.get("tag", [])), request.one("q").strip().lower()
    if tags:
        tests.append(lambda candidate, _: not tags.isdisjoint(candidate.tags))
    if not wanted:
        return
    if wanted.startswith('"') and wanted.endswith('"'):
        phrase = wanted.strip('"')
        tests.append(lambda candidate, _: phrase in _searched(candidate))
    else:
        words = wanted.replace("@", " ").split()
        tests.append(lambda candidate, _: any(word in _searched(candidate) for word in words))


def _searched(candidate: Candidate) -> str:
    return f"{candidate.name} {candidate.profile['email']}".lower()
