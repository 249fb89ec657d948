"""Which parts of a JSON Schema speak about which place of the data: for text as written, and for secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.manifest.yaml.reader import PathKey
from engine.manifest.yaml.source import Source
from engine.model import Json

Schema = Mapping[str, Any]
_TYPE_NAMES: Mapping[type, str] = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
}


def type_of(value: Json) -> str:
    """JSON Schema's name of the type of ``value``; whole numbers are ``integer``."""
    return _TYPE_NAMES[type(value)]


def resolved(schema: Schema | bool, root: Schema) -> Schema:
    """``schema`` with its local reference followed."""
    for _ in range(20):
        if isinstance(schema, bool):
            return {}
        reference = schema.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return schema
        found: Any = root
        for part in reference[2:].split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~") if "~" in part else part]
        beside = {key: value for key, value in schema.items() if key != "$ref"} if len(schema) > 1 else None
        schema = {**beside, **found} if beside else found
    return schema if isinstance(schema, Mapping) else {}


def accepted_types(schema: Schema, root: Schema) -> frozenset[str] | None:
    """The types that ``schema`` accepts by its own word; None where it does not say."""
    declared = schema.get("type")
    if declared is not None:
        return frozenset([declared] if isinstance(declared, str) else declared)
    if "enum" in schema or "const" in schema:
        return frozenset(map(type_of, schema.get("enum", [schema.get("const")])))
    for word in ("oneOf", "anyOf"):
        if word in schema:
            branches = [accepted_types(resolved(branch, root), root) for branch in schema[word]]
            return None if None in branches else frozenset().union(*(branch for branch in branches if branch))
    return frozenset({"object"}) if "properties" in schema else None


def contradictions(data: Json, branch: Schema, root: Schema) -> int:
    """How much speaks against ``data`` being meant as ``branch``: its type, its deciding values, its keys."""
    accepted = accepted_types(branch, root)
    if accepted is not None and type_of(data) not in accepted and not _is_number(data, accepted):
        return 1000
    if not isinstance(data, dict):
        return 0
    properties: Mapping[str, Schema] = branch.get("properties", {})
    against = sum(
        100 for key, value in data.items() if key in properties and not _may_be(value, properties[key], root)
    )
    if branch.get("additionalProperties") is False:
        against += sum(10 for key in data if key not in properties)
    return against + sum(5 for key in branch.get("required", ()) if key not in data)


def _is_number(data: Json, accepted: frozenset[str]) -> bool:
    return isinstance(data, int) and not isinstance(data, bool) and "number" in accepted


def _may_be(value: Json, schema: Schema, root: Schema) -> bool:
    schema = resolved(schema, root)
    return value == schema["const"] if "const" in schema else value in schema.get("enum", [value])


class SchemaPlaces:
    """Walks data beside its schema."""

    def __init__(self, root: Schema) -> None:
        self._root = root

    def restored(self, source: Source) -> Json:
        """The source's data, with the text as written where the schema accepts text and not the scalar's type."""
        return self._walk(source, source.data, (), [self._root])

    def secrets(self, data: Json) -> frozenset[PathKey]:
        """The paths whose values must not be shown."""
        return frozenset(self._secrets(data, (), [self._root]))

    def _secrets(self, data: Json, path: PathKey, schemas: list[Schema]) -> Iterator[PathKey]:
        schemas = spread(data, schemas, self._root)
        if any(schema.get("x-secret") for schema in schemas):
            yield path
        for key, item, below in _inside(data, schemas):
            yield from self._secrets(item, (*path, key), below) if below else ()

    def _walk(self, source: Source, data: Json, path: PathKey, schemas: list[Schema]) -> Json:
        if not schemas or isinstance(data, str):
            return data
        schemas = spread(data, schemas, self._root)
        if isinstance(data, (dict, list)):
            inside = (
                (key, self._walk(source, item, (*path, key), below)) for key, item, below in _inside(data, schemas)
            )
            return dict(inside) if isinstance(data, dict) else [item for _, item in inside]
        raw = source.raw(path)
        if not raw or not source.style_plain(path):
            return data
        return raw if self._is_text(data, schemas) else data

    def _is_text(self, data: Json, schemas: list[Schema]) -> bool:
        accepted = [types for schema in schemas if (types := accepted_types(schema, self._root)) is not None]
        fits = any(type_of(data) in types or _is_number(data, types) for types in accepted)
        return not fits and any("string" in types for types in accepted)


def spread(data: Json, schemas: Iterable[Schema], root: Schema) -> list[Schema]:
    """``schemas`` with references followed, and of their alternatives those that ``data`` is meant as."""
    found: list[Schema] = []
    for schema in schemas:
        schema = resolved(schema, root)
        found.append(schema)
        further = list(schema.get("allOf", ()))
        for word in ("oneOf", "anyOf"):
            if word in schema:
                further += _meant([resolved(branch, root) for branch in schema[word]], data, root)
        further += [schema[word] for word in ("then", "else") if word in schema]
        if further:
            found += spread(data, further, root)
    return found


def _meant(branches: list[Schema], data: Json, root: Schema) -> list[Schema]:
    """The branches that the least speaks against."""
    scores = [contradictions(data, branch, root) for branch in branches]
    least = min(scores)
    return [branch for branch, score in zip(branches, scores, strict=True) if score == least]


def _inside(data: Json, schemas: list[Schema]) -> Iterator[tuple[Any, Json, list[Schema]]]:
    """The keys of ``data``, what stands at each, and what ``schemas`` say about it."""
    if isinstance(data, dict):
        for key, item in data.items():
            yield key, item, of_key(schemas, key)
    elif isinstance(data, list):
        below = [schema["items"] for schema in schemas if "items" in schema]
        for index, item in enumerate(data):
            yield index, item, below


def of_key(schemas: list[Schema], key: str) -> list[Schema]:
    """What ``schemas`` say about the value at ``key``."""
    found: list[Schema] = []
    for schema in schemas:
        matching = [below for name, below in schema.get("patternProperties", {}).items() if re.search(name, key)]
        if key in schema.get("properties", {}):
            matching.append(schema["properties"][key])
        if not matching and isinstance(schema.get("additionalProperties"), Mapping):
            matching.append(schema["additionalProperties"])
        found.extend(matching)
    return found
