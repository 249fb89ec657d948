"""What is known of a tenant's ATS when writes are planned: the planner reads it, others fill it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.writeback.text import folded


@dataclass(frozen=True, slots=True)
class Entry:
    """What an ATS lists by name and id. ``type`` is its own word, None where it has none.

    ``options``, of a field whose record holds them: label → id.
    """

    id: str
    name: str
    type: str | None = None
    options: Mapping[str, str] | None = None


def match(entries: Sequence[Entry], name: str) -> Entry | None:
    """The entry whose id is ``name``, else the first whose name it is, whatever its case."""
    by_id = (entry for entry in entries if entry.id == name)
    by_name = (entry for entry in entries if folded(entry.name) == folded(name))
    return next(by_id, None) or next(by_name, None)


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """A custom field as the ATS lists it. ``options`` maps a choice's label to its id; None: not read or none."""

    id: str
    name: str
    type: str | None = None
    options: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """The field an output's writes go to: ``target`` as the manifest or the tenant names it, the field's id, and
    the name it had when it was last found by its target, or that a person accepted since."""

    target: str
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Slot:
    """An ATS's own slot for a result. ``cause`` says why there is none; ``mark`` tells one slot from another."""

    cause: str | None = None
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known now.

    ``unavailable`` maps a capability to the cause, in one phrase. ``fields`` is the directory of fields by id,
    None where it could not be read (``fields_cause`` says why). ``tags`` are those on the candidate, None where
    not known. ``written`` maps an output to the digest of what was last written, ``stands`` to where that is
    (place and target), as far as known. ``bound`` maps an output to the field that its writes went to so far,
    ``refused`` to places (in words) that are known not to take it, with the cause.
    ``stage`` is where the application stands, None where not known; ``stages`` those it may go through, None where
    the ATS lists none or they could not be read (``stages_cause``). ``slot`` is the ATS's own for a result.
    """

    unavailable: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, FieldInfo] | None = None
    fields_cause: str = ""
    tags: frozenset[str] | None = None
    written: Mapping[str, str] = field(default_factory=dict)
    stage: str | None = None
    stands: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    bound: Mapping[str, Binding] = field(default_factory=dict)
    stages: tuple[Entry, ...] | None = None
    stages_cause: str = ""
    refused: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    slot: Slot = field(default_factory=Slot)
