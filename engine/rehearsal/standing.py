"""What became of each output of an event, or would become of it, in a form that can be compared.

In: an event's deliveries and steps, or a plan. Out: a ``Standing`` per output.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.model import Cause, Json, Write
from engine.pipeline.payload import planned_of
from engine.rehearsal.kept import Kept
from engine.store.deliveries import Delivery
from engine.writeback.field_values import FieldValue
from engine.writeback.grouping import apart
from engine.writeback.planner import Plan
from engine.writeback.text import display
from engine.writeback.values import digest


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one output is, or would be: ``place`` and ``value`` in words, ``why`` it is not in a better place.

    Two are equal when the same value is at the same place, whatever the words.
    """

    same_as: tuple[str, ...]
    place: str = field(compare=False)
    value: str = field(default="", compare=False)
    why: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return f"{self.place}: {self.value}" if self.value else self.place


NOTHING = Standing(("nothing",), "nothing")
UNCHANGED = Standing(("unchanged",), "left as it stands")


def came_of(kept: Kept) -> dict[str, Standing]:
    """What became of each output of an event: the last thing that its deliveries and steps say of it."""
    found: dict[str, Standing] = {}
    plan = kept.planned or {}
    for output in plan.get("unchanged", ()):
        found[output] = UNCHANGED
    for lost in plan.get("nowhere", ()):
        found[lost["output"]] = _nowhere(tuple(Cause(**cause) for cause in lost["causes"]))
    for output, (delivery, write, value) in last_writes(kept.deliveries).items():
        lost_for_good = delivery.state == "dead"
        found[output] = _written(write, value, "is held" if delivery.state == "held" else "")
        if lost_for_good:
            found[output] = _nowhere((*write.causes, Cause(found[output].place, delivery.last_cause)))
    return found


def last_writes(deliveries: tuple[Delivery, ...]) -> dict[str, tuple[Delivery, Write, FieldValue | None]]:
    """Output → the delivery that it was in last, its write there and what the field was to hold."""
    found: dict[str, tuple[Delivery, Write, FieldValue | None]] = {}
    for settled in (False, True):
        for delivery in deliveries:
            if not delivery.payload or (delivery.state != "moved") is not settled:
                continue
            for item in apart(planned_of(delivery.payload)):
                found[item.write.output] = (delivery, item.write, item.field)
    return found


def would_be(plan: Plan) -> dict[str, Standing]:
    """What a plan makes of each output."""
    found = dict.fromkeys(plan.unchanged, UNCHANGED)
    found |= {lost.output: _nowhere(lost.causes) for lost in plan.nowhere}
    found |= {one.write.output: _written(one.write, None, "is held") for one in plan.held}
    for request in plan.deliveries:
        for item in apart(request):
            found[item.write.output] = _written(item.write, item.field, "")
    return found


def _written(write: Write, field_value: FieldValue | None, held: str) -> Standing:
    value = display(write.output, write.value)
    why = tuple(f"{cause.place}: {cause.why}" for cause in write.causes)
    if held:
        return Standing(("held", digest(write.value)), f"custom field “{write.target}”, which {held}", value, why)
    exact: Json = (field_value.option or field_value.value) if field_value else write.value
    where = (field_value.id or field_value.name) if field_value else write.target
    return Standing((write.place, where, digest(exact)), _words(write, field_value), value, why)


def _words(write: Write, field_value: FieldValue | None) -> str:
    if write.place == "field":
        return f"custom field “{field_value.name if field_value else write.target}”"
    if write.place == "attachment":
        return "evidence PDF"
    if write.place == "slot":
        return "result slot"
    return f"activity note {write.target}" if write.place == "note" else write.place


def _nowhere(causes: tuple[Cause, ...]) -> Standing:
    return Standing(("nowhere",), "no place", why=tuple(f"{cause.place}: {cause.why}" for cause in causes))
