"""A record of a list in, raw events out: what polling and backfill have in common. Pure.

An event says which stream, which canonical type, which ids and which version; nothing of the person.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.clock import parse_iso
from engine.errors import AnswerUnusable, ExpressionError
from engine.manifest.connection import Connection
from engine.manifest.language.expressions import Path
from engine.manifest.model import PollStream, Sync
from engine.manifest.presence import missing
from engine.model import Json, RawEvent, Source

_NEEDED = ("candidate", "job")
_MILLISECONDS = 1e11
"""From here on a number cannot be seconds: they would count to the year 5138."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a record: the ids it names, its version, its record's watermark (UTC s) if it has one, its data."""

    ids: Mapping[str, str]
    version: str
    watermark: float | None
    data: Mapping[str, Json]

    @property
    def place(self) -> str:
        """What it is about, whatever its version."""
        return ":".join(self.ids.get(name, "") for name in ("candidate", "job", "application"))


class Listing:
    """How one stream's records are read."""

    def __init__(self, connection: Connection, stream: PollStream) -> None:
        self.connection, self.stream = connection, stream
        operation = connection.manifest.operations[stream.operation]
        self.knows_since = operation.request.reads("since")

    def items(self, record: Json) -> Iterator[Item | None]:
        """The items of ``record``; None for each that names nothing to work on."""
        watermark = self.watermark(record)
        for item in self._each(record):
            yield self._item({"record": record, "item": item}, watermark)

    def watermark(self, record: Json) -> float | None:
        """The moment ``record`` was last changed, UTC s; None where it says nothing that can be understood."""
        return _moment(_evaluated(self.stream.watermark, {"record": record, "item": None}))

    def sync_token(self, sync: Sync, body: Json) -> Json:
        """The token in the last page's answer. Raises AnswerUnusable where there is none."""
        found = _evaluated(sync.token, body)
        if found is None or isinstance(found, (bool, dict, list)) or found == "":
            lack = missing(sync.token, body)
            where = lack.message if lack else f"no text stands at `{sync.token.text}`"
            told = f"{self.stream.operation}: the last page's answer holds no sync token"
            raise AnswerUnusable(f"{told}: {where}", hint=lack.hint if lack else None)
        return found

    def event(self, item: Item, source: Source, now: float) -> RawEvent:
        """The raw event of ``item``; its key is the same whether it was polled or read in a backfill."""
        body: dict[str, Json] = {
            "stream": self.stream.name,
            "event": self.stream.event.value,
            "ids": dict(item.ids),
            "version": item.version,
        }
        if item.data:
            body["data"] = dict(item.data)
        return RawEvent(
            connection=self.connection.name,
            source=source,
            key=f"{self.stream.name}:{item.place}:{item.version}",
            headers={},
            body=json.dumps(body, separators=(",", ":")).encode(),
            received_at=now,
        )

    def _each(self, record: Json) -> list[Json]:
        if self.stream.each is None:
            return [None]
        found = _evaluated(self.stream.each, record)
        return found if isinstance(found, list) else [] if found is None else [found]

    def _item(self, context: dict[str, Json], watermark: float | None) -> Item | None:
        read = {name: _id_text(_evaluated(path, context)) for name, path in self.stream.ids.items()}
        ids = {name: text for name, text in read.items() if text is not None}
        if not ids or any(name in read and name not in ids for name in _NEEDED):
            return None
        version = _id_text(_evaluated(self.stream.version, context))
        data = {name: _evaluated(path, context) for name, path in self.stream.data.items()}
        return Item(ids, version or _content_hash(context["record"]), watermark, data)


def _evaluated(path: Path | None, data: Json) -> Json:
    if path is None:
        return None
    try:
        return path(data)
    except ExpressionError:
        return None


def _moment(value: Json) -> float | None:
    """UTC seconds of an ISO 8601 text, or of a number of seconds or milliseconds since the epoch."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value / 1000 if abs(value) >= _MILLISECONDS else float(value)
    if not isinstance(value, str):
        return None
    try:
        return parse_iso(value.strip())
    except (ValueError, OverflowError):
        return None


def _id_text(value: Json) -> str | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    return str(value).strip() or None


def _content_hash(record: Json) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
