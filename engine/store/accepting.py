"""Storing raw events, many at once: the step that must be durable before a 2xx, and quick.

In: RawEvents. Out: for each its id and whether it is new; duplicates share the id of the one stored first.
One statement inserts many rows: with a row per statement the driver would give up the interpreter's lock at each,
and wait for it behind a busy event loop. At most 64 rows go into one, so that few statements are ever prepared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, select, tuple_

from engine.model import RawEvent
from engine.store.codec import headers_text
from engine.store.columns import storable
from engine.store.events import Accepted
from engine.store.identity import Identity
from engine.store.schema import inbox
from engine.telemetry import metrics, tracing

_COLUMNS = ("id", "connection", "source", "key", "headers", "body", "received_at", "bulk")
_LARGEST = 256
_ROWS = 64

Row = tuple[Any, ...]
Key = tuple[str, str]


def rows_of(events: Iterable[RawEvent], identity: Identity) -> dict[Key, Row]:
    """One row for each distinct (connection, key), the first winning, in the order of arrival."""
    rows: dict[Key, Row] = {}
    for event in events:
        key = key_of(event)
        if key not in rows:
            values = (event.source, key[1], headers_text(event.headers), event.body, event.received_at)
            rows[key] = (identity.new("evt"), key[0], *values, event.source == "backfill")
    return rows


def key_of(event: RawEvent) -> Key:
    return storable(event.connection), storable(event.key)


def insert_rows(connection: Connection, rows: dict[Key, Row]) -> dict[Key, Accepted]:
    """Inserts what is not there yet, and says under which id each key is stored now."""
    inserted = sum(_insert(connection, part) for part in _parts(list(rows.values())))
    if inserted == len(rows):
        return {key: Accepted(row[0], True) for key, row in rows.items()}
    stored = _stored_ids(connection, list(rows))
    return {key: Accepted(stored[key], stored[key] == row[0]) for key, row in rows.items()}


def new_once(stored: Iterable[Accepted]) -> list[Accepted]:
    """The same answers, of which only the first of each id says that it is new."""
    told: set[str] = set()
    answers = []
    for one in stored:
        answers.append(Accepted(one.id, one.new and one.id not in told))
        told.add(one.id)
    return answers


def tell(events: Sequence[RawEvent], answers: Sequence[Accepted]) -> None:
    """Counts what was accepted, once for all that are alike."""
    counts = Counter((event.connection, event.source, one.new) for event, one in zip(events, answers, strict=True))
    for (connection, source, new), count in counts.items():
        if new:
            metrics.ACCEPTED.labels(connection, source).inc(count)
        else:
            metrics.DUPLICATES.labels(connection).inc(count)
    for event, one in zip(events, answers, strict=True):
        if one.new:
            tracing.accepted(one.id, event.connection, event.source, event.received_at)


def _insert(connection: Connection, rows: Sequence[Row]) -> int:
    statement = _statement(len(rows), "?" if connection.dialect.paramstyle == "qmark" else "%s")
    return connection.exec_driver_sql(statement, tuple(value for row in rows for value in row)).rowcount


@lru_cache(maxsize=2 * _ROWS)
def _statement(size: int, mark: str) -> str:
    row = f"({', '.join([mark] * len(_COLUMNS))})"
    return (
        f"INSERT INTO inbox ({', '.join(_COLUMNS)}) VALUES {', '.join([row] * size)}"
        " ON CONFLICT (connection, key) DO NOTHING"
    )


def _parts(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    return (rows[start : start + _ROWS] for start in range(0, len(rows), _ROWS))


def _stored_ids(connection: Connection, keys: Sequence[Key]) -> dict[Key, str]:
    stored: dict[Key, str] = {}
    for start in range(0, len(keys), _LARGEST):
        wanted = tuple_(inbox.c.connection, inbox.c.key).in_(keys[start : start + _LARGEST])
        found = connection.execute(select(inbox.c.connection, inbox.c.key, inbox.c.id).where(wanted))
        stored.update({(row.connection, row.key): row.id for row in found})
    return stored
