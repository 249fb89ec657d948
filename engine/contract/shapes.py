"""A JSON Schema of an OpenAPI in; its shapes, the alternatives that a value may take, one level at a time, out.

``allOf`` is merged, ``oneOf`` and ``anyOf`` become alternatives. What is below stays a schema, so that a circle is
met only by who walks it. An object that names its properties is taken to have no others, unless
``additionalProperties`` or ``patternProperties`` say so: to find names that the document does not know is the point.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import get_args

from engine.contract.openapi import Object, OpenApi, as_list, as_object
from engine.manifest.types import Kind
from engine.model import Json

LIMIT_ALTERNATIVES = 64
Schemas = tuple[Json, ...]
"""Schemas that all hold of one value."""

_KINDS: Mapping[str, Kind] = {"string": "text", "array": "list"}
_OPENING = ("patternProperties", "if", "dependentSchemas", "propertyNames", "$dynamicRef")


@dataclass(frozen=True, slots=True)
class Shape:
    """One alternative. ``kinds`` None: any. ``properties`` None: not named. ``choices`` None: no list of values.

    ``moment``: a date, or a date and time.
    """

    kinds: frozenset[Kind] | None = None
    properties: Mapping[str, Schemas] | None = None
    required: frozenset[str] = frozenset()
    open: bool = False
    items: Schemas | None = None
    choices: tuple[Json, ...] | None = field(default=None, compare=False)
    read_only: bool = False
    moment: bool = False

    def allows(self, kind: Kind) -> bool:
        """Whether a value of this kind may stand here; a whole number is a number."""
        return self.kinds is None or kind in self.kinds or (kind == "integer" and "number" in self.kinds)


def shapes(openapi: OpenApi, schemas: Iterable[Json]) -> list[Shape]:
    """The alternatives of a value of which all ``schemas`` hold; one that is open to all where they are too many."""
    found = [Shape()]
    for schema in schemas:
        found = _both(found, _alternatives(openapi, schema, frozenset()))
    return found


def _alternatives(openapi: OpenApi, schema: Json, seen: frozenset[int]) -> list[Shape]:
    if not isinstance(schema, dict) or id(schema) in seen:
        return [Shape()]
    seen |= {id(schema)}
    found = [_own(schema)]
    if "$ref" in schema:
        target = openapi.resolved(schema)
        found = _both(found, _alternatives(openapi, target, seen) if target else [Shape(open=True)])
    for part in as_list(schema.get("allOf")):
        found = _both(found, _alternatives(openapi, part, seen))
    for word in ("oneOf", "anyOf"):
        parts = as_list(schema.get(word))
        if parts:
            either = [shape for part in parts for shape in _alternatives(openapi, part, seen)]
            found = _both(found, either)
    return found


def _both(some: list[Shape], others: list[Shape]) -> list[Shape]:
    if len(some) * len(others) > LIMIT_ALTERNATIVES:
        return [Shape(open=True)]
    return [_merged(one, other) for one in some for other in others]


def _merged(one: Shape, other: Shape) -> Shape:
    properties = one.properties
    if other.properties is not None:
        properties = dict(one.properties or {})
        for name, schemas in other.properties.items():
            properties[name] = (*properties.get(name, ()), *schemas)
    items = (*(one.items or ()), *(other.items or ())) if one.items or other.items else None
    return Shape(
        kinds=_common(one.kinds, other.kinds),
        properties=properties,
        required=one.required | other.required,
        open=one.open or other.open,
        items=items,
        choices=one.choices if other.choices is None else other.choices,
        read_only=one.read_only or other.read_only,
        moment=one.moment or other.moment,
    )


def _common(one: frozenset[Kind] | None, other: frozenset[Kind] | None) -> frozenset[Kind] | None:
    if one is None or other is None:
        return other if one is None else one
    both = one & other
    if {"integer", "number"} <= one | other:
        both |= {"integer"}
    return both or one | other


def _own(schema: Object) -> Shape:
    named = as_object(schema.get("properties"))
    extra = schema.get("additionalProperties")
    return Shape(
        kinds=_kinds(schema),
        properties={str(name): (below,) for name, below in named.items()} if named else None,
        required=frozenset(str(name) for name in as_list(schema.get("required"))),
        open=extra not in (None, False) or any(word in schema for word in _OPENING),
        items=(schema["items"],) if isinstance(schema.get("items"), dict) else None,
        choices=_choices(schema),
        read_only=schema.get("readOnly") is True,
        moment=schema.get("format") in ("date-time", "date"),
    )


def _choices(schema: Object) -> tuple[Json, ...] | None:
    if "const" in schema:
        return (schema["const"],)
    return tuple(schema["enum"]) if as_list(schema.get("enum")) else None


def _kinds(schema: Object) -> frozenset[Kind] | None:
    declared = schema.get("type")
    names = [declared] if isinstance(declared, str) else [str(name) for name in as_list(declared)]
    kinds = [_KINDS.get(name, name) for name in names]
    if not kinds and "properties" in schema:
        kinds = ["object"]
    elif not kinds and "items" in schema:
        kinds = ["list"]
    if not kinds or not set(kinds) <= set(get_args(Kind)):
        return None
    nullable = schema.get("nullable") is True or schema.get("x-nullable") is True
    return frozenset([*kinds, *(["null"] if nullable else [])])  # type: ignore[list-item]
