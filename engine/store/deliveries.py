"""What the outbox takes in and gives out: a delivery is one request to be made, with all it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Row

from engine.model import Json
from engine.store.codec import decoded, encoded

DeliveryState = Literal["pending", "leased", "held", "delivered", "moved", "dead"]
"""``held``: not settled, and not to go out before a person has said where to."""

OPEN = ("pending", "leased", "held")
"""The states of what is not settled."""

Settled = Literal["delivered", "moved", "dead"]


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A delivery to be stored. ``marker`` is the text by which our own write is recognised at the other side.

    ``held`` says why it waits for a person; empty where it may go out. ``manifest_hash`` names the mapping by which
    it is sent, ``route`` the other system that it is for.
    """

    connection: str
    subject: str
    candidate_id: str
    job_id: str | None
    place: str
    operation: str
    payload: Mapping[str, Json] = field(repr=False)
    marker: str = ""
    held: str = ""
    manifest_hash: str | None = None
    route: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A stored delivery.

    ``attempts`` counts claims, each before it ran; ``unfinished`` those in a row, this one included, of which no
    worker could tell how they ended.
    ``sent`` says that an earlier attempt may have been applied without us knowing: look before sending again.
    """

    id: str
    event_id: str
    connection: str
    subject: str
    candidate_id: str
    job_id: str | None
    route: str | None
    manifest_hash: str | None
    bulk: bool
    place: str
    operation: str
    payload: Mapping[str, Json] = field(repr=False)
    marker: str
    state: DeliveryState
    attempts: int
    unfinished: int
    next_at: float
    lease_until: float | None
    token: int
    sent: bool
    last_cause: str
    created_at: float
    settled_at: float | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where new deliveries of an event stand: their turn, whether in bulk, not due before ``not_before`` (UTC s)."""

    event_id: str
    turn: int
    bulk: bool
    not_before: float = 0.0


Deliveries = list[Delivery]


def delivery_from(row: Row[Any]) -> Delivery:
    """The delivery of a whole row of the outbox. A token of 0 means: never claimed."""
    values = dict(row._mapping)
    del values["turn"]
    values["payload"] = decoded(values["payload"])
    values["token"] = values["token"] or 0
    return Delivery(**values)


def row_of(new: NewDelivery, id: str, place: Place, now: float) -> dict[str, Any]:
    """The row of a new delivery, to be tried at once, or when its place allows it."""
    return {
        "id": id,
        "event_id": place.event_id,
        "connection": new.connection,
        "subject": new.subject,
        "candidate_id": new.candidate_id,
        "job_id": new.job_id,
        "manifest_hash": new.manifest_hash,
        "route": new.route,
        "place": new.place,
        "operation": new.operation,
        "payload": encoded(new.payload),
        "marker": new.marker,
        "state": "held" if new.held else "pending",
        "turn": place.turn,
        "bulk": place.bulk,
        "attempts": 0,
        "next_at": max(place.not_before, now),
        "sent": False,
        "last_cause": new.held,
        "created_at": now,
    }
