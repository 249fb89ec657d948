"""Custom fields of an application: reading, and the batch write with its checks (SmartRecruiters facts, 3.3)."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import TYPE_CHECKING, Any

from engine.clock import parse_iso
from sandbox.smartrecruiters import shapes
from sandbox.smartrecruiters.places import COUNTRIES, CURRENCIES
from sandbox.smartrecruiters.tenant import USERS
from sandbox.smartrecruiters.wire import Answer, ApiError, Request, no_content, ok

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.smartrecruiters.records import Application, Property
    from sandbox.smartrecruiters.tenant import Tenant

_CONTEXTS = ("PROFILE", "OFFER_FORM", "HIRE_FORM", "OFFER_APPROVAL_FORM")
_MISSING = object()


def values(tenant: Tenant, request: Request) -> Answer:
    """``GET …/properties``: ``{}`` when there is no value; every field of the sandbox is shown on the profile."""
    application = tenant.application(request.params)
    context = request.one("context")
    if context and context not in _CONTEXTS:
        raise ApiError(400, "BAD_REQUEST", "Unknown context")
    return ok(_shown(tenant, application, request.base_url) if context in ("", "PROFILE") else {})


def _shown(tenant: Tenant, application: Application, base: str) -> dict[str, Any]:
    known = tenant.properties()
    content = [
        shapes.property_value(known[key], value, base) for key, value in application.values.items() if key in known
    ]
    return {"content": content} if content else {}


def primary_values(tenant: Tenant, request: Request) -> Answer:
    """The deprecated ``GET /candidates/{id}/properties``: those of the primary application."""
    ranked = tenant.candidate(request.params["id"]).ranked()
    return ok(_shown(tenant, ranked[0], request.base_url) if ranked else {})


def write_batch(tenant: Tenant, request: Request) -> Answer:
    """``PUT …/properties``: a bare array of 1–100 ``{"id", "value"}``; 204."""
    application = tenant.application(request.params)
    items = _items(request.json())
    checked, first_error = _check_all(tenant, items)
    if first_error is not None and tenant.switches.batch == "atomic":
        raise first_error
    _apply(tenant, application, checked)
    if first_error is not None:
        raise first_error
    return no_content()


def write_one(tenant: Tenant, request: Request) -> Answer:
    """The deprecated ``PUT …/properties/{propertyId}``: 204."""
    application = tenant.application(request.params)
    item = {**request.json_object(), "id": request.params["propertyId"]}
    _apply(tenant, application, [_check(tenant, item)])
    return no_content()


def _items(body: Any) -> list[dict[str, Any]]:
    if not isinstance(body, list) or not 1 <= len(body) <= 100:
        raise ApiError(400, "BAD_REQUEST", "The body must be an array of 1 to 100 properties")
    if not all(isinstance(item, dict) and isinstance(item.get("id"), str) for item in body):
        raise ApiError(400, "BAD_REQUEST", "Each property needs an id")
    if max(Counter(item["id"] for item in body).values()) > 1:
        raise ApiError(400, "DUPLICATE_PROPERTIES", "A property appears twice")
    return body


def _check_all(tenant: Tenant, items: list[dict[str, Any]]) -> tuple[list[tuple[str, Any]], ApiError | None]:
    checked, first_error = [], None
    for item in items:
        try:
            checked.append(_check(tenant, item))
        except ApiError as error:
            first_error = first_error or error
    return checked, first_error


def _check(tenant: Tenant, item: dict[str, Any]) -> tuple[str, Any]:
    definition = _definition(tenant, item["id"])
    value = item.get("value", _MISSING)
    if value is not _MISSING:
        _CHECKS[definition.type](tenant, definition, value)
    return definition.id, value


def _definition(tenant: Tenant, property_id: str) -> Property:
    try:
        found = tenant.properties().get(str(uuid.UUID(property_id)))
    except ValueError:
        found = None
    if found is None:
        raise ApiError(404, "PROPERTY_NOT_FOUND", "Property not found")
    if found.label in [label.strip() for label in str(tenant.switches.locked_fields).split(",")]:
        raise ApiError(400, "INACCESSIBLE_FIELD", "The field is not accessible")
    return found


def _apply(tenant: Tenant, application: Application, checked: list[tuple[str, Any]]) -> None:
    before = dict(application.values)
    for property_id, value in checked:
        if value is _MISSING:
            application.values.pop(property_id, None)
        else:
            application.values[property_id] = value
    if application.values != before:
        tenant.touch(tenant.candidates[application.candidate_id], "properties")
        tenant.echo("application.fields.updated", application)


def _number(tenant: Tenant, _definition: Property, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ApiError(400, "INVALID_TEXT_FORMAT", "A number is needed")
    if not abs(value) <= tenant.switches.number_limit:
        raise ApiError(400, "INVALID_NUMBER_RANGE", "The number is out of range")


def _percent(_tenant: Tenant, _definition: Property, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ApiError(400, "INVALID_TEXT_FORMAT", "A number is needed")
    if not 0 <= value <= 100:
        raise ApiError(400, "INVALID_NUMBER_RANGE", "A percentage is from 0 to 100")


def _text(tenant: Tenant, _definition: Property, value: Any) -> None:
    limit = tenant.switches.text_limit
    if not isinstance(value, str) or (limit and len(value) > limit):
        raise ApiError(400, "INVALID_TEXT_FORMAT", "A text is needed, within the limit")


def _boolean(_tenant: Tenant, _definition: Property, value: Any) -> None:
    if not isinstance(value, bool):
        raise ApiError(400, "INVALID_TEXT_FORMAT", "true or false is needed")


def _date(_tenant: Tenant, _definition: Property, value: Any) -> None:
    try:
        parse_iso(value)
    except (TypeError, ValueError):
        raise ApiError(400, "INVALID_DATE_RANGE", "A date is needed") from None


def _option(_tenant: Tenant, definition: Property, value: Any) -> None:
    if not isinstance(value, str) or value not in definition.options:
        raise ApiError(400, "VALUE_NOT_FOUND", "The field has no such option")


def _country(_tenant: Tenant, _definition: Property, value: Any) -> None:
    if not isinstance(value, str) or value not in COUNTRIES:
        raise ApiError(400, "COUNTRY_NOT_FOUND", "Unknown country")


def _region(_tenant: Tenant, _definition: Property, value: Any) -> None:
    country, dash, region = value.partition("-") if isinstance(value, str) else ("", "", "")
    if country not in COUNTRIES or not dash or not region:
        raise ApiError(400, "REGION_NOT_FOUND", "Unknown region")


def _user(_tenant: Tenant, _definition: Property, value: Any) -> None:
    if not isinstance(value, str) or value not in USERS:
        raise ApiError(400, "USER_NOT_FOUND", "Unknown user")


def _currency(tenant: Tenant, definition: Property, value: Any) -> None:
    if not isinstance(value, dict) or str(value.get("code")) not in CURRENCIES:
        raise ApiError(400, "CURRENCY_NOT_FOUND", "Unknown currency")
    _number(tenant, definition, value.get("value"))


_CHECKS: dict[str, Callable[[Tenant, Property, Any], None]] = {
    "NUMBER": _number,
    "PERCENT": _percent,
    "TEXT": _text,
    "BOOLEAN": _boolean,
    "DATE": _date,
    "SINGLE_SELECT": _option,
    "COUNTRY": _country,
    "REGION": _region,
    "USER": _user,
    "CURRENCY": _currency,
}


def shown(definition: Property, value: Any) -> str:
    """A value as a recruiter sees it."""
    if definition.type == "SINGLE_SELECT":
        return definition.options.get(value, str(value))
    if definition.type == "CURRENCY":
        return f"{value['value']} {value['code']}"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str(value)
