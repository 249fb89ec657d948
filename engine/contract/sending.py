"""What a call of the manifest sends, against its endpoint: parameters and body in, problems out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.contract.calls import JSON_TYPE, Body, Call, Parameter
from engine.contract.openapi import OpenApi
from engine.contract.problems import Problem, compared_names, fewest
from engine.contract.shapes import Shape, shapes
from engine.contract.values import Values
from engine.manifest.build.node import Node
from engine.manifest.findings import Severity, did_you_mean

_FORM, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
_MEDIA = {"json": JSON_TYPE, "form": _FORM, "multipart": _MULTIPART}
# The OpenAPI says of these three that they are not described as parameters; the others every client sends.
_ALWAYS = frozenset({"accept", "content-type", "authorization", "user-agent", "cookie", "accept-encoding"})


@dataclass(frozen=True, slots=True)
class Beside:
    """What the call's API profile sends with every call: names of headers (in small letters) and of the query."""

    headers: frozenset[str] = frozenset()
    query: frozenset[str] = frozenset()


def sent_problems(openapi: OpenApi, call: Call, node: Node, values: Values, beside: Beside) -> Iterator[Problem]:
    """What is wrong with what the operation at ``node`` sends to ``call``."""
    query, headers = node.get("query"), node.get("headers")
    yield from _parameters(call, "query", node, query, values, beside.query)
    yield from _parameters(call, "header", node, headers, values, beside.headers | _ALWAYS)
    yield from _bodies(openapi, call, node, values)


def _parameters(
    call: Call, where: str, owner: Node, given: Node | None, values: Values, beside: frozenset[str]
) -> Iterator[Problem]:
    known = {_folded(found.name, where): found for found in call.parameters if found.where == where}
    sent = _named(given)
    if sent is None:
        return
    for name, node in sent.items():
        found = _declared(_folded(name, where), known)
        if found is not None:
            yield from values.as_text(node, found.schema, name)
        elif _folded(name, where) not in beside:
            unused = [other.name for other in known.values() if other.name not in sent]
            message = f"the OpenAPI knows no {_WORDS[where]} `{name}` for {call.endpoint.name}"
            severity: Severity = "error" if where == "query" else "warning"
            yield Problem(node, "contract-parameter", message, did_you_mean(name, unused), severity, at_key=True)
    there = {_folded(name, where) for name in sent} | beside
    for folded, found in known.items():
        if found.required and folded not in there and not any(name.startswith(f"{folded}[") for name in there):
            message = f"{call.endpoint.name} requires the {_WORDS[where]} `{found.name}`"
            yield Problem(owner, "contract-parameter-missing", message, at_key=True)


_WORDS = {"query": "query parameter", "header": "header"}


def _folded(name: str, where: str) -> str:
    return name.lower() if where == "header" else name


def _declared(name: str, known: Mapping[str, Parameter]) -> Parameter | None:
    """The parameter of this name; ``filter[status]`` is a part of the declared ``filter`` and fits anything."""
    if name in known:
        return known[name]
    whole = name.partition("[")[0]
    if whole != name and (whole in known or f"{whole}[]" in known):
        return Parameter(name, "query", False, None)
    return known.get(f"{name}[]")


def _named(given: Node | None) -> Mapping[str, Node] | None:
    """The parts by name; None where a template gives them all, so that their names are not known."""
    if given is None:
        return {}
    return {key: given[key] for key in given.data} if isinstance(given.data, dict) else None


def _bodies(openapi: OpenApi, call: Call, node: Node, values: Values) -> Iterator[Problem]:
    kind = next((key for key in ("json", "form", "multipart", "bytes") if key in node), None)
    if kind is None:
        if call.body is not None and call.body.required and not _may_be_empty(openapi, call.body):
            yield Problem(node, "contract-body", f"{call.endpoint.name} requires a body", at_key=True)
        return
    if call.body is None:
        message = f"the OpenAPI knows no body of {call.endpoint.name}"
        yield Problem(node[kind], "contract-body", message, "remove it", at_key=True)
        return
    if not call.body.contents:
        return
    media = _media_type(kind, node, call.body)
    if media is None:
        accepted = ", ".join(sorted(call.body.contents))
        message = f"{call.endpoint.name} takes no {kind} body"
        yield Problem(node[kind], "contract-body", message, f"the OpenAPI has: {accepted}", at_key=True)
    elif kind == "json":
        yield from values.problems(node["json"], (call.body.contents[media],), "the body")
    elif kind != "bytes":
        yield from _fields(openapi, call.body, media, node[kind], values)


def _may_be_empty(openapi: OpenApi, body: Body) -> bool:
    return all(not shape.required for schema in body.contents.values() for shape in shapes(openapi, (schema,)))


def _media_type(kind: str, node: Node, body: Body) -> str | None:
    """The documented media type that the body is sent as."""
    headers = _named(node.get("headers")) or {}
    said = [
        str(value.data).split(";")[0].strip().lower()
        for name, value in headers.items()
        if name.lower() == "content-type"
    ]
    accepted = list(body.contents)
    if kind == "bytes" and not said:
        return accepted[0]
    wanted = said[0] if said else _MEDIA[kind]
    for name in accepted:
        if name in (wanted, "*/*", f"{wanted.partition('/')[0]}/*"):
            return name
    return next((name for name in accepted if kind == "json" and not said and name.endswith("+json")), None)


def _fields(openapi: OpenApi, body: Body, media: str, node: Node, values: Values) -> Iterator[Problem]:
    fields = node.get("fields") if media == _MULTIPART and "file" in node else node
    sent = _named(fields)
    if sent is None:
        return
    file = node.get("file") if media == _MULTIPART else None
    named = {**sent, str(file.data): file} if file is not None else dict(sent)
    alternatives = shapes(openapi, (body.contents[media],))
    yield from fewest(list(_fields_against(shape, named, node, values)) for shape in alternatives)


def _fields_against(shape: Shape, sent: Mapping[str, Node], owner: Node, values: Values) -> Iterator[Problem]:
    known = shape.properties if shape.properties is not None else dict.fromkeys(sent, ())
    unknown, missing = compared_names(sent, known, shape.required)
    for name, node in sent.items():
        is_file = node.key == "file"
        if name in known:
            yield from values.as_text(node, {"allOf": list(known[name])}, name) if not is_file else ()
        elif not shape.open:
            message = f"the OpenAPI knows no `{name}` in the body"
            yield Problem(node, "contract-property", message, unknown[name], at_key=not is_file)
    for name in missing:
        yield Problem(owner, "contract-property-missing", f"the OpenAPI requires `{name}` in the body", at_key=True)
