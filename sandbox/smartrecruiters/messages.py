"""Notes: shared messages that name their candidate inside the text (SmartRecruiters facts, 3.4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.smartrecruiters.listing import after, page_id
from sandbox.smartrecruiters.records import Message
from sandbox.smartrecruiters.tenant import ME, USERS, stamp
from sandbox.smartrecruiters.wire import Answer, ApiError, Request, next_link, no_content, ok

if TYPE_CHECKING:
    from sandbox.smartrecruiters.tenant import Tenant

_CANDIDATE = re.compile(r"#\[CANDIDATE:([^\]\s]+)\]")
_USER = re.compile(r"@\[USER:([^\]\s]+)\]")
_MOST_CHARACTERS = 10_000
_MOST_RECIPIENTS = 100


def share(tenant: Tenant, request: Request) -> Answer:
    """``POST /messages/shares``: 201 ``{id, shareRequired}``."""
    body = request.json_object()
    content, options = _content(body), body.get("shareWith") or {}
    if not isinstance(options, dict):
        raise ApiError(400, "BAD_REQUEST", "shareWith must be an object")
    recipients = _recipients(tenant, content, options)
    candidate_ids = tuple(dict.fromkeys(_CANDIDATE.findall(content)))
    _check_candidates(tenant, candidate_ids)
    message = Message(
        tenant.new_id("message"), content, tenant.now(), _visibility(options, recipients), ME, candidate_ids
    )
    tenant.messages[message.id] = message
    for candidate_id in candidate_ids:
        tenant.touch(tenant.candidates[candidate_id], "notes")
    return ok({"id": message.id, "shareRequired": False}, 201)


def _content(body: dict[str, Any]) -> str:
    content = body.get("content")
    if not isinstance(content, str) or not 1 <= len(content) <= _MOST_CHARACTERS:
        raise ApiError(400, "BAD_REQUEST", f"content must have 1 to {_MOST_CHARACTERS} characters")
    correlation = body.get("correlationId")
    return f"{content} {correlation}" if correlation else content


def _recipients(tenant: Tenant, content: str, options: dict[str, Any]) -> list[str]:
    if options.get("everyone") and options.get("openNote"):
        raise ApiError(400, "INVALID_VISIBILITY_OPTIONS", "everyone and openNote exclude each other")
    if any(user not in USERS for user in _USER.findall(content)):
        raise ApiError(400, "MENTIONED_USERS_NOT_FOUND", "A mentioned user does not exist")
    users, jobs = _texts(options, "users"), _texts(options, "hiringTeamOf")
    if len(users) + len(jobs) > _MOST_RECIPIENTS:
        raise ApiError(400, "TOO_MANY_RECIPIENTS", f"At most {_MOST_RECIPIENTS} recipients")
    if any(user not in USERS for user in users):
        raise ApiError(400, "SHARED_WITH_USERS_NOT_FOUND", "A user to share with does not exist")
    if any(job not in tenant.jobs for job in jobs):
        raise ApiError(400, "JOB_NOT_FOUND", "A job to share with does not exist")
    return [*users, *jobs]


def _texts(options: dict[str, Any], name: str) -> list[str]:
    given = options.get(name) or []
    if not isinstance(given, list) or not all(isinstance(item, str) for item in given):
        raise ApiError(400, "BAD_REQUEST", f"{name} must be a list of ids")
    return given


def _check_candidates(tenant: Tenant, candidate_ids: tuple[str, ...]) -> None:
    for candidate_id in candidate_ids:
        try:
            tenant.candidate(candidate_id)
        except ApiError:
            raise ApiError(400, "NO_ACCESS_TO_CANDIDATE", "No access to a candidate in the text") from None


def _visibility(options: dict[str, Any], recipients: list[str]) -> str:
    if options.get("everyone"):
        return "EVERYONE"
    if options.get("openNote"):
        return "OPEN"
    return "DIRECT" if recipients else "PRIVATE"


def remove(tenant: Tenant, request: Request) -> Answer:
    """``DELETE /messages/shares/{id}``: 204."""
    if tenant.messages.pop(request.params["id"], None) is None:
        raise ApiError(404, "MESSAGE_NOT_FOUND", "Message not found")
    return no_content()


def search(tenant: Tenant, request: Request) -> Answer:
    """``GET /messages?candidateId``: an array, newest first, without ids."""
    candidate_id, job_id = request.one("candidateId"), request.one("jobId")
    if candidate_id not in tenant.candidates:
        raise ApiError(400, "CANDIDATE_NOT_FOUND", "Candidate not found")
    if job_id and job_id not in tenant.jobs:
        raise ApiError(400, "JOB_NOT_FOUND", "Job not found")
    if job_id and job_id not in tenant.candidates[candidate_id].applications:
        raise ApiError(400, "APPLICATION_NOT_FOUND", "The candidate is not assigned to this job")
    limit, start = request.whole_number("limit", 10, 1, 100), after(request, "messages")
    found = of_candidate(tenant, candidate_id)
    headers = {}
    if start + limit < len(found):
        headers["link"] = next_link("/messages", request.query, page_id("messages", start + limit))
    return ok([_shown(tenant, message) for message in found[start : start + limit]], headers=headers)


def of_candidate(tenant: Tenant, candidate_id: str) -> list[Message]:
    """The messages that name the candidate, newest first."""
    return [message for message in reversed(tenant.messages.values()) if candidate_id in message.candidate_ids]


def _shown(tenant: Tenant, message: Message) -> dict[str, Any]:
    applications = [
        {"candidateId": candidate_id, "jobId": job_id}
        for candidate_id in message.candidate_ids
        if candidate_id in tenant.candidates
        for job_id in tenant.candidates[candidate_id].applications
    ]
    return {
        "content": message.content,
        "createdOn": stamp(message.created_at),
        "visibility": message.visibility,
        "authorId": message.author_id,
        "context": {"applications": applications},
    }


def readable(tenant: Tenant, message: Message) -> str:
    """The text as the recruiter's page shows it: mentions as names."""

    def name_of(match: re.Match[str]) -> str:
        candidate = tenant.candidates.get(match[1])
        return f"#{candidate.name}" if candidate else match[0]

    def user_of(match: re.Match[str]) -> str:
        user = USERS.get(match[1])
        return f"@{user['firstName']} {user['lastName']}" if user else match[0]

    return _USER.sub(user_of, _CANDIDATE.sub(name_of, message.content))
