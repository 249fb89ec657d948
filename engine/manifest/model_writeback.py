"""Capabilities, places, notes and outputs of a manifest, typed and immutable: see ``model``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.manifest.expressions import Path
from engine.manifest.positions import At
from engine.manifest.templates import Template, Tree
from engine.model import PlaceKind


@dataclass(frozen=True, slots=True)
class Capability:
    """Something that must be there for a place to be usable.

    ``when`` (JMESPath over settings) switches it off by setting, ``probe`` names an operation that finds out;
    without a probe it is learned from refusals. What was found out is remembered for ``remember_s``.
    """

    name: str
    says: str
    at: At
    when: Path | None = None
    otherwise: str = ""
    probe: str | None = None
    remember_s: float = 3600.0


@dataclass(frozen=True, slots=True)
class Directory:
    """Name → id, looked up through an operation and cached. Paths are JMESPath over its records."""

    operation: str
    id: Path
    name: Path
    type: Path | None = None
    cache_s: float = 3600.0


@dataclass(frozen=True, slots=True)
class FoundBy:
    """How to see whether a write arrived: an operation whose records are searched by JMESPath over
    {record, marker, value}."""

    operation: str
    when: Path


@dataclass(frozen=True, slots=True)
class Place:
    """A kind of place outputs can go to, and the operation that writes there.

    field: ``item`` composes one element from ``field`` {id, name, type, value}; the operation sees them as
    ``fields``. ``types`` maps the ATS's field types to number | text | option | boolean | date; ``options`` is
    the directory of a choice field's values. tag: the operation sees ``tags``. note: ``note`` {text, subject}.
    attachment: ``file`` {name, content_type, size, base64}. stage: ``stage``; ``order`` lists them first to last.
    """

    kind: PlaceKind
    write: str
    at: At
    needs: tuple[str, ...] = ()
    directory: Directory | None = None
    options: Directory | None = None
    id_pattern: str | None = None
    item: Tree | None = None
    types: Mapping[str, str] = field(default_factory=dict)
    batch: int = 100
    longest: int | None = None
    found_by: FoundBy | None = None
    read: str | None = None
    current: Path | None = None
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A note's text (and subject), composed from the outputs that land on it."""

    name: str
    text: Template
    at: At
    subject: Template | None = None


@dataclass(frozen=True, slots=True)
class Rung:
    """One place in an output's order of places. ``target``: field name, tag, note, attachment kind or stage."""

    place: PlaceKind
    target: str
    at: At


@dataclass(frozen=True, slots=True)
class Output:
    """One result and where it goes. ``value`` undefined or null: nothing to write. ``when``: JMESPath condition.

    ``parts`` says where its value, when, rungs and enabled are written, as far as they are: in the manifest, or in
    the tenant's file where that changes them.
    """

    name: str
    value: Tree
    rungs: tuple[Rung, ...]
    at: At
    enabled: bool = True
    when: Path | None = None
    parts: Mapping[str, At] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class WriteBack:
    """Everything that is written: the kinds of places, the texts of notes, the outputs with their rungs."""

    places: Mapping[PlaceKind, Place]
    notes: Mapping[str, Note]
    outputs: Mapping[str, Output]
