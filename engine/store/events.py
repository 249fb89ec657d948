"""What the inbox gives out: accepted, stored and claimed events, made from its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from sqlalchemy import Row

from engine.model import Json, Outcome, OutcomeKind, RawEvent, Source
from engine.store.codec import decoded

EventState = Literal["received", "ready", "leased", "planned", "finished"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The id under which an event is stored. ``new`` is False when it was there already."""

    id: str
    new: bool


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as the inbox knows it.

    ``attempts`` counts executions, each before it ran. ``unfinished`` counts those in a row, this one included,
    of which no worker reported an end: a value over 1 means that workers died or hung on it.
    ``parent_id`` names the event it was split from; such an event has a canonical form and no raw body.
    """

    id: str
    connection: str
    source: Source
    key: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    received_at: float
    state: EventState
    subject: str | None
    canonical: Mapping[str, Json] | None = field(repr=False)
    due_at: float | None
    attempts: int
    unfinished: int
    lease_until: float | None
    token: int | None
    outcome: Outcome | None
    finished_at: float | None
    manifest_hash: str | None
    bulk: bool
    parent_id: str | None
    candidate_id: str | None
    why: str | None

    @property
    def raw(self) -> RawEvent:
        return RawEvent(self.connection, self.source, self.key, self.headers, self.body, self.received_at)


@dataclass(frozen=True, slots=True)
class Claim:
    """The events of one subject under one lease, oldest first. ``token`` fences: older tokens settle nothing."""

    events: tuple[StoredEvent, ...]
    token: int
    connection: str
    subject: str

    @property
    def unfinished(self) -> int:
        """The most of any of its events."""
        return max((event.unfinished for event in self.events), default=0)

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(event.id for event in self.events)


StoredEvents = list[StoredEvent]


def event_from(row: Row[Any]) -> StoredEvent:
    """The event of a whole row of the inbox."""
    values = dict(row._mapping)
    kind = values.pop("outcome")
    values["headers"] = decoded(values["headers"])
    values["canonical"] = decoded(values["canonical"])
    values["body"] = bytes(values["body"])
    outcome = Outcome(OutcomeKind(kind), cast(str, values["why"] or "")) if kind else None
    return StoredEvent(outcome=outcome, **values)
