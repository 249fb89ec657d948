"""``/dead-letters`` and ``/held``: writes that were given up, and writes that wait for a person."""

from __future__ import annotations

from engine.clock import iso
from engine.errors import InputError
from engine.model import Json
from engine.store import Delivery
from engine.web.api.declared import ID, PAGE, TENANT, Asked, Endpoint, NotFound, page_of


def endpoints() -> list[Endpoint]:
    """The routes of this resource."""
    dead = "Writes that were given up, newest first."
    return [
        Endpoint("GET", "/dead-letters", "viewer", dead, _dead, (TENANT, *PAGE)),
        Endpoint("GET", "/dead-letters/{id}", "viewer", "Why one write was given up.", _dead_one, (ID,)),
        Endpoint("GET", "/held", "viewer", "Writes that wait for a person, newest first.", _held, (TENANT, *PAGE)),
    ]


def _dead(asked: Asked) -> Json:
    return _page("dead_letters", "dead", asked)


def _held(asked: Asked) -> Json:
    return _page("held", "held", asked)


def _page(name: str, state: str, asked: Asked) -> Json:
    found = asked.browse.deliveries(asked.text("tenant"), state, behind=asked.behind, limit=asked.limit)
    last = (found[-1].created_at, found[-1].id) if found else None
    return page_of(name, [_told(delivery) for delivery in found], last, asked.limit)


def _dead_one(asked: Asked) -> Json:
    try:
        delivery = asked.browse.delivery(asked.values["id"])
    except InputError:
        raise NotFound from None
    if delivery.state != "dead" or delivery.route is not None:
        raise NotFound
    return _told(delivery)


def _told(delivery: Delivery) -> dict[str, Json]:
    return {
        "id": delivery.id,
        "event": delivery.event_id,
        "tenant": delivery.connection,
        "subject": delivery.subject,
        "place": delivery.place,
        "operation": delivery.operation,
        "outputs": _outputs(delivery),
        "attempts": delivery.attempts,
        "cause": delivery.last_cause,
        "created_at": iso(delivery.created_at),
        "settled_at": iso(delivery.settled_at) if delivery.settled_at is not None else None,
    }


def _outputs(delivery: Delivery) -> list[str]:
    # An erased payload holds nothing.
    planned = delivery.payload.get("planned") or {}
    return sorted({str(write["output"]) for write in planned.get("writes", ())})
