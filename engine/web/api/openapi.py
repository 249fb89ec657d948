"""The OpenAPI 3.1 document of the API, made from the declarations that answer it."""

from __future__ import annotations

from collections.abc import Sequence

from engine import __version__
from engine.model import Json
from engine.web.api.declared import Endpoint, Parameter

_ERRORS = {
    "400": "A parameter is wrong; `hint` says what is right.",
    "401": "No key, or none that is known.",
    "403": "The key's role is too low.",
    "404": "Not there, or not to be seen with this key.",
    "409": "What is there does not allow it now.",
    "429": "Too many tries failed from this address.",
    "503": "The store cannot be used now; ask again.",
}


def document(prefix: str, endpoints: Sequence[Endpoint]) -> dict[str, Json]:
    """The document of ``endpoints``, whose paths begin behind ``prefix``."""
    paths: dict[str, dict[str, Json]] = {}
    for endpoint in endpoints:
        paths.setdefault(prefix + endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    schemes = {"key": {"type": "http", "scheme": "bearer", "description": "A key of `fieldwright keys create`."}}
    told = {"error": {"type": "string"}, "hint": {"type": "string"}}
    error = {"type": "object", "required": ["error"], "properties": told}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Fieldwright", "version": __version__},
        "security": [{"key": []}],
        "paths": paths,
        "components": {"securitySchemes": schemes, "schemas": {"Error": error}},
    }


def _operation(endpoint: Endpoint) -> dict[str, Json]:
    in_body = [one for one in endpoint.parameters if one.place == "body"]
    told: dict[str, Json] = {
        "summary": endpoint.about,
        "description": f"Needs the role {endpoint.role}.",
        "parameters": [_parameter(one) for one in endpoint.parameters if one.place != "body"],
        "responses": {"200": {"description": "Done.", "content": _content({"type": "object"})}, **_errors()},
    }
    if in_body:
        schema = {
            "type": "object",
            "required": [one.name for one in in_body if one.required],
            "properties": {one.name: {**_schema(one), "description": one.about} for one in in_body},
            "additionalProperties": False,
        }
        told["requestBody"] = {"required": True, "content": _content(schema)}
    return told


def _parameter(one: Parameter) -> dict[str, Json]:
    place = {"name": one.name, "in": one.place, "required": one.required, "description": one.about}
    return {**place, "schema": _schema(one)}


def _schema(one: Parameter) -> dict[str, Json]:
    return {**one.schema, **({"enum": list(one.one_of)} if one.one_of else {})}


def _errors() -> dict[str, Json]:
    content = _content({"$ref": "#/components/schemas/Error"})
    return {status: {"description": about, "content": content} for status, about in _ERRORS.items()}


def _content(schema: dict[str, Json]) -> dict[str, Json]:
    return {"application/json": {"schema": schema}}
