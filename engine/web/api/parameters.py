"""The parameters of a request, checked against what its route declares. Raises BadParameter for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.intake.strict_json import JsonRefused, read_json
from engine.manifest.findings import did_you_mean
from engine.web.api.declared import BadParameter, Endpoint, Parameter

_LONGEST = 500


def checked(
    endpoint: Endpoint, path: Mapping[str, str], query: Sequence[tuple[str, str]], body: bytes
) -> dict[str, str]:
    """The values by name."""
    in_query = _of(endpoint, "query")
    values = _texts(query, in_query)
    in_body = _of(endpoint, "body")
    if in_body:
        values |= _texts(_members(body), in_body)
    elif body.strip() not in (b"", b"{}"):
        raise BadParameter("Nothing belongs into the body of this request.")
    for one in endpoint.parameters:
        if one.required and one.place != "path" and not values.get(one.name):
            raise BadParameter(f"`{one.name}` is missing.", hint=one.about)
    return values | dict(path)


def _of(endpoint: Endpoint, place: str) -> dict[str, Parameter]:
    return {one.name: one for one in endpoint.parameters if one.place == place}


def _members(body: bytes) -> list[tuple[str, str]]:
    try:
        data = read_json(body)
    except JsonRefused as error:
        raise BadParameter(error.message, hint='Send an object, such as {"name": "text"}.') from None
    if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
        raise BadParameter("The body must be an object of texts.")
    return list(data.items())


def _texts(given: Sequence[tuple[str, str]], known: Mapping[str, Parameter]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, text in given:
        if name not in known:
            raise BadParameter(f"There is no parameter `{name[:60]}`.", hint=did_you_mean(name[:60], known) or None)
        if name in values:
            raise BadParameter(f"`{name}` is given twice.")
        values[name] = _value(known[name], text)
    return values


def _value(one: Parameter, text: str) -> str:
    if len(text) > _LONGEST or "\x00" in text:
        raise BadParameter(f"`{one.name}` is too long, or holds a NUL character.")
    if one.one_of and text not in one.one_of:
        raise BadParameter(f"There is no {one.name} `{text[:60]}`.", hint=did_you_mean(text[:60], one.one_of) or None)
    if one.schema["type"] == "integer":
        least, most = one.schema["minimum"], one.schema["maximum"]
        if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
            raise BadParameter(f"`{one.name}` must be a whole number from {least} to {most}.")
    return text
