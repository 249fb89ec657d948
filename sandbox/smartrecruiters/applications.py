"""Applications, addressed by (candidate, job): reading, status, source, history, answers (facts, 3.2)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from sandbox.smartrecruiters import shapes
from sandbox.smartrecruiters.tenant import stamp
from sandbox.smartrecruiters.wire import Answer, ApiError, Request, filled, no_content, ok

if TYPE_CHECKING:
    from sandbox.smartrecruiters.records import Application
    from sandbox.smartrecruiters.tenant import Tenant

STATUSES = frozenset(
    ["LEAD", "NEW", "IN_REVIEW", "INTERVIEW", "OFFERED", "HIRED", "REJECTED", "WITHDRAWN", "TRANSFERRED"]
)
SUB_STATUSES: dict[str, list[str]] = {
    "IN_REVIEW": ["Screened", "Skima Shortlisted", "Manager Review"],
    "INTERVIEW": ["Phone Interview", "On-site Interview"],
    "OFFERED": ["Offer Sent", "Offer Accepted"],
}
REJECTION_REASONS = {
    "5b1a0000a1b2c3d4e5f60001": "Not enough experience",
    "5b1a0000a1b2c3d4e5f60002": "Position filled",
    "5b1a0000a1b2c3d4e5f60003": "Other",
}
WITHDRAWAL_REASONS = {
    "5b1b0000a1b2c3d4e5f60001": "Accepted another offer",
    "5b1b0000a1b2c3d4e5f60002": "No longer interested",
}
_REASONS = {"REJECTED": REJECTION_REASONS, "WITHDRAWN": WITHDRAWAL_REASONS}
_ONBOARDING = ("READY_TO_ONBOARD", "ONBOARDING_SUCCESSFUL", "ONBOARDING_FAILED")


def details(tenant: Tenant, request: Request) -> Answer:
    """``GET /candidates/{id}/jobs/{jobId}``."""
    return ok(shapes.application_details(tenant, tenant.application(request.params), request.base_url))


def by_id(tenant: Tenant, request: Request) -> Answer:
    """``GET /job-applications-api/v202112/job-applications/{applicationId}``."""
    application_id = request.params["applicationId"]
    try:
        uuid.UUID(application_id)
    except ValueError:
        raise ApiError(400, "INVALID_JOB_APPLICATION_ID", "Not an id of a job application") from None
    application = tenant.applications.get(application_id)
    if application is None:
        raise ApiError(404, "JOB_APPLICATION_NOT_FOUND", "Job application not found")
    tenant.candidate(application.candidate_id)
    return ok(
        filled(
            {
                "status": application.status,
                "subStatus": application.sub_status,
                "sourceIdentifier": application.source.value_id,
                "createDate": stamp(application.created_at),
                "profileId": application.candidate_id,
                "jobId": application.job_id,
            }
        )
    )


def set_status(tenant: Tenant, request: Request) -> Answer:
    """``PUT …/status``: 204, or the codes of the facts."""
    application = tenant.application(request.params, denied_status=401)
    body = request.json_object()
    status = body.get("status")
    if not isinstance(status, str) or status not in STATUSES:
        raise ApiError(400, "BAD_REQUEST", "Unknown status")
    reason = _reason(status, body.get("reason"))
    sub_status = _sub_status(status, body.get("subStatus"))
    now = tenant.now()
    application.status, application.sub_status, application.reason = status, sub_status, reason
    application.starts_on = str(body.get("startsOn") or "")
    application.updated_at = now
    application.history.append((now, status, sub_status))
    tenant.touch(tenant.candidates[application.candidate_id], "status")
    tenant.echo("application.status.updated", application)
    return no_content()


def _reason(status: str, reason_id: object) -> dict[str, str]:
    if reason_id is None:
        return {}
    if status not in _REASONS:
        raise ApiError(400, "NO_REASON_SUPPORT_FOR_STATUS", "A reason goes with REJECTED and WITHDRAWN only")
    label = _REASONS[status].get(str(reason_id))
    if label is None:
        raise ApiError(400, "REASON_NOT_FOUND", "Reason not found")
    return {"id": str(reason_id), "label": label}


def _sub_status(status: str, sub_status: object) -> str:
    known = SUB_STATUSES.get(status, [])
    if sub_status in (None, ""):
        return ""
    if sub_status not in known:
        raise ApiError(400, "REQUIRED_SUB_STATUS_OMITTED", "The hiring process knows no such sub-status")
    return str(sub_status)


def history(tenant: Tenant, request: Request) -> Answer:
    """``GET …/status/history``, newest first."""
    application = tenant.application(request.params)
    content = [
        filled({"changedOn": stamp(moment), "status": status, "subStatus": sub}) | {"actions": {}}
        for moment, status, sub in reversed(application.history)
    ]
    return ok({"totalFound": len(content), "content": content})


def set_source(tenant: Tenant, request: Request) -> Answer:
    """``PUT …/source``: 204."""
    application = tenant.application(request.params, denied_status=401)
    details = request.json_object()
    application.source = tenant.sources.chosen(
        details, unknown=(400, "INVALID_SOURCE_TYPE"), missing="INVALID_SOURCE"
    )
    application.updated_at = tenant.now()
    tenant.echo("application.source.updated", application)
    return no_content()


def screening_answers(tenant: Tenant, request: Request) -> Answer:
    """``GET …/screening-answers``."""
    answers = tenant.application(request.params).answers
    return ok({"totalFound": len(answers), "content": answers})


def onboarding(tenant: Tenant, request: Request) -> Answer:
    """``GET …/onboardingStatus``."""
    application = _hired(tenant.application(request.params))
    return ok({"onboardingStatus": application.onboarding or _ONBOARDING[0]})


def set_onboarding(tenant: Tenant, request: Request) -> Answer:
    """``PUT …/onboardingStatus``: 204."""
    application = _hired(tenant.application(request.params))
    wanted = request.json_object().get("onboardingStatus")
    if wanted not in _ONBOARDING:
        raise ApiError(400, "BAD_REQUEST", "Unknown onboardingStatus")
    application.onboarding = str(wanted)
    tenant.echo("application.onboarding-status.updated", application)
    return no_content()


def _hired(application: Application) -> Application:
    if application.status != "HIRED":
        raise ApiError(404, "ONBOARDING_STATUS_NOT_ACTIVE", "Onboarding status is not active")
    return application


def remove(tenant: Tenant, request: Request) -> Answer:
    """``DELETE /candidates/{id}/jobs/{jobId}``: no event tells of it (facts, 4)."""
    tenant.drop_application(tenant.application(request.params))
    return no_content()


def answer(answer_id: str, question: str, value: str) -> dict[str, Any]:
    """One free-text screening answer in the API's shape."""
    values = [{"id": value, "label": value}]
    fields = [{"id": "value", "label": "Value", "values": values}]
    named = {"id": answer_id, "type": "textarea", "category": answer_id, "name": question, "label": question}
    return {**named, "records": [{"fields": fields}]}
