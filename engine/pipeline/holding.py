"""Writes that wait for a person: made when a field was renamed or removed, let go once it is told where to.

What is held is planned anew when it is let go: the field may be another one, or the output may go elsewhere now.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence

from engine.errors import FieldwrightError
from engine.model import Candidate, Json, Write
from engine.pipeline.payload import delivery_of, planned_of
from engine.pipeline.route import Route
from engine.pipeline.telling import placed_detail
from engine.store.deliveries import Delivery, NewDelivery
from engine.store.store import Store
from engine.writeback.grouping import Landed, Planned, request
from engine.writeback.known import Known
from engine.writeback.places import AlreadyThere
from engine.writeback.planner import Undeliverable, Withheld, choose

SWITCHED_OFF = "switched off by the tenant meanwhile"
"""The cause of a held delivery that ended because its output is off now."""

_log = logging.getLogger(__name__)


def withheld_request(route: Route, held: Withheld, audit_id: str) -> Planned:
    """The request of a write that is held, as far as it can be told before its field is known."""
    return request(route.connection.manifest, [Landed(held.write)], audit_id)


def known_of(route: Route, delivery: Delivery) -> Known:
    """What is known now for the application a delivery is about. Raises CallError."""
    context = delivery.payload["context"]
    return route.discovery.known(_candidate(context), delivery.subject, context)


def replacing(route: Route, delivery: Delivery, planned: Planned, held: str = "") -> NewDelivery:
    """What goes out in the place of ``delivery``, by ``route``; ``held``: why it has to wait for a person."""
    return delivery_of(
        planned,
        delivery.payload["context"],
        delivery.payload["audit_id"],
        connection=delivery.connection,
        subject=delivery.subject,
        candidate_id=delivery.candidate_id,
        job_id=delivery.job_id,
        manifest_hash=route.connection.manifest.digest,
        held=held,
    )


def release(routes: Mapping[str, Route], store: Store, only: str | None = None) -> list[str]:
    """Lets go what need not be held any more (of one connection, if given); the events it belongs to."""
    families: dict[tuple[str, str], list[Delivery]] = {}
    for delivery in store.held.list(only):
        families.setdefault((delivery.connection, _write(delivery).output), []).append(delivery)
    return [event for (name, _), held in families.items() for event in _let_go(routes.get(name), store, held)]


def _let_go(route: Route | None, store: Store, held: Sequence[Delivery]) -> Iterator[str]:
    """Those of one output. The first one shows whether all of them are held still."""
    for delivery in held:
        try:
            why = _still_held(route, store, delivery)
        except FieldwrightError as error:
            _log.info("what is held for %s cannot be looked at now: %s", delivery.connection, error.message)
            return
        if why is not None:
            store.held.explain([one.id for one in held], why)
            return
        yield delivery.event_id


def _still_held(route: Route | None, store: Store, delivery: Delivery) -> str | None:
    """Why the delivery is held still; None where it was let go or ended."""
    write = _write(delivery)
    output = route.connection.manifest.write_back.outputs.get(write.output) if route else None
    if route is None or output is None or not output.enabled:
        cause = SWITCHED_OFF if route else "the connection is not there any more"
        store.held.end(delivery.id, "moved" if route else "dead", cause)
        return None
    manifest = route.connection.manifest
    known = known_of(route, delivery)
    found = choose(manifest, write.output, write.value, known)
    if isinstance(found, Withheld):
        return found.why
    if isinstance(found, AlreadyThere):
        store.held.end(delivery.id, "moved", "it is there already")
    elif isinstance(found, Undeliverable):
        store.held.end(delivery.id, "dead", "; ".join(f"{cause.place}: {cause.why}" for cause in found.causes))
    else:
        planned = request(manifest, [found], delivery.payload["audit_id"])
        with store.transaction():
            if store.held.release(delivery.id, replacing(route, delivery, planned)):
                store.steps.add(delivery.event_id, "released", placed_detail(found.write))
                route.discovery.bind([planned], known)
    return None


def _write(delivery: Delivery) -> Write:
    return planned_of(delivery.payload).writes[0]


def _candidate(context: Mapping[str, Json]) -> Candidate:
    plain = {name: value for name, value in context["candidate"].items() if name != "name"}
    return Candidate(**{**plain, "links": tuple(plain.get("links") or ()), "tags": tuple(plain.get("tags") or ())})
