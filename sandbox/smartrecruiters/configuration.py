"""Configuration: company, custom fields and their options, sources, reasons, processes, users (facts, 3.3, 3.5)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from sandbox.smartrecruiters.applications import REJECTION_REASONS, SUB_STATUSES, WITHDRAWAL_REASONS
from sandbox.smartrecruiters.sources import TYPES
from sandbox.smartrecruiters.tenant import ME, USERS, stamp
from sandbox.smartrecruiters.wire import Answer, ApiError, Request, link, no_content, ok

if TYPE_CHECKING:
    from sandbox.smartrecruiters.records import Property, SourceRef
    from sandbox.smartrecruiters.tenant import Tenant


def _listed(content: list[Any]) -> Answer:
    return ok({"totalFound": len(content), "content": content})


def company(tenant: Tenant, _request: Request) -> Answer:
    """``GET /configuration/company``."""
    identifier = tenant.switches.company
    place = {"country": "United States", "countryCode": "us", "city": "Denver"}
    return ok({"identifier": identifier, "name": f"{identifier} Inc.", "location": place})


def candidate_properties(tenant: Tenant, request: Request) -> Answer:
    """``GET /configuration/candidate-properties``: the definitions."""
    return _listed([_definition(item, request.base_url) for item in tenant.properties().values()])


def candidate_property(tenant: Tenant, request: Request) -> Answer:
    return ok(_definition(_property(tenant, request), request.base_url))


def _definition(item: Property, base: str) -> dict[str, Any]:
    url = f"{base}/configuration/candidate-properties/{item.id}"
    actions = {"details": link(url)}
    if item.type == "SINGLE_SELECT":
        actions["values"] = link(f"{url}/values")
    availability = {"toUsers": "ALL", "context": ["PROFILE"], "forOrgFields": []}
    shown = {"id": item.id, "label": item.label, "type": item.type}
    return {**shown, "availability": availability, "actions": actions}


def _property(tenant: Tenant, request: Request) -> Property:
    found = tenant.properties().get(request.params["id"])
    if found is None:
        raise ApiError(404, "CANDIDATE_PROPERTY_NOT_FOUND", "Candidate property not found")
    return found


def _select(tenant: Tenant, request: Request) -> Property:
    found = _property(tenant, request)
    if found.type != "SINGLE_SELECT":
        raise ApiError(400, "CANDIDATE_PROPERTY_NOT_SINGLE_SELECT", "The property has no options")
    return found


def options(tenant: Tenant, request: Request) -> Answer:
    """``GET …/{id}/values``: the options of a SINGLE_SELECT."""
    return _listed([{"id": key, "label": label} for key, label in _select(tenant, request).options.items()])


def option(tenant: Tenant, request: Request) -> Answer:
    key = _option(_select(tenant, request), request)
    return ok({"id": key, "label": _select(tenant, request).options[key]})


def add_option(tenant: Tenant, request: Request) -> Answer:
    """``POST …/{id}/values`` ``{id?, label}``: 201."""
    found, body = _select(tenant, request), request.json_object()
    label = _label(found, body)
    key = str(body.get("id") or uuid.uuid4())
    if key in found.options:
        raise ApiError(409, "CANDIDATE_PROPERTY_VALUE_ID_ALREADY_EXISTS", "The id is taken")
    found.options[key] = label
    return ok({"id": key, "label": label}, 201)


def rename_option(tenant: Tenant, request: Request) -> Answer:
    """``PUT …/{id}/values/{valueId}`` ``{label}``: 201."""
    found = _select(tenant, request)
    key = _option(found, request)
    found.options[key] = _label(found, request.json_object())
    return ok({"id": key, "label": found.options[key]}, 201)


def remove_option(tenant: Tenant, request: Request) -> Answer:
    """``DELETE …/{id}/values/{valueId}``: 204; the last one stays."""
    found = _select(tenant, request)
    key = _option(found, request)
    if len(found.options) == 1:
        raise ApiError(400, "CANDIDATE_PROPERTY_LAST_VALUE", "The last option cannot be removed")
    del found.options[key]
    return no_content()


def _option(found: Property, request: Request) -> str:
    key = request.params["valueId"]
    if key not in found.options:
        raise ApiError(404, "CANDIDATE_PROPERTY_VALUE_NOT_FOUND", "Option not found")
    return key


def _label(found: Property, body: dict[str, Any]) -> str:
    label = body.get("label")
    if not isinstance(label, str) or not 1 <= len(label) <= 1000:
        raise ApiError(400, "BAD_REQUEST", "label must have 1 to 1000 characters")
    if label in found.options.values():
        raise ApiError(409, "CANDIDATE_PROPERTY_VALUE_LABEL_ALREADY_EXISTS", "The label is taken")
    return label


def rejection_reasons(_tenant: Tenant, _request: Request) -> Answer:
    return _listed([{"id": key, "label": label} for key, label in REJECTION_REASONS.items()])


def withdrawal_reasons(_tenant: Tenant, _request: Request) -> Answer:
    return _listed([{"id": key, "label": label} for key, label in WITHDRAWAL_REASONS.items()])


def hiring_processes(_tenant: Tenant, _request: Request) -> Answer:
    """``GET /configuration/hiring-processes``: where the sub-status labels come from."""
    process = {"id": "5c1a0000a1b2c3d4e5f60001", "name": "Default", "active": True, "subStatuses": SUB_STATUSES}
    return _listed([process])


def departments(tenant: Tenant, _request: Request) -> Answer:
    found = {str(900000 + job.number): job.department for job in tenant.jobs.values() if job.department}
    return _listed([{"id": key, "label": label} for key, label in found.items()])


def job_properties(_tenant: Tenant, _request: Request) -> Answer:
    return _listed([])


def source_types(_tenant: Tenant, request: Request) -> Answer:
    """``GET /configuration/sources``."""
    base = f"{request.base_url}/configuration/sources"
    return _listed(
        [
            {
                "id": key,
                "label": label,
                "subtypes": [{"id": subtype} for subtype in subtypes],
                "actions": {"values": link(f"{base}/{key}/values")},
            }
            for key, (label, subtypes) in TYPES.items()
        ]
    )


def source_values(tenant: Tenant, request: Request) -> Answer:
    """``GET /configuration/sources/{sourceType}/values``: by limit and offset."""
    kind, subtype = request.params["sourceType"], request.one("sourceSubType")
    if kind not in TYPES or (subtype and subtype not in TYPES[kind][1]):
        raise ApiError(400, "SOURCE_TYPE_AND_SUBTYPE_INVALID", "Unknown source type or subtype")
    limit, offset = request.whole_number("limit", 10, 1, 100), request.whole_number("offset", 0, 0, 1_000_000)
    found = [item for item in tenant.sources.values.values() if item.type_id == kind]
    found = [item for item in found if not subtype or item.subtype_id == subtype]
    content = [_source(item, request.base_url) for item in found[offset : offset + limit]]
    return ok({"limit": limit, "offset": offset, "totalFound": len(found), "content": content})


def source_value(tenant: Tenant, request: Request) -> Answer:
    """``GET /configuration/sources/{sourceType}/values/{sourceValueId}``."""
    found = tenant.sources.values.get(request.params["sourceValueId"])
    if request.params["sourceType"] not in TYPES:
        raise ApiError(400, "SOURCE_TYPE_INVALID", "Unknown source type")
    if found is None or found.type_id != request.params["sourceType"]:
        raise ApiError(404, "SOURCE_NOT_FOUND", "Source not found")
    return ok(_source(found, request.base_url))


def source_by_identifier(tenant: Tenant, request: Request) -> Answer:
    """``GET /configuration/sources/{sourceIdentifier}``."""
    found = tenant.sources.values.get(request.params["sourceType"])
    if found is None:
        raise ApiError(404, "SOURCE_NOT_FOUND", "Source not found")
    return ok({"label": found.label, "type": {"id": found.type_id}, "subType": {"id": found.subtype_id}})


def _source(item: SourceRef, base: str) -> dict[str, Any]:
    url = f"{base}/configuration/sources/{item.type_id}/values/{item.value_id}"
    shown = {"id": item.value_id, "label": item.label, "sourceSubType": {"id": item.subtype_id}}
    return {**shown, "actions": {"sourceDetails": link(url)}}


def users(tenant: Tenant, request: Request) -> Answer:
    """``GET /user-api/v201804/users``: no ``totalFound``."""
    limit = request.whole_number("limit", 100, 1, 100)
    return ok({"limit": limit, "content": [_user(tenant, key) for key in list(USERS)[:limit]]})


def user(tenant: Tenant, request: Request) -> Answer:
    """``GET /user-api/v201804/users/{id}``."""
    if request.params["id"] not in USERS:
        raise ApiError(404, "USER_NOT_FOUND", "User not found")
    return ok(_user(tenant, request.params["id"]))


def me(tenant: Tenant, _request: Request) -> Answer:
    """``GET /user-api/v201804/users/me``."""
    return ok(_user(tenant, ME))


def _user(tenant: Tenant, user_id: str) -> dict[str, Any]:
    known = USERS[user_id]
    shown = {key: known[key] for key in ("id", "email", "firstName", "lastName", "active")}
    role = {"id": known["role"], "name": known["role"].capitalize()}
    return {**shown, "systemRole": role, "language": {"code": "en"}, "updatedOn": stamp(tenant.started_at)}
