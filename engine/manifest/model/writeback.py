"""Capabilities, places, notes and outputs of a manifest, typed and immutable: see ``model``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.manifest.language.expressions import Path
from engine.manifest.language.templates import Template, Tree
from engine.manifest.positions import At
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
class Choices:
    """The options of a field, in its own record: ``source`` is JMESPath to their list, the others over each."""

    source: Path
    id: Path
    name: Path


@dataclass(frozen=True, slots=True)
class Directory:
    """Name → id, looked up through an operation and cached. Paths are JMESPath over its records.

    ``create`` makes what is missing; ``created_id`` is JMESPath over its answer. ``order`` sorts them. ``choices``:
    each record has options of its own.
    """

    operation: str
    id: Path
    name: Path
    type: Path | None = None
    cache_s: float = 3600.0
    create: str | None = None
    created_id: Path | None = None
    order: Path | None = None
    choices: Choices | None = None


@dataclass(frozen=True, slots=True)
class Lookup:
    """A part of a record that operations' templates see as ``lookup.<name>``.

    ``where`` (over {record, settings}) says which of the operation's records is meant, ``give`` (over {record})
    what is wanted of it. ``create`` makes it where there is none; ``created`` is JMESPath over its answer.
    """

    name: str
    operation: str
    where: Path
    give: Path
    at: At
    cache_s: float = 86400.0
    create: str | None = None
    created: Path | None = None


@dataclass(frozen=True, slots=True)
class FoundBy:
    """How to see whether a write arrived: an operation whose records are searched by JMESPath over
    {record, marker, value} and what the write saw. ``capture`` is JMESPath over {record} of the one found."""

    operation: str
    when: Path
    capture: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecipeStep:
    """One call of a recipe. ``capture`` is JMESPath over its answer; later steps see it as ``captured.<name>``.

    ``when`` (over {captured, …what the operation sees}) says whether it is called at all. With ``where`` (the same,
    and record) the call is a list, read to its end, and ``capture`` is JMESPath over {record} of the one found.
    """

    call: str
    when: Path | None = None
    where: Path | None = None
    capture: Mapping[str, Path] = field(default_factory=dict)
    found_by: FoundBy | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A kind of place outputs can go to, and the calls that write there, in their order.

    field: ``item`` composes one element from ``field`` {id, name, type, kind, value}; the operation sees them as
    ``fields``, and ``field`` where ``batch`` is 1. ``types`` maps the ATS's field types to number | text | option |
    boolean | date; ``options`` is the directory of a choice field's values where they do not stand in its record.
    tag: the operation sees ``tags``, and ``tag`` {id, name} where ``batch`` is 1. note: ``note`` {text, subject}.
    attachment: ``file`` {name, content_type, size, base64, url}, whose url holds for ``link_lasts_s``. stage:
    ``stage`` {id, name, from}; ``order`` lists them first to last, ``current`` is JMESPath over {application}. slot:
    ``outputs`` and ``score``; ``when`` says whether there is one. ``found_by`` of the last step is the place's own;
    ``verify`` reads after it.
    """

    kind: PlaceKind
    write: tuple[RecipeStep, ...]
    at: At
    needs: tuple[str, ...] = ()
    directory: Directory | None = None
    options: Directory | None = None
    id_pattern: str | None = None
    item: Tree | None = None
    types: Mapping[str, str] = field(default_factory=dict)
    batch: int = 100
    longest: int | None = None
    read: str | None = None
    current: Path | None = None
    order: tuple[str, ...] = ()
    is_html: bool = False
    when: Path | None = None
    otherwise: str = ""
    verify: FoundBy | None = None
    link_lasts_s: float = 86400.0

    @property
    def operation(self) -> str:
        """The call that completes a write; it stands for all of them where people are told of it."""
        return self.write[-1].call

    @property
    def operations(self) -> tuple[str, ...]:
        """Every operation that writing here may call, each once."""
        looked = [step.found_by.operation for step in self.write if step.found_by]
        named = [one for item in (self.directory, self.options) if item for one in (item.operation, item.create)]
        looked += [self.verify.operation] if self.verify else []
        called = [*(step.call for step in self.write), self.read, *named, *looked]
        return tuple(dict.fromkeys(one for one in called if one))


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
