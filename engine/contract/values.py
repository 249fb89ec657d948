"""A value that a manifest sends in; what is known of it before any event, and whether it fits a schema, out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.contract.openapi import OpenApi
from engine.contract.problems import Problem, fewest
from engine.contract.shapes import Schemas, Shape, shapes
from engine.manifest.findings import did_you_mean
from engine.manifest.node import Node
from engine.manifest.types import Kind
from engine.model import Json

LIMIT_STEPS = 20_000
_ONLY_SETTING = re.compile(r"\{\{\s*settings\.(\w+)\s*\}\}\Z")
_ONE_EXPRESSION = re.compile(r"\{\{(?:(?!\}\}).)*\}\}\Z", re.DOTALL)
_SETTING_KINDS: dict[str, Kind] = {"integer": "integer", "boolean": "boolean"}
_WORDS = {
    "text": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
    "list": "a list",
    "object": "a mapping",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """What is known of a value: the kinds it may have (None: any), and its possible values where all are known."""

    kinds: frozenset[Kind] | None = None
    values: tuple[Json, ...] | None = None


class Values:
    """Compares what is sent with schemas of one document. ``settings`` is the manifest's block of that name."""

    def __init__(self, openapi: OpenApi, settings: Node | None) -> None:
        self._openapi = openapi
        self._settings = settings
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
        sent = self.sent(node)
        if sent.kinds is not None and not any(shape.allows(kind) for kind in sent.kinds):
            return self._wrong_kind(node, shape, name, *sorted(sent.kinds))
        return list(_wrong_choice(node, shape, name, sent))

    def _object(self, node: Node, shape: Shape, name: str) -> Iterator[Problem]:
        known = shape.properties
        for key in node.data if known is not None else ():
            if known is not None and key in known:
                yield from self.problems(node[key], known[key], key)
            elif known is not None and not shape.open:
                unused = [other for other in known if other not in node.data]
                yield Problem(
                    node[key],
                    "contract-property",
                    f"the OpenAPI knows no `{key}` in {name}",
                    did_you_mean(key, unused),
                    at_key=True,
                )
        for key in sorted(shape.required - node.data.keys()):
            if not (known and key in known and self._read_only(known[key])):
                yield Problem(
                    node, "contract-property-missing", f"the OpenAPI requires `{key}` in {name}", at_key=True
                )

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
        sent = self.sent(node)
        if sent.values is None:
            return []
        misfits = [value for value in sent.values if not _fits_as_text(_as_text(value), shape)]
        if misfits:
            kinds = " or ".join(_WORDS[kind] for kind in sorted(shape.kinds or ()))
            message = f"`{name}` is sent as `{_as_text(misfits[0])[:40]}`; the OpenAPI has {kinds}"
            return [Problem(node, "contract-type", message, weight=10)]
        return list(_wrong_choice(node, shape, name, sent))

    def sent(self, node: Node) -> Sent:
        """What is known of the scalar or template at ``node``."""
        data = node.data
        if not isinstance(data, str):
            return Sent(frozenset({_kind(data)}), (data,))
        if "{{" not in data:
            return Sent(frozenset({"text"}), (data,))
        only = _ONLY_SETTING.match(data.strip())
        if only:
            return self._setting(only[1])
        return Sent(None if _ONE_EXPRESSION.match(data.strip()) else frozenset({"text"}))

    def _setting(self, name: str) -> Sent:
        setting = self._settings.get(name) if self._settings is not None else None
        if setting is None:
            return Sent()
        type_ = setting.value("type")
        values = tuple(setting.texts("of")) if type_ == "choice" else None
        return Sent(frozenset({_SETTING_KINDS.get(type_, "text")}), values)


def _wrong_choice(node: Node, shape: Shape, name: str, sent: Sent) -> Iterator[Problem]:
    allowed = [_as_text(choice) for choice in shape.choices or ()]
    for value in sent.values or () if allowed else ():
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


def _kind(value: Json) -> Kind:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return "integer" if isinstance(value, int) else "number"
