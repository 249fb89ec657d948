"""What becomes of the outputs of a request that was refused for good: each moves down a rung. Pure.

Only a refusal for good moves an output on; time-outs, throttling and outages never do (design, Fallback).
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import Refused
from engine.manifest.model import Manifest
from engine.model import Cause, Write
from engine.writeback.grouping import Landed, Planned, apart, group, request
from engine.writeback.known import Known
from engine.writeback.places import KINDS, AlreadyThere, place_words
from engine.writeback.planner import Undeliverable, Withheld, choose

_ONE_MAY_BE_BAD = frozenset({"invalid", "missing"})


def fall(
    manifest: Manifest, write: Write, why: str, known: Known
) -> Landed | AlreadyThere | Undeliverable | Withheld:
    """The next usable place of a write that was refused for good; ``why`` is the refusal in one phrase."""
    rung = manifest.write_back.outputs[write.output].rungs[write.rung]
    causes = (*write.causes, Cause(place_words(rung, write.value), why))
    return choose(manifest, write.output, write.value, known, first=write.rung + 1, causes=causes)


def split(planned: Planned, refusal: Refused) -> tuple[Planned, ...]:
    """A refused batch as requests of one write each, where one bad write may have dragged the others down.

    Just ``planned`` where the refusal concerns all of it, or it holds one write only.
    """
    if planned.place not in ("field", "tag") or len(planned.writes) < 2 or refusal.kind not in _ONE_MAY_BE_BAD:
        return (planned,)
    return tuple(_single(planned, item) for item in apart(planned))


def _single(planned: Planned, item: Landed) -> Planned:
    fields = (item.field,) if item.field else ()
    marker = f"{planned.marker}-{planned.writes.index(item.write) + 1}"
    return Planned(planned.place, planned.operation, item.write.target, (item.write,), marker, fields)


def regroup(
    manifest: Manifest, fallen: Sequence[Landed], pending: Sequence[Planned], *, audit_id: str = ""
) -> tuple[Planned, ...]:
    """``pending`` with the fallen writes joined in, in the order of making: still one note and one file.

    ``pending`` are the event's requests that were not sent, or are known not to have arrived. Those that take
    nothing in come back as they are; fields and tags that fell travel in requests of their own.
    """
    waiting, rest = list(fallen), []
    for planned in pending:
        joining = [item for item in waiting if _joins(item.write, planned)]
        waiting = [item for item in waiting if item not in joining]
        rest.append(request(manifest, (*apart(planned), *joining), audit_id) if joining else planned)
    together = (*rest, *group(manifest, waiting, audit_id))
    return tuple(sorted(together, key=lambda planned: KINDS.index(planned.place)))


def _joins(write: Write, planned: Planned) -> bool:
    return write.place in ("note", "attachment") and (write.place, write.target) == (planned.place, planned.target)
