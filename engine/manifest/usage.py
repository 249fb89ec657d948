"""A manifest in, what each of its operations is called for out. Pure.

References are found by walking the typed objects: whatever names an operation, in whatever key, is followed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from engine.manifest.language.expressions import Path
from engine.manifest.language.templates import Template, Tree
from engine.manifest.model import Manifest
from engine.manifest.positions import At

Purpose = Literal["reading", "events", "checking", "writing", "switched off", "unsubscribing", "action"]
_NO_REFERENCES = frozenset(
    {"name", "kind", "says", "needs", "target", "ids", "types", "order", "scopes", "api", "truth", "verified"}
)


def purposes(manifest: Manifest, *, webhook: bool = True) -> dict[str, frozenset[Purpose]]:
    """Operation → what it is called for; one that nothing names is left out. ``webhook``: events come by webhook too.

    What is written for a switched-off output is ``switched off``, also where another operation is called for it.
    """
    found: dict[str, set[Purpose]] = {}
    for purpose, part in _parts(manifest, webhook):
        for operation in _closed(manifest, set(_named(part, manifest.operations))):
            found.setdefault(operation, set()).add(purpose)
    return {operation: frozenset(found[operation]) for operation in manifest.operations if operation in found}


def _parts(manifest: Manifest, webhook: bool) -> Iterator[tuple[Purpose, Any]]:
    yield "reading", (manifest.objects, manifest.resume, manifest.application_list)
    yield from _events(manifest, webhook)
    yield "checking", [api.check for api in manifest.apis.values()]
    yield "checking", [step.subject for step in manifest.setup if step.check == "call"]
    yield "action", manifest.actions
    outputs = manifest.write_back.outputs.values()
    enabled = {rung.place for output in outputs if output.enabled for rung in output.rungs}
    for kind, place in manifest.write_back.places.items():
        probes = [manifest.capabilities[need].probe for need in place.needs]
        yield "writing" if kind in enabled else "switched off", (place, probes)


def _events(manifest: Manifest, webhook: bool) -> Iterator[tuple[Purpose, Any]]:
    events = manifest.events
    door = events.webhook
    yield "events", dataclasses.replace(events, webhook=None)
    if door is not None and webhook:
        registration = door.registration
        yield "events", dataclasses.replace(registration, remove=None) if registration is not None else None
    if door is not None and door.registration is not None and door.registration.remove is not None:
        yield "unsubscribing", [door.registration.remove]


def _closed(manifest: Manifest, operations: set[str]) -> set[str]:
    """``operations`` with those that they call themselves, and those of the lookups that they read."""
    left = list(operations)
    while left:
        operation = manifest.operations[left.pop()]
        calls = set(_named(operation, manifest.operations))
        calls |= {one for name in operation.lookups for one in _named(manifest.lookups[name], manifest.operations)}
        left += calls - operations
        operations |= calls
    return operations


def _named(part: Any, operations: Mapping[str, Any]) -> Iterator[str]:
    """Every name of an operation in ``part``."""
    if isinstance(part, str):
        yield from (part,) if part in operations else ()
    elif isinstance(part, (Path, Template, Tree, At)):
        return
    elif dataclasses.is_dataclass(part):
        for item in dataclasses.fields(part):
            if item.name not in _NO_REFERENCES:
                yield from _named(getattr(part, item.name), operations)
    elif isinstance(part, Mapping):
        for value in part.values():
            yield from _named(value, operations)
    elif isinstance(part, (list, tuple, set, frozenset)):
        for value in part:
            yield from _named(value, operations)
