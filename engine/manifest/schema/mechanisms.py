"""A checked document and the manifest's schema in, the numbers of the mechanisms that it uses out. Pure.

A mechanism is one way in which ATSs differ (``schemas/mechanisms.yaml``). In the manifest's schema, ``x-mechanisms``
names those that a key, or one of the values it may have, expresses; ``x-when`` gives for one of them a pattern that
the value must match, where the key alone does not tell.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from engine.manifest.schema.files import schema
from engine.manifest.schema.places import Schema, of_key, spread
from engine.model import Json


def used(document: Json) -> frozenset[int]:
    """The mechanisms that ``document``, a manifest of the right form, uses."""
    root = schema("manifest")
    return frozenset(_walk(document, [root], root))


def _walk(data: Json, schemas: list[Schema], root: Schema) -> Iterator[int]:
    meant = spread(data, schemas, root)
    for part in (*schemas, *meant):
        yield from _told(part, data)
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from _walk(value, of_key(meant, key), root)
    elif isinstance(data, list):
        below = [part["items"] for part in meant if "items" in part]
        for item in data:
            yield from _walk(item, below, root)


def _told(part: Schema, data: Json) -> Iterator[int]:
    conditions = part.get("x-when", {})
    for number in part.get("x-mechanisms", ()):
        if re.search(conditions.get(str(number), ""), json.dumps(data)):
            yield number
