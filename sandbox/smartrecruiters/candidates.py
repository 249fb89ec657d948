"""Candidates: details, creation in the talent pool and on a job, change, deletion (SmartRecruiters facts, 3.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.smartrecruiters import shapes
from sandbox.smartrecruiters.sources import API
from sandbox.smartrecruiters.wire import Answer, ApiError, Request, filled, no_content, ok

if TYPE_CHECKING:
    from sandbox.smartrecruiters.records import Candidate, SourceRef
    from sandbox.smartrecruiters.tenant import Tenant

_REQUIRED = ("firstName", "lastName", "email")
_CHANGEABLE = (*_REQUIRED, "phoneNumber", "location", "web")
_KEPT = (*_CHANGEABLE, "education", "experience")
_SHAPES: tuple[tuple[tuple[str, ...], type], ...] = (
    (("firstName", "lastName", "email", "phoneNumber"), str),
    (("location", "web"), dict),
    (("education", "experience", "tags"), list),
    (("internal",), bool),
)
_WORDS = {str: "a text", dict: "an object", list: "a list", bool: "true or false"}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def details(tenant: Tenant, request: Request) -> Answer:
    """``GET /candidates/{id}``: an unknown id answers 401 as well, the only error the API documents there."""
    candidate_id = request.params["id"]
    try:
        candidate = tenant.candidate(candidate_id, denied_status=401)
    except ApiError as error:
        raise ApiError(401 if error.status == 404 else error.status, error.code, "Candidate access denied") from None
    return ok(shapes.candidate_details(tenant, candidate, request.base_url))


def create(tenant: Tenant, request: Request) -> Answer:
    """``POST /candidates``: a LEAD in the talent pool."""
    body, source = _checked(tenant, request)
    return _created(tenant, request, _found_or_new(tenant, body, source))


def create_on_job(tenant: Tenant, request: Request) -> Answer:
    """``POST /jobs/{jobId}/candidates``: the person and their application."""
    job = tenant.job(request.params["jobId"])
    body, source = _checked(tenant, request)
    candidate = _found_or_new(tenant, body, source)
    if job.id not in candidate.applications:
        tenant.emit_application("application.created", tenant.assign(candidate, job, source))
    return _created(tenant, request, candidate)


def _created(tenant: Tenant, request: Request, candidate: Candidate) -> Answer:
    return ok(shapes.candidate_details(tenant, candidate, request.base_url), 201)


def _checked(tenant: Tenant, request: Request) -> tuple[dict[str, Any], SourceRef]:
    body = request.json_object()
    _check_shape(body)
    for name in _REQUIRED:
        if not isinstance(body.get(name), str) or not body[name].strip():
            raise ApiError(400, "BAD_REQUEST", f"{name} is required")
    _check_email(body["email"])
    body["tags"] = _checked_tags(tenant, body.get("tags") or [])
    if len(body["tags"]) > 100:
        raise ApiError(400, "TOO_MANY_TAGS", "A candidate has at most 100 tags")
    return body, _source(tenant, body.get("sourceDetails"))


def _check_shape(body: dict[str, Any]) -> None:
    for names, kind in _SHAPES:
        for name in names:
            if body.get(name) is not None and not isinstance(body[name], kind):
                raise ApiError(400, "BAD_REQUEST", f"{name} must be {_WORDS[kind]}")


def _check_email(email: object) -> None:
    if not isinstance(email, str) or not _EMAIL.fullmatch(email):
        raise ApiError(400, "INVALID_EMAIL_FORMAT", "email is not an e-mail address")


def _source(tenant: Tenant, details: object) -> SourceRef:
    if details is None:
        return API
    if not isinstance(details, dict):
        raise ApiError(400, "BAD_REQUEST", "sourceDetails must be an object")
    return tenant.sources.chosen(details, unknown=(404, "SOURCE_TYPE_NOT_FOUND"), missing="SOURCE_NOT_FOUND")


def _found_or_new(tenant: Tenant, body: dict[str, Any], source: SourceRef) -> Candidate:
    known = tenant.known(body["email"], body["lastName"])
    if known is not None and tenant.switches.duplicate_post == "return":
        return known
    if known is not None and tenant.switches.duplicate_post == "error":
        raise ApiError(409, "CANDIDATE_ALREADY_EXISTS", "A candidate with this e-mail and last name exists")
    profile = filled({key: body.get(key) for key in _KEPT})
    candidate = tenant.add_candidate(profile, source=source, internal=bool(body.get("internal")))
    candidate.tags = list(dict.fromkeys(body["tags"]))
    return candidate


def change(tenant: Tenant, request: Request) -> Answer:
    """``PATCH /candidates/{id}``: a few keys of the profile; 409 when another person has this e-mail and name."""
    candidate = tenant.candidate(request.params["id"])
    body = request.json_object()
    unknown = [key for key in body if key not in _CHANGEABLE]
    if unknown:
        raise ApiError(400, "BAD_REQUEST", f"{unknown[0]} cannot be changed")
    _check_shape(body)
    if "email" in body:
        _check_email(body["email"])
    changed = filled({**candidate.profile, **body})
    if any(name not in changed for name in _REQUIRED):
        raise ApiError(400, "BAD_REQUEST", "firstName, lastName and email cannot be emptied")
    _rename(tenant, candidate, changed)
    tenant.touch(candidate, "profile")
    tenant.echo_candidate(candidate)
    return ok(shapes.candidate_details(tenant, candidate, request.base_url))


def _rename(tenant: Tenant, candidate: Candidate, changed: dict[str, Any]) -> None:
    other = tenant.known(changed["email"], changed["lastName"])
    if other is not None and other is not candidate:
        raise ApiError(409, "CANDIDATE_DATA_CONFLICT", "Another candidate has this e-mail and last name")
    if tenant.people.get(candidate.person_key) == candidate.id:
        del tenant.people[candidate.person_key]
    candidate.profile = changed
    tenant.people[candidate.person_key] = candidate.id


def delete(tenant: Tenant, request: Request) -> Answer:
    """``DELETE /candidates/{id}``: the person and all that hangs on them; the event carries no Link."""
    candidate = tenant.candidate(request.params["id"])
    if tenant.people.get(candidate.person_key) == candidate.id:
        del tenant.people[candidate.person_key]
    for application in list(candidate.applications.values()):
        tenant.drop_application(application)
    for key in list(candidate.attachment_ids):
        tenant.detach(tenant.files[key])
    del tenant.candidates[candidate.id]
    tenant.roster.remove(candidate)
    tenant.emit("candidate.deleted", {"id": candidate.id}, None)
    return no_content()


def tags(tenant: Tenant, request: Request) -> Answer:
    """``GET /candidates/{id}/tags``."""
    return ok({"tags": tenant.candidate(request.params["id"]).tags})


def add_tags(tenant: Tenant, request: Request) -> Answer:
    """``POST …/tags``: adds; 201 with all of them."""
    candidate = tenant.candidate(request.params["id"])
    return _keep_tags(tenant, candidate, [*candidate.tags, *_given_tags(tenant, request)])


def replace_tags(tenant: Tenant, request: Request) -> Answer:
    """``PUT …/tags``: replaces; 201."""
    candidate = tenant.candidate(request.params["id"])
    return _keep_tags(tenant, candidate, _given_tags(tenant, request))


def clear_tags(tenant: Tenant, request: Request) -> Answer:
    """``DELETE …/tags``: all of them."""
    _keep_tags(tenant, tenant.candidate(request.params["id"]), [])
    return no_content()


def _given_tags(tenant: Tenant, request: Request) -> list[str]:
    return _checked_tags(tenant, request.json_object().get("tags"))


def _checked_tags(tenant: Tenant, given: object) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(tag, str) and tag.strip() for tag in given):
        raise ApiError(400, "BAD_REQUEST", "tags must be a list of texts")
    longest = tenant.switches.tag_length
    if any(len(tag) > longest for tag in given):
        raise ApiError(400, "BAD_REQUEST", f"A tag has at most {longest} characters")
    return given


def _keep_tags(tenant: Tenant, candidate: Candidate, wanted: list[str]) -> Answer:
    unique = list(dict.fromkeys(wanted))
    if len(unique) > 100:
        raise ApiError(400, "TOO_MANY_TAGS", "A candidate has at most 100 tags")
    if unique != candidate.tags:
        candidate.tags = unique
        tenant.touch(candidate, "tags")
        tenant.echo_candidate(candidate)
    return ok({"tags": unique}, 201)
