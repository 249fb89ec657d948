"""A file as read and a JSON Schema in; its data, and what does not fit with positions, out.

Schemas are the project's own (``schemas/``), Draft 2020-12 with three words beside it: ``x-expected`` (what a
value should look like, for people), ``x-secret`` (its value is never shown) and ``x-one-of-keys`` (a mapping
holds exactly one of these keys). A reference out of the schema is refused, never fetched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend
from referencing import Registry

from engine.manifest.findings import Finding
from engine.manifest.schema.places import SchemaPlaces
from engine.manifest.schema.shape_findings import Explainer
from engine.manifest.yaml.source import Source
from engine.model import Json


def check(source: Source, schema: Mapping[str, Any]) -> tuple[Json, list[Finding]]:
    """The data, with a plain scalar as text where text is declared, and all findings, sorted by position.

    So ``name: 2024`` is the text ``2024`` where ``name`` is declared as a string.
    """
    places = SchemaPlaces(schema)
    data = places.restored(source)
    errors = list(_validator(_Same(schema)).iter_errors(data))
    if not errors:
        return data, []
    explainer = Explainer(source, schema, places.secrets(source.data))
    for error in errors:
        explainer.take(error)
    return data, explainer.findings()


class _Same:
    """A schema that is the same only as itself: comparing its content would take longer than checking by it."""

    __slots__ = ("schema",)

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema

    def __hash__(self) -> int:
        return id(self.schema)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.schema is self.schema


@lru_cache(maxsize=16)
def _validator(of: _Same) -> Draft202012Validator:
    # The registry is given, and empty: without it a remote reference would be fetched.
    validator: Draft202012Validator = _Validator(of.schema, registry=Registry())
    return validator


def _one_of_keys(_: Any, keys: list[str], instance: Json, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict) and sum(key in instance for key in keys) != 1:
        yield ValidationError("exactly one of the keys is needed")


_Validator = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"x-one-of-keys": _one_of_keys}
)
