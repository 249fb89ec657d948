"""Writes that landed in; the requests that carry them out. Outputs on the same place travel together. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.manifest.model import Manifest
from engine.model import PlaceKind, Write
from engine.writeback.field_values import FieldValue
from engine.writeback.places import KINDS
from engine.writeback.values import digest


@dataclass(frozen=True, slots=True)
class Landed:
    """A write that has its place; for a field, with what the field will hold."""

    write: Write
    field: FieldValue | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """One request to make. ``fields`` stand beside ``writes``, one each, where the place is ``field``.

    ``target`` is the note's name, the kind of file, the stage, or what the batch holds, for people. ``marker``
    identifies this very request by its content and begins with the audit id: a note carries it in its text and a
    file in its name, so that a write whose answer was lost can be looked for.
    """

    place: PlaceKind
    operation: str
    target: str
    writes: tuple[Write, ...]
    marker: str
    fields: tuple[FieldValue, ...] = ()


def group(manifest: Manifest, landed: Sequence[Landed], audit_id: str) -> tuple[Planned, ...]:
    """Requests in the order they are made: fields in batches, tags in one list, one note per name, one file."""
    requests: list[Planned] = []
    for kind in KINDS:
        here = [item for item in landed if item.write.place == kind]
        requests.extend(request(manifest, part, audit_id) for part in _parts(manifest, kind, here))
    return tuple(requests)


def _parts(manifest: Manifest, kind: PlaceKind, here: list[Landed]) -> Iterator[list[Landed]]:
    if not here:
        return
    size = manifest.write_back.places[kind].batch
    if kind == "field" or (kind == "tag" and size == 1):
        yield from (here[start : start + size] for start in range(0, len(here), size))
    elif kind == "tag":
        yield here
    else:
        for target in dict.fromkeys(item.write.target for item in here):
            yield [item for item in here if item.write.target == target]


def request(manifest: Manifest, landed: Sequence[Landed], audit_id: str) -> Planned:
    """One request for writes that landed on the same place."""
    writes = tuple(item.write for item in landed)
    kind = writes[0].place
    target = ", ".join(dict.fromkeys(write.target for write in writes))
    operation = manifest.write_back.places[kind].operation
    fields = tuple(item.field for item in landed if item.field is not None)
    return Planned(kind, operation, target, writes, _marker(kind, target, writes, audit_id), fields)


def apart(planned: Planned) -> tuple[Landed, ...]:
    """The writes of a request, one by one."""
    fields = planned.fields or (None,) * len(planned.writes)
    return tuple(Landed(write, field) for write, field in zip(planned.writes, fields, strict=True))


def _marker(kind: PlaceKind, target: str, writes: tuple[Write, ...], audit_id: str) -> str:
    content = json.dumps([kind, target, sorted((write.output, digest(write.value)) for write in writes)])
    mark = hashlib.sha256(content.encode("ascii")).hexdigest()
    return f"{audit_id}-{mark[:6]}" if audit_id else mark[:12]
