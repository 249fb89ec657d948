"""What is known of a tenant's ATS when writes are planned: the planner reads it, others fill it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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
class Known:
    """What is known now.

    ``unavailable`` maps a capability to the cause, in one phrase. ``fields`` is the directory of fields by id,
    None where it could not be read (``fields_cause`` says why). ``tags`` are those on the candidate, None where
    not known. ``written`` maps an output to the digest of what was last written, ``stands`` to where that is
    (place and target), as far as known. ``stage`` is where the application stands, None where not known.
    ``bound`` maps an output to the field that its writes went to so far.
    """

    unavailable: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, FieldInfo] | None = None
    fields_cause: str = ""
    tags: frozenset[str] | None = None
    written: Mapping[str, str] = field(default_factory=dict)
    stage: str | None = None
    stands: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    bound: Mapping[str, Binding] = field(default_factory=dict)
