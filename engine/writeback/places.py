"""One rung, one value and what is known in; a landing out, or why the rung is passed over. Pure.

Nothing is called here: a rung is judged by what the manifest declares and what was found out before.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from engine.manifest.model import Manifest, Place, Rung
from engine.model import Json, PlaceKind
from engine.writeback.field_finding import LostField, find_field
from engine.writeback.field_values import FieldValue, Misfit, express, kind_of, new_option
from engine.writeback.known import Binding, FieldInfo, Known, Slot, match
from engine.writeback.text import folded

KINDS: tuple[PlaceKind, ...] = ("slot", "field", "tag", "stage", "note", "attachment")
"""The places in the order in which they are written."""

_REJECTING = re.compile(
    r"reject|declin|withdr|disqualif|dismiss|unsuccessful|unsuitable|turned? down|no hire"
    r"|not (a )?(fit|selected|hired|suitable)"
    r"|abgelehnt|absage|refus|rechaz|descartad|rifiut|scartat|odrzuc|afgewezen|recusad|rejeitad|rejet"
)


@dataclass(frozen=True, slots=True)
class Landing:
    """Where a value goes: the target in the ATS's words, and for a field what it will hold."""

    target: str
    field: FieldValue | None = None


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Why a rung is not taken, in one phrase."""

    why: str


@dataclass(frozen=True, slots=True)
class AlreadyThere:
    """Nothing to do: the tag is on the candidate, or the application stands at the stage."""


@dataclass(frozen=True, slots=True)
class Held:
    """The write has to wait for a person: the field that the output is bound to was renamed, or is gone."""

    why: str


Found = Landing | PassedOver | AlreadyThere | Held


def place_words(rung: Rung, value: Json = None) -> str:
    """A place as people call it, such as ``custom field “Match Score”``."""
    if rung.place == "note":
        return "activity note"
    if rung.place == "attachment":
        return "evidence PDF"
    if rung.place == "slot":
        return "result slot"
    word = "custom field" if rung.place == "field" else rung.place
    named = ", ".join(_tags(value)) if rung.target == "value" else rung.target
    return f"{word} “{named}”" if named else word


def find_place(
    manifest: Manifest, rung: Rung, output: str, value: Json, known: Known, taken: Mapping[str, str]
) -> Found:
    """Whether ``value`` can go to ``rung``. ``taken`` maps ids of fields already used to the output using them."""
    place = manifest.write_back.places.get(rung.place)
    if place is None:
        return PassedOver(f"{manifest.ats.name} has no such place")
    for capability in place.needs:
        if capability in known.unavailable:
            return PassedOver(known.unavailable[capability] or _says(manifest, capability))
    if rung.place == "slot":
        return _find_slot(rung, known.slot)
    if rung.place == "field":
        return _find_field(place, rung, output, value, known, taken)
    if rung.place == "tag":
        return _find_tag(place, value, known)
    if rung.place == "stage":
        return find_stage(place, value, known)
    return Landing(rung.target)


def _find_slot(rung: Rung, slot: Slot) -> Found:
    return Landing(f"{rung.target} {slot.mark}".strip()) if slot.cause is None else PassedOver(slot.cause)


def _says(manifest: Manifest, capability: str) -> str:
    declared = manifest.capabilities.get(capability)
    return f"not available: {declared.says if declared else capability}"


def _find_field(place: Place, rung: Rung, output: str, value: Json, known: Known, taken: Mapping[str, str]) -> Found:
    try:
        field = _field(place, rung.target, known, known.bound.get(output))
        if field.id and field.id in taken:
            raise Misfit(f"the output {taken[field.id]} goes there")
        kind = _kind(place, field)
        makes_options = place.options is not None and place.options.create is not None
        option = new_option(output, value, field) if kind == "option" and makes_options else None
        held = None if option else express(output, value, field, kind, place.longest)
    except Misfit as misfit:
        return PassedOver(str(misfit))
    except LostField as lost:
        return Held(str(lost))
    return Landing(rung.target, FieldValue(field.id, field.name, field.type, held, kind or kind_of(held), option))


def _field(place: Place, target: str, known: Known, bound: Binding | None) -> FieldInfo:
    if known.fields is not None:
        found = find_field(target, known.fields, bound)
        if found is not None:
            return found
    if place.directory is None or (place.id_pattern and re.fullmatch(place.id_pattern, target)):
        return FieldInfo(target, target)
    if known.fields is None:
        raise Misfit(known.fields_cause or "the list of fields could not be read")
    if place.directory.create is not None:
        return FieldInfo("", target)
    raise Misfit("there is no field of this name")


def _kind(place: Place, field: FieldInfo) -> str | None:
    if not field.type or not place.types:
        return None
    if field.type not in place.types:
        raise Misfit(f"a field of type {field.type} cannot be written")
    return place.types[field.type]


def _find_tag(place: Place, value: Json, known: Known) -> Found:
    tags = _tags(value)
    if not tags:
        return PassedOver("the value is not a tag's text")
    if place.longest is not None and max(map(len, tags)) > place.longest:
        return PassedOver(f"longer than a tag may be ({place.longest} characters)")
    if known.tags is not None and not missing_tags(tags, known.tags):
        return AlreadyThere()
    return Landing(", ".join(tags))


def _tags(value: Json) -> list[str]:
    values = value if isinstance(value, (list, tuple)) else [value]
    return [text.strip() for text in values if isinstance(text, str) and text.strip()]


def missing_tags(wanted: Json, current: Collection[str]) -> list[str]:
    """Those tags of ``wanted`` (a text or a list) that are not in ``current``, each once, whatever their case."""
    seen = {folded(tag) for tag in current}
    missing = []
    for tag in _tags(wanted):
        if folded(tag) not in seen:
            seen.add(folded(tag))
            missing.append(tag)
    return missing


def find_stage(place: Place, value: Json, known: Known) -> Found:
    """Whether an application at ``known.stage`` may be moved to ``value``: forward only."""
    if not isinstance(value, str) or not value.strip():
        return PassedOver("the value is not a stage's name")
    if place.directory is not None and known.stages is None:
        return PassedOver(known.stages_cause or "the list of stages could not be read")
    wanted = _stage_name(value, known)
    if _REJECTING.search(wanted.casefold()) or _REJECTING.search(value.casefold()):
        return PassedOver("only a person rejects")
    order = [folded(stage) for stage in place.order or (entry.name for entry in known.stages or ())]
    if folded(wanted) not in order:
        return PassedOver("the stage is not in the order of stages, so forward cannot be told")
    if known.stage is None:
        return PassedOver("the current stage is not known")
    current = _stage_name(known.stage, known)
    if folded(current) not in order:
        return PassedOver(f"the current stage “{current}” is not in the order of stages")
    steps = order.index(folded(wanted)) - order.index(folded(current))
    if steps < 0:
        return PassedOver(f"the application is further on, at “{current}”")
    return AlreadyThere() if steps == 0 else Landing(value.strip())


def _stage_name(stage: str, known: Known) -> str:
    entry = match(known.stages or (), stage)
    return entry.name if entry else stage
