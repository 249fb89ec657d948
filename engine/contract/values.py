"""A value that a manifest sends in; what is known of it before any event, and whether it fits a schema, out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.contract.openapi import OpenApi
from engine.contract.problems import Problem, compared_names, fewest
from engine.contract.shapes import Schemas, Shape, shapes
from engine.manifest.build.node import Node
from engine.manifest.findings import did_you_mean
from engine.manifest.language.templates import compile_template
from engine.manifest.types import ANY, Kind, Type, all_of, constant, list_of, record
from engine.manifest.types.scope import REQUEST, as_type, setting_type
from engine.manifest.types.templates import follow_template
from engine.model import Json

LIMIT_STEPS = 20_000
_WORDS = {
    "text": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
    "list": "a list",
    "object": "a mapping",
}


class Values:
    """Compares what the manifest at ``root`` sends with schemas of one document."""

    def __init__(self, openapi: OpenApi, root: Node) -> None:
        self._openapi = openapi
        self._scope = _scope(root)
        self._steps = 0

    def problems(self, node: Node, schemas: Schemas, name: str) -> list[Problem]:
        """What is wrong with the tree at ``node`` of a JSON body, of which ``schemas`` hold; ``name`` is told."""
        self._steps += 1
        if self._steps > LIMIT_STEPS:
            return []
        return fewest(self._against(node, shape, name) for shape in shapes(self._openapi, schemas))

    def as_text(self, node: Node, schema: Json, name: str) -> list[Problem]:
        """What is wrong with a value that travels as text: in a query, a header or a form."""
        return fewest(self._text_against(node, shape, name) for shape in shapes(self._openapi, (schema,)))

    def _against(self, node: Node, shape: Shape, name: str) -> list[Problem]:
        if isinstance(node.data, dict):
            return self._wrong_kind(node, shape, name, "object") or list(self._object(node, shape, name))
        if isinstance(node.data, list):
            below = [node[index] for index in range(len(node.data))] if shape.items else []
            wrong = self._wrong_kind(node, shape, name, "list")
            return wrong or [found for item in below for found in self.problems(item, shape.items or (), name)]
        return self._typed(node, self._sent(node), shape, name)

    def _typed(self, node: Node, sent: Type, shape: Shape, name: str) -> list[Problem]:
        """What is wrong with a value of which the type is known, whoever gives it."""
        kinds = sent.present.kinds
        if kinds is None:
            return []
        if not any(shape.allows(kind) for kind in kinds):
            return self._wrong_kind(node, shape, name, *sorted(kinds))
        if kinds == {"list"} and shape.items and sent.items is not None:
            return self._each(node, sent.items, shape.items, name)
        if kinds == {"object"} and shape.properties is not None and sent.keys is not None:
            return list(self._keys(node, sent, shape, name))
        return list(_wrong_choice(node, shape, name, _values(node, sent)))

    def _each(self, node: Node, sent: Type, schemas: Schemas, name: str) -> list[Problem]:
        self._steps += 1
        if self._steps > LIMIT_STEPS:
            return []
        return fewest(self._typed(node, sent, shape, name) for shape in shapes(self._openapi, schemas))

    def _keys(self, node: Node, sent: Type, shape: Shape, name: str) -> Iterator[Problem]:
        known, given = shape.properties or {}, sent.keys or {}
        unknown, missing = compared_names(given, known, shape.required)
        for key, below in given.items():
            if key in known:
                yield from self._each(node, below, known[key], key)
            elif not shape.open:
                yield Problem(node, "contract-property", f"the OpenAPI knows no `{key}` in {name}", unknown[key])
        for key in missing if not sent.open else ():
            yield Problem(node, "contract-property-missing", f"the OpenAPI requires `{key}` in {name}")

    def _object(self, node: Node, shape: Shape, name: str) -> Iterator[Problem]:
        known = shape.properties if shape.properties is not None else dict.fromkeys(node.data, ())
        unknown, missing = compared_names(node.data, known, shape.required)
        for key in node.data:
            if key in known:
                yield from self.problems(node[key], known[key], key)
            elif not shape.open:
                message = f"the OpenAPI knows no `{key}` in {name}"
                yield Problem(node[key], "contract-property", message, unknown[key], at_key=True)
        for key in missing:
            if not (key in known and self._read_only(known[key])):
                message = f"the OpenAPI requires `{key}` in {name}"
                yield Problem(node, "contract-property-missing", message, at_key=True)

    def _read_only(self, schemas: Schemas) -> bool:
        return any(shape.read_only for shape in shapes(self._openapi, schemas))

    def _wrong_kind(self, node: Node, shape: Shape, name: str, *kinds: Kind) -> list[Problem]:
        if any(shape.allows(kind) for kind in kinds):
            return []
        wanted = " or ".join(_WORDS[kind] for kind in sorted(shape.kinds or ()))
        given = " or ".join(_WORDS[kind] for kind in kinds)
        message = f"`{name}` is sent as {given}; the OpenAPI has {wanted}"
        return [Problem(node, "contract-type", message, weight=10)]

    def _text_against(self, node: Node, shape: Shape, name: str) -> list[Problem]:
        if isinstance(node.data, list):
            return self._wrong_kind(node, shape, name, "list")
        values = _values(node, self._sent(node))
        misfits = [value for value in values if not _fits_as_text(_as_text(value), shape)]
        if misfits:
            kinds = " or ".join(_WORDS[kind] for kind in sorted(shape.kinds or ()))
            message = f"`{name}` is sent as `{_as_text(misfits[0])[:40]}`; the OpenAPI has {kinds}"
            return [Problem(node, "contract-type", message, weight=10)]
        return list(_wrong_choice(node, shape, name, values))

    def _sent(self, node: Node) -> Type:
        return _type(node.data, self._scope)


def _scope(root: Node) -> Type:
    """What an operation's templates see, as far as its type is known; other names may be there too."""
    settings = record({name: setting_type(node.data) for name, node in root.items("settings")})
    names = {**(as_type(REQUEST).keys or {}), "settings": settings}
    places = (root.get("write_back") or root).get("places")
    item = (places.get("field") or places).value("item") if places is not None else None
    if item is not None:
        names["fields"] = list_of(_type(item, record(names, open=True)))
    return record(names, open=True)


def _type(data: Json, scope: Type) -> Type:
    """The type of what a tree of templates gives."""
    if isinstance(data, dict):
        return record({key: _type(below, scope) for key, below in data.items()})
    if isinstance(data, list):
        return list_of(all_of(_type(below, scope) for below in data) or ANY)
    return follow_template(compile_template(data, "value"), scope).type if isinstance(data, str) else constant(data)


def _values(node: Node, sent: Type) -> tuple[Json, ...]:
    """All that the value can be; none where that is not known."""
    return sent.one_of if isinstance(node.data, str) else (node.data,)


def _wrong_choice(node: Node, shape: Shape, name: str, values: tuple[Json, ...]) -> Iterator[Problem]:
    allowed = [_as_text(choice) for choice in shape.choices or ()]
    for value in values if allowed else ():
        if _as_text(value) not in allowed:
            message = f"the OpenAPI knows no `{_as_text(value)[:40]}` for `{name}`"
            hint = did_you_mean(_as_text(value), allowed) or f"one of: {', '.join(allowed[:20])}"
            yield Problem(node, "contract-value", message, hint)
            return


def _fits_as_text(text: str, shape: Shape) -> bool:
    if shape.kinds is None or shape.kinds & {"text", "list", "object"}:
        return True
    if text in ("true", "false"):
        return "boolean" in shape.kinds
    if re.fullmatch(r"-?[0-9]+", text):
        return bool(shape.kinds & {"integer", "number"})
    return bool(re.fullmatch(r"-?[0-9]+\.[0-9]+", text)) and "number" in shape.kinds


def _as_text(value: Json) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)
