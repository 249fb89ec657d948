"""A schema of an OpenAPI in; the ``Type`` that expressions are checked against out.

A circle is cut where a schema meets itself again, and so is what is deeper, or more, than the limits: there, the
type is not known.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from engine.contract.openapi import OpenApi
from engine.contract.shapes import Shape, shapes
from engine.manifest.types import ANY, Type, union
from engine.model import Json

LIMIT_DEPTH = 24
LIMIT_TYPES = 20_000


def type_of(openapi: OpenApi, schemas: Iterable[Json]) -> Type:
    """The type of a value of which one of ``schemas`` holds."""
    making = _Making(openapi)
    return _either(making.of((schema,)) for schema in schemas)


def _either(types: Iterable[Type]) -> Type:
    found = list(types)
    return ANY if any(type_.kinds is None and type_.keys is None for type_ in found) else reduce(union, found)


class _Making:
    """Unfolds schemas into one tree of types, which is no larger than the limit whatever the schemas."""

    def __init__(self, openapi: OpenApi) -> None:
        self._openapi = openapi
        self._open: list[tuple[int, ...]] = []
        self._left = LIMIT_TYPES

    def of(self, schemas: tuple[Json, ...]) -> Type:
        """The type of a value of which all ``schemas`` hold."""
        key = tuple(id(self._target(schema)) for schema in schemas)
        if key in self._open or len(self._open) >= LIMIT_DEPTH or self._left <= 0:
            return ANY
        self._open.append(key)
        try:
            return _either([self._of_shape(shape) for shape in shapes(self._openapi, schemas)])
        finally:
            self._open.pop()

    def _target(self, schema: Json) -> Json:
        return self._openapi.resolved(schema) if isinstance(schema, dict) else schema

    def _of_shape(self, shape: Shape) -> Type:
        self._left -= 1
        named = shape.properties
        keys = {name: self.of(below) for name, below in named.items()} if named is not None else None
        return Type(
            kinds=shape.kinds,
            items=self.of(shape.items) if shape.items else None,
            keys=keys,
            open=shape.open,
            means="moment" if shape.moment else "",
            one_of=_texts(shape),
        )


def _texts(shape: Shape) -> tuple[str, ...]:
    """The only texts that it can be; none where there are others, or values of other kinds."""
    choices = shape.choices or ()
    return tuple(map(str, choices)) if all(isinstance(choice, str) for choice in choices) else ()
