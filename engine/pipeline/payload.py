"""What an outbox row carries: a planned request and the event's context, as JSON and back.

The score and the settings are not copied: the score is found by its audit id, settings by the connection.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.delivery.recipe import Progress, Recipe
from engine.model import Cause, Json, Write, as_plain
from engine.store.deliveries import Delivery, NewDelivery
from engine.writeback.field_values import FieldValue
from engine.writeback.grouping import Planned

_KEPT = ("candidate", "application", "feedback", "shortlist", "prospect", "event")
_JOB_KEPT = ("id", "title", "location", "department", "status")


def delivery_of(
    planned: Planned,
    context: Mapping[str, Json],
    audit_id: str,
    *,
    connection: str,
    subject: str,
    candidate_id: str,
    job_id: str | None,
    manifest_hash: str,
    held: str = "",
) -> NewDelivery:
    """The outbox row that carries out one planned request. ``held``: why it has to wait for a person.

    ``manifest_hash`` names the mapping by which it was planned, and is to be sent.
    """
    return NewDelivery(
        connection=connection,
        subject=subject,
        candidate_id=candidate_id,
        job_id=job_id,
        place=planned.place,
        operation=planned.operation,
        payload=_payload_of(planned, context, audit_id),
        marker=planned.marker,
        held=held,
        manifest_hash=manifest_hash,
    )


def _payload_of(planned: Planned, context: Mapping[str, Json], audit_id: str) -> dict[str, Json]:
    job = context["job"]
    kept = {name: context[name] for name in _KEPT if name in context}
    return {
        "planned": as_plain(planned),
        "audit_id": audit_id,
        "context": {**kept, "job": {name: job.get(name) for name in _JOB_KEPT}},
    }


def progress_of(delivery: Delivery, recipe: Recipe) -> Progress:
    """How far a delivery came in an earlier attempt, if there was one."""
    kept = delivery.payload.get("progress")
    if kept is None:
        first = next((key for key, _, _ in recipe.calls()), None)
        return Progress(sending=first if delivery.sent else None)
    return Progress(tuple(kept["made"]), kept["captured"], kept["sending"])


def payload_with(payload: Mapping[str, Json], progress: Progress) -> dict[str, Json]:
    """The payload of a delivery that came as far as ``progress`` says."""
    return {**payload, "progress": as_plain(progress)}


def planned_of(payload: Mapping[str, Json]) -> Planned:
    """The planned request that ``delivery_of`` stored."""
    plain = payload["planned"]
    writes = tuple(
        Write(**{**write, "causes": tuple(Cause(**cause) for cause in write["causes"])}) for write in plain["writes"]
    )
    fields = tuple(FieldValue(**value) for value in plain["fields"])
    return Planned(plain["place"], plain["operation"], plain["target"], writes, plain["marker"], fields)
