"""An endpoint of an OpenAPI in; its parameters, body and answers in one form for all versions out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.contract.openapi import Endpoint, Object, OpenApi, as_list, as_object
from engine.model import Json

JSON_TYPE = "application/json"
_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
Contents = Mapping[str, Json]
"""Media type, in small letters and without parameters → its schema; None where none is given."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A documented parameter; ``where`` is path, query, header or cookie."""

    name: str
    where: str
    required: bool
    schema: Json = field(repr=False)


@dataclass(frozen=True, slots=True)
class Body:
    """A documented request body."""

    required: bool
    contents: Contents


@dataclass(frozen=True, slots=True)
class Call:
    """What is documented of one endpoint. ``answers``: status, ``2XX`` or ``default`` → contents."""

    endpoint: Endpoint
    parameters: tuple[Parameter, ...]
    body: Body | None
    answers: Mapping[str, Contents]

    def documented(self, status: int) -> bool:
        """Whether an answer of this status is documented, by itself, by its class, or by ``default``."""
        return any(key in self.answers for key in (str(status), f"{status // 100}XX", "default"))

    def good(self) -> list[int]:
        """The documented statuses of success."""
        return sorted(int(key) for key in self.answers if key.isdigit() and key.startswith("2"))


def call_of(openapi: OpenApi, endpoint: Endpoint) -> Call:
    """What ``openapi`` documents of ``endpoint``."""
    nodes = {}
    for owner in (endpoint.shared, endpoint.own):
        for node in map(openapi.resolved, as_list(owner.get("parameters"))):
            nodes[str(node.get("name")), str(node.get("in"))] = node
    body = _swagger_body(openapi, endpoint, list(nodes.values())) if openapi.is_swagger else _body(openapi, endpoint)
    parameters = tuple(
        Parameter(name, where, node.get("required") is True, _schema_of(node))
        for (name, where), node in nodes.items()
        if where in ("path", "query", "header", "cookie")
    )
    return Call(endpoint, parameters, body, _answers(openapi, endpoint))


def _schema_of(parameter: Object) -> Json:
    for schema in _contents(parameter).values():
        return schema
    return parameter.get("schema", parameter if "type" in parameter else None)


def _contents(node: Object) -> Contents:
    return {
        _media_type(name): as_object(given).get("schema") for name, given in as_object(node.get("content")).items()
    }


def _media_type(name: str) -> str:
    return name.split(";")[0].strip().lower()


def _body(openapi: OpenApi, endpoint: Endpoint) -> Body | None:
    if "requestBody" not in endpoint.own:
        return None
    node = openapi.resolved(endpoint.own["requestBody"])
    return Body(node.get("required") is True, _contents(node))


def _swagger_body(openapi: OpenApi, endpoint: Endpoint, parameters: list[Object]) -> Body | None:
    types = [_media_type(str(name)) for name in _types(openapi, endpoint, "consumes")]
    for parameter in parameters:
        if parameter.get("in") == "body":
            schema = parameter.get("schema")
            return Body(parameter.get("required") is True, dict.fromkeys(types or [JSON_TYPE], schema))
    fields = [parameter for parameter in parameters if parameter.get("in") == "formData"]
    if not fields:
        return None
    required = [parameter.get("name") for parameter in fields if parameter.get("required") is True]
    properties = {str(parameter.get("name")): parameter for parameter in fields}
    form: Object = {"type": "object", "properties": properties, "required": required}
    return Body(bool(required), dict.fromkeys([name for name in types if name in _FORM_TYPES] or _FORM_TYPES, form))


def _types(openapi: OpenApi, endpoint: Endpoint, key: str) -> list[Json]:
    return list(as_list(endpoint.own.get(key)) or as_list(openapi.root.get(key)))


def _answers(openapi: OpenApi, endpoint: Endpoint) -> Mapping[str, Contents]:
    types = [_media_type(str(name)) for name in _types(openapi, endpoint, "produces")] or [JSON_TYPE]
    found: dict[str, Contents] = {}
    for status, node in as_object(endpoint.own.get("responses")).items():
        answer = openapi.resolved(node)
        contents = _contents(answer)
        if openapi.is_swagger and "schema" in answer:
            contents = dict.fromkeys(types, answer["schema"])
        key = str(status)
        found[key if key == "default" else key.upper()] = contents
    return found
