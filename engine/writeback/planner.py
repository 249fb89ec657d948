"""Values of outputs and what is known in; the requests to make, and what needs none, out. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.manifest.model import Manifest
from engine.model import Cause, Json, Write
from engine.writeback.grouping import Landed, Planned, group
from engine.writeback.known import Known
from engine.writeback.places import AlreadyThere, Held, Landing, PassedOver, find_place, place_words
from engine.writeback.values import digest

_COMPANIONS = frozenset({"audit_log_id"})
"""Outputs that say where a result can be looked up: they change with each scoring and are no news alone."""


@dataclass(frozen=True, slots=True)
class Undeliverable:
    """An output for which no rung is left, with the cause of each."""

    output: str
    value: Json
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True)
class Withheld:
    """A write that waits for a person, with what happened to the field its output is bound to, in one phrase."""

    write: Write
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done for one event.

    ``deliveries`` in the order they are made; ``unchanged`` names the outputs that already stand as they should;
    ``nowhere`` holds those with no usable place, ``held`` those that wait for a person.
    """

    deliveries: tuple[Planned, ...]
    unchanged: tuple[str, ...]
    nowhere: tuple[Undeliverable, ...]
    held: tuple[Withheld, ...] = ()

    @property
    def causes(self) -> tuple[Cause, ...]:
        """Why rungs were passed over, each once."""
        told = [write.causes for planned in self.deliveries for write in planned.writes]
        told.extend(item.causes for item in self.nowhere)
        return tuple(dict.fromkeys(cause for causes in told for cause in causes))


def plan(manifest: Manifest, values: Mapping[str, Json], known: Known, *, audit_id: str = "") -> Plan:
    """Each output of ``values`` to its first usable rung, unless what is there is the same already.

    ``audit_id`` begins the markers of the requests.
    """
    landed: list[Landed] = []
    unchanged: list[str] = []
    nowhere: list[Undeliverable] = []
    held: list[Withheld] = []
    taken: dict[str, str] = {}
    for output in manifest.write_back.outputs:
        if output not in values:
            continue
        found = choose(manifest, output, values[output], known, taken=taken)
        if isinstance(found, Landed) and found.field and found.field.id:
            # A field is its output's even when nothing is sent: another output must not overwrite what is there.
            taken[found.field.id] = output
        same = known.written.get(output) == digest(values[output])
        if isinstance(found, AlreadyThere) or (same and not _is_better(manifest, found, known)):
            unchanged.append(output)
        elif isinstance(found, Landed):
            landed.append(found)
        elif isinstance(found, Withheld):
            held.append(found)
        else:
            nowhere.append(found)
    news = [write.output for write in (*(item.write for item in landed), *(item.write for item in held))]
    if unchanged and all(output in _COMPANIONS for output in news):
        unchanged.extend(news)
        landed, held = [], []
    return Plan(group(manifest, landed, audit_id), tuple(unchanged), tuple(nowhere), tuple(held))


def _is_better(manifest: Manifest, found: Landed | Undeliverable | Withheld, known: Known) -> bool:
    """Whether a value that is written already should stand in a slot, field or tag instead of where it is.

    So it is when a field came (back) after the value had gone to a note, or the tenant named another field. Notes
    and files are not written again for it.
    """
    if not isinstance(found, Landed) or found.write.place not in ("slot", "field", "tag"):
        return False
    place, target = known.stands.get(found.write.output, (found.write.place, found.write.target))
    kinds = [rung.place for rung in manifest.write_back.outputs[found.write.output].rungs]
    if place == found.write.place:
        return target != found.write.target
    return place not in kinds or found.write.rung < kinds.index(place)


def choose(
    manifest: Manifest,
    output: str,
    value: Json,
    known: Known,
    *,
    first: int = 0,
    causes: tuple[Cause, ...] = (),
    taken: Mapping[str, str] | None = None,
) -> Landed | AlreadyThere | Undeliverable | Withheld:
    """The first usable rung from ``first`` on; ``causes`` tell of those before it."""
    for number, rung in enumerate(manifest.write_back.outputs[output].rungs):
        if number < first:
            continue
        refused = known.refused.get(output, {}).get(place_words(rung, value))
        found = PassedOver(refused) if refused else find_place(manifest, rung, output, value, known, taken or {})
        if isinstance(found, Landing):
            return Landed(Write(output, value, number, rung.place, found.target, causes), found.field)
        if isinstance(found, Held):
            return Withheld(Write(output, value, number, rung.place, rung.target, causes), found.why)
        if isinstance(found, PassedOver):
            causes = (*causes, Cause(place_words(rung, value), found.why))
        else:
            return found
    return Undeliverable(output, value, causes)
