"""The first records of a list and a stream's rule in, nothing out: or AnswerUnusable where a path leads nowhere.

A misspelt path gives null, and with it no event, or no watermark, and nobody would be told. So a path that gives null
for every record, while none of them has its key, is an error. Null at a key that is there is an answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.errors import AnswerUnusable, ExpressionError
from engine.manifest.language.expressions import Path
from engine.manifest.model import PollStream
from engine.manifest.presence import Missing, missing
from engine.model import Json


def check_present(stream: PollStream, records: Sequence[Json]) -> None:
    """Raises AnswerUnusable with the path, what stands there instead and the nearest key; no data in it."""
    if stream.each is not None:
        _check(stream, "each", stream.each, records)
    contexts = [{"record": record, "item": item} for record in records for item in _items(stream, record)]
    for what, path in _paths(stream):
        _check(stream, what, path, contexts)


def _paths(stream: PollStream) -> Iterator[tuple[str, Path]]:
    yield from ((f"ids.{name}", path) for name, path in stream.ids.items())
    yield from ((what, path) for what in ("version", "watermark") if (path := getattr(stream, what)) is not None)


def _items(stream: PollStream, record: Json) -> list[Json]:
    if stream.each is None:
        return [None]
    found = _evaluated(stream.each, record)
    return found if isinstance(found, list) else [] if found is None else [found]


def _check(stream: PollStream, what: str, path: Path, data: Sequence[Json]) -> None:
    lack: Missing | None = None
    for one in data:
        if _evaluated(path, one) is not None:
            return
        lack = missing(path, one)
        if lack is None:
            return
    if lack is not None:
        told = f"{stream.operation}: `{what}` of the stream `{stream.name}` finds nothing in any record"
        raise AnswerUnusable(f"{told}: {lack.message}", hint=lack.hint)


def _evaluated(path: Path, data: Json) -> Json:
    try:
        return path(data)
    except ExpressionError:
        return None
