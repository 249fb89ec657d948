"""Synthetic pages of a manifest's own lists: its mapping test's answers, with records and next places of ours."""

from __future__ import annotations

import copy
import json
from typing import Any

from engine.manifest.model import Operation, Paging
from engine.rehearsal.answers import CannedAnswer
from tests.conformance.shipped import Shipped, put, take, with_value

_FEW = 2


def pages_of(subject: Shipped, operation: Operation, count: int = 3) -> tuple[list[CannedAnswer], int]:
    """The answers of ``count`` pages and an empty one behind them, and how many records they hold."""
    paging = operation.paging
    assert paging is not None
    size = paging.size or _FEW
    sizes = [size] * (count - 1) + [1 if paging.size else _FEW]
    answers, first = [], 1
    for number, held in enumerate(sizes, 1):
        records = [_record(subject, operation, key) for key in range(first, first + held)]
        first += held
        answers.append(
            _answer(subject, operation, records, None if number == count else number + 1, sum(sizes), count)
        )
    return [*answers, _answer(subject, operation, [], None, sum(sizes), count)], sum(sizes)


def _record(subject: Shipped, operation: Operation, key: int) -> Any:
    found = operation.records(subject.body(operation.name)) if operation.records is not None else []
    record = copy.deepcopy(found[0]) if isinstance(found, list) and found else {}
    if not isinstance(record, dict):
        return key
    if operation.key is None:
        return {**record, "x-number": key}
    for chain in operation.key.references:
        put(record, chain, f"k-{key}")
    return record


def _answer(
    subject: Shipped, operation: Operation, records: list[Any], following: int | None, total: int, count: int
) -> CannedAnswer:
    paging = operation.paging
    assert paging is not None
    sample, chains = subject.body(operation.name), operation.records.references if operation.records else ()
    if not chains or isinstance(sample, list):
        body: Any = records
    else:
        body = copy.deepcopy(sample)
        for chain in chains:
            take(body, chain)
        put(body, next((chain for chain in chains if _is_in(sample, chain)), chains[0]), records)
        body = _placed(body, paging, following, total, count)
    headers = {"content-type": "application/json"}
    if paging.kind == "link" and following is not None:
        headers["link"] = f'<?following={following}>; rel="next"'
    return CannedAnswer(None, headers, json.dumps(body).encode())


def _is_in(data: Any, chain: tuple[str, ...]) -> bool:
    for key in chain:
        if not isinstance(data, dict) or key not in data:
            return False
        data = data[key]
    return True


def _placed(body: Any, paging: Paging, following: int | None, total: int, count: int) -> Any:
    """``body`` with what leads on: the next place, whether there is more, how many there are."""
    for path, value in ((paging.total, total), (paging.pages, count)):
        if path is not None:
            body = with_value(body, path, [value]) or body
    if paging.source is not None:
        for chain in paging.source.references[:1]:
            take(body, chain)
            if following is not None:
                put(body, chain, f"?following={following}" if paging.kind == "next_url" else f"c-{following}")
    if paging.more is not None:
        wanted = [True] if following is not None else [False, None]
        body = with_value(body, paging.more, wanted) or body
    return body
