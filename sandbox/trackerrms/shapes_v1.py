"""Records as the v1 API shows them, and v1 bodies as attribute values (names after rest-v1-observed.yaml).

``address``, ``createdDateTime`` and the names of a Resource's id are unconfirmed; the rest was seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.clock import iso
from sandbox.trackerrms.calls import Problem
from sandbox.trackerrms.database import Database
from sandbox.trackerrms.records import Opportunity, OpportunityResource, Resource

_RESOURCE = {
    "firstName": "first_name", "surname": "last_name", "jobTitle": "job_title", "employer": "employer",
    "source": "source", "note": "note", "resourceStatus": "status", "availableForWork": "available",
    "currentSalaryNum": "current_salary", "desiredSalaryNum": "desired_salary", "noticePeriod": "notice_period",
}  # fmt: skip
_NOT_TEXT = ("available", "current_salary", "desired_salary", "notice_period")
_CONTACT = {"email": "email", "mobilePhone": "mobile", "telephone": "telephone", "fax": "fax"}


def resource_view(database: Database, row: Resource) -> dict[str, Any]:
    """A Resource as GET and the searches give it."""
    view = {key: getattr(row, name) for key, name in _RESOURCE.items()}
    return {
        database.switches.resource_id_key: row.id,
        **view,
        "fullName": row.name,
        "note": database.note_of(row),
        "currentClient": {"id": -1, "name": row.employer} if row.employer else None,
        "contactDetails": {key: getattr(row, name) for key, name in _CONTACT.items()},
        "address": {"city": row.city, "country": row.country},
        "tagText": ", ".join(row.tags),
        "skills": list(row.skills),
        "createdDateTime": iso(row.created_at),
        "lastUpdatedDateTime": iso(row.updated_at),
    }


def resource_values(database: Database, body: Mapping[str, Any], *, tags: bool) -> dict[str, Any]:
    """A v1 body as attribute values: only what is there, null as null, unknown keys ignored.

    ``skills`` replaces the whole list; an unknown skill id is dropped without a word. Raises Problem 400.
    """
    values = {name: body[key] for key, name in _RESOURCE.items() if key in body}
    contact = _object(body.get("contactDetails"), "contactDetails")
    values |= {name: contact[key] for key, name in _CONTACT.items() if key in contact}
    if "currentClient" in body and "employer" not in body:
        values["employer"] = _object(body["currentClient"], "currentClient").get("name")
    for name, value in values.items():
        if name not in _NOT_TEXT and not isinstance(value, str | None):
            raise Problem(400, f"{name.replace('_', ' ')} must be text")
    if "skills" in body:
        values["skills"] = _skills(database, body["skills"] or [])
    if tags and "tagText" in body:
        values["tags"] = tag_list(body["tagText"])
    return values


def whole_number(value: Any, name: str) -> int:
    """A number, which may come as text. Raises Problem 400."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        raise Problem(400, f"{name} must be a number") from None


def tag_list(text: Any) -> list[str]:
    """A comma string as tags, without empty ones and repeats."""
    parts = (part.strip() for part in str(text or "").split(","))
    return list(dict.fromkeys(part for part in parts if part))


def _object(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value or {}, Mapping):
        raise Problem(400, f"{name} must be an object")
    return value or {}


def _skills(database: Database, given: Any) -> list[dict[str, Any]]:
    if not isinstance(given, list) or not all(isinstance(item, Mapping) for item in given):
        raise Problem(400, "skills must be a list of {id, name}")
    found = (database.skill(whole_number(item.get("id") or 0, "skills.id"), item.get("name")) for item in given)
    return [skill for skill in found if skill]


def opportunity_view(row: Opportunity) -> dict[str, Any]:
    """An Opportunity as GET and the searches give it."""
    return {
        "opportunityId": row.id,
        "opportunityName": row.name,
        "opportunityDescription": row.description + row.qualifications,
        "opportunityStatusDesc": row.status,
        "location": row.location,
        "publishOnline": row.publish_online,
        "publishTitle": row.name,
        "publishDescription": row.description + row.qualifications,
        "publishLocation": row.location,
        "publishWorkType": "Permanent",
        "publishSector": row.department,
        "publishDate": iso(row.created_at) if row.publish_online else None,
        "advertId": None,
        "advertStatus": None,
        "contact": None,
        "secondaryContact": None,
        "lastUpdatedDateTime": iso(row.updated_at),
    }


def application_view(database: Database, row: OpportunityResource, *, whole: bool = False) -> dict[str, Any]:
    """An OpportunityResource as the search gives it; ``whole`` adds what only GET by id shows."""
    resource = database.resources.get(row.resource_id)
    view = {
        "opportunityResourceId": row.id,
        "opportunityId": row.opportunity_id,
        "resourceId": row.resource_id,
        "opportunityResourceStatusId": row.status_id,
        "opportunityResourceStatusName": database.status_name(row.status_id),
        "resourceEmail": resource.email if resource else None,
        "activeRecord": "y" if row.active else "n",
        "lastUpdatedDateTime": iso(row.updated_at),
    }
    return {**view, "customFields": _custom_fields(database, row)} if whole else view


def _custom_fields(database: Database, row: OpportunityResource) -> list[dict[str, Any]]:
    known = database.switches.pairs("custom_fields")
    return [{"id": int(key), "name": name, "value": row.custom_fields.get(key)} for key, name in known.items()]
