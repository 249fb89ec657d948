"""A tree of header, query or form fields and its context in, (name, text) pairs out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from engine.errors import ExpressionError
from engine.manifest.language.templates import UNSET, Tree
from engine.model import Json

Pairs = list[tuple[str, str]]


def rendered_fields(tree: Tree | None, context: Mapping[str, Json]) -> Pairs:
    """A tree of named fields as (name, text) pairs. Raises ExpressionError where a template gives something else."""
    fields = tree.render(context) if tree else {}
    if fields is UNSET:
        return []
    if not isinstance(fields, Mapping):
        raise ExpressionError("a template of named fields gives no mapping")
    return list(pairs(fields))


def pairs(fields: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """(name, text) of each field; a list repeats its name; null has no form here and is left out."""
    for name, value in fields.items():
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                yield name, _text(item)


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
