"""What an event's steps tell people: where each output goes and why there, what attempts came to. No values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.delivery.attempt import Arrived, Attempted, Later
from engine.errors import Refused
from engine.model import Cause, Json, Write, as_plain
from engine.store.steps import Step
from engine.writeback.grouping import Landed, Planned
from engine.writeback.planner import Plan, Undeliverable, Withheld


def plan_detail(planned: Plan) -> dict[str, Json]:
    """A plan: where each output goes, which stand as they should, which go nowhere, which are held."""
    going = [
        {**placed_detail(write), "operation": request.operation}
        for request in planned.deliveries
        for write in request.writes
    ]
    nowhere = [{"output": lost.output, "causes": _plain(lost.causes)} for lost in planned.nowhere]
    told = {"going": going, "unchanged": list(planned.unchanged), "nowhere": nowhere}
    return {**told, "held": [held_detail(one) for one in planned.held]} if planned.held else told


def held_detail(held: Withheld) -> dict[str, Json]:
    """A write that waits for a person, and why."""
    return {**placed_detail(held.write), "why": held.why}


def told_nowhere(steps: Sequence[Step]) -> tuple[str, ...]:
    """The outputs that an event's plans found no place for, by its steps."""
    plans = (step.detail for step in steps if step.stage == "planned")
    return tuple(dict.fromkeys(lost["output"] for detail in plans for lost in detail.get("nowhere", ())))


def attempt_detail(delivery_id: str, planned: Planned, result: Attempted) -> dict[str, Json]:
    """One attempt of a delivery, and what it came to."""
    kind, why = _said(result)
    return {
        "delivery": delivery_id,
        "place": planned.place,
        "operation": planned.operation,
        "outputs": [write.output for write in planned.writes],
        "result": kind,
        "why": why,
    }


def rung_details(
    landed: Sequence[Landed], lost: Sequence[Undeliverable], refusal: Refused
) -> Iterator[dict[str, Json]]:
    """Each output of a refused request: its next place, or that there is none."""
    yield from (placed_detail(item.write) for item in landed)
    for gone in lost:
        yield {"output": gone.output, "place": None, "causes": _plain(gone.causes), "refused": refusal.cause}


def told_loss(refusal: Refused, lost: Sequence[Undeliverable]) -> str:
    """The refusal in one phrase, with the outputs that no place is left for."""
    return f"{refusal.cause}, no place left for {', '.join(gone.output for gone in lost)}" if lost else refusal.cause


def placed_detail(write: Write) -> dict[str, Json]:
    """A write's place, and why it is not a better one."""
    place = {"output": write.output, "place": write.place, "target": write.target, "rung": write.rung + 1}
    return {**place, "causes": _plain(write.causes)}


def _plain(causes: Sequence[Cause]) -> list[Json]:
    return [as_plain(cause) for cause in causes]


def _said(result: Attempted) -> tuple[str, str]:
    if isinstance(result, Arrived):
        return "delivered", result.how
    if isinstance(result, Refused):
        return "refused", result.cause
    return ("later" if isinstance(result, Later) else "unproven"), result.cause
