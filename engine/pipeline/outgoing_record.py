"""The record of an application that other systems get: ids, job, score with its reasons, where each output went.

``include`` names the personal data that is in it: ``name``, ``contact``, ``reasons`` (their texts, which tell of a
person's past), ``quotes`` (of the résumé), ``comments`` (what a manager wrote).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from engine.clock import iso
from engine.model import Json, Outcome, Reason
from engine.pipeline.payload import planned_of
from engine.store.deliveries import Delivery
from engine.store.events import StoredEvent
from engine.store.scores import StoredScore
from engine.store.store import Store

_MOST_REASONS = 20


def erased_record(event: StoredEvent, outcome: Outcome) -> dict[str, Json]:
    """What is told of somebody who was erased: whom it is about, and no more."""
    return {
        "tenant": event.connection,
        "event_id": event.id,
        "event": None,
        "ids": {"candidate": _ids(event, None)["candidate"], "job": None, "application": None},
        "received_at": iso(event.received_at),
        "outcome": {"kind": outcome.kind.value, "why": outcome.why},
        "outputs": [],
    }


def record_of(
    store: Store, event: StoredEvent, outcome: Outcome, score: StoredScore | None, include: Collection[str]
) -> dict[str, Json]:
    """What is told of ``event``, which ended as ``outcome``."""
    canonical, deliveries = event.canonical or {}, store.outbox.of_event(event.id)
    record: dict[str, Json] = {
        "tenant": event.connection,
        "event_id": event.id,
        "event": canonical.get("type"),
        "ids": _ids(event, score),
        "received_at": iso(event.received_at),
        "outcome": {"kind": outcome.kind.value, "why": outcome.why},
        "outputs": [one for delivery in deliveries for one in _outputs(delivery)],
    }
    context: Mapping[str, Json] = next((one.payload["context"] for one in deliveries if "context" in one.payload), {})
    if context.get("job"):
        record["job"] = {name: context["job"].get(name) for name in ("id", "title")}
    if score is not None:
        record["score"] = _score(score, include)
    person = _person(context.get("candidate") or {}, include)
    if person:
        record["candidate"] = person
    feedback = (canonical.get("data") or {}).get("feedback")
    if feedback:
        kept = {"verdict", "at"} | ({"comment", "by"} if "comments" in include else set())
        record["feedback"] = {name: value for name, value in feedback.items() if name in kept}
    return record


def _ids(event: StoredEvent, score: StoredScore | None) -> dict[str, Json]:
    said = (event.canonical or {}).get("ids") or {}
    found = {name: said.get(name) for name in ("candidate", "job", "application")}
    found["candidate"] = found["candidate"] or event.candidate_id or (score.candidate_id if score else None)
    found["job"] = found["job"] or (score.job_id if score else None)
    return found


def _score(stored: StoredScore, include: Collection[str]) -> dict[str, Json]:
    score = stored.score
    return {
        "match": score.match,
        "audit_id": stored.audit_id,
        "scorer": score.scorer,
        "at": iso(stored.at),
        "problem": score.problem or None,
        "reasons": [_reason(one, include) for one in _first(score.reasons)],
    }


def _first(reasons: Sequence[Reason]) -> Sequence[Reason]:
    return reasons[:_MOST_REASONS]


def _reason(reason: Reason, include: Collection[str]) -> dict[str, Json]:
    told: dict[str, Json] = {"signal": reason.signal, "points": reason.points}
    if "reasons" in include:
        told["text"] = reason.text
    if "quotes" in include:
        told["quote"] = reason.quote
    return told


def _outputs(delivery: Delivery) -> list[Json]:
    """Where the outputs of a delivery were written; of one that was erased, nothing is known."""
    if delivery.state != "delivered" or "planned" not in delivery.payload:
        return []
    at = iso(delivery.settled_at) if delivery.settled_at is not None else None
    return [
        {"output": one.output, "place": one.place, "target": one.target, "rung": one.rung + 1, "at": at}
        for one in planned_of(delivery.payload).writes
    ]


def _person(candidate: Mapping[str, Json], include: Collection[str]) -> dict[str, Json]:
    names = (("name", ("first_name", "last_name", "full_name")), ("contact", ("email", "phone")))
    wanted = [part for option, parts in names if option in include for part in parts]
    return {part: candidate.get(part) for part in wanted if candidate.get(part)}
