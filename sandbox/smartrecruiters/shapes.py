"""How records look on the wire: list item, details, assignment, application (SmartRecruiters facts, 3.1–3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.smartrecruiters.places import location
from sandbox.smartrecruiters.tenant import stamp
from sandbox.smartrecruiters.wire import filled, link

if TYPE_CHECKING:
    from sandbox.smartrecruiters.records import Application, Candidate, Job, Property, SourceRef, StoredFile
    from sandbox.smartrecruiters.tenant import Tenant

_LISTED = ("firstName", "lastName", "email", "location", "applicationLanguage")


def listed_candidate(tenant: Tenant, candidate: Candidate, updated_at: float, base: str) -> dict[str, Any]:
    """An item of ``GET /candidates``: secondary assignments carry the bare job id only."""
    primary, *others = candidate.ranked()
    job = {**_job_link(primary.job_id, base), "title": tenant.jobs[primary.job_id].title}
    item = {
        "id": candidate.id,
        "internal": candidate.internal,
        **{key: value for key, value in candidate.profile.items() if key in _LISTED},
        "createdOn": stamp(candidate.created_at),
        "updatedOn": stamp(updated_at),
        "tags": candidate.tags,
        "primaryAssignment": filled({"job": job, "status": primary.status, "subStatus": primary.sub_status}),
        "secondaryAssignments": [{"job": _job_link(other.job_id, base)} for other in others],
        "actions": {
            "details": link(f"{base}/candidates/{candidate.id}"),
            "properties": link(f"{base}/candidates/{candidate.id}/properties"),
        },
    }
    return filled(item)


def candidate_details(tenant: Tenant, candidate: Candidate, base: str) -> dict[str, Any]:
    """``CandidateDetails``."""
    own = f"{base}/candidates/{candidate.id}"
    assignments = [_assignment(tenant, application, base) for application in candidate.ranked()]
    details = {
        "id": candidate.id,
        "internal": candidate.internal,
        **candidate.profile,
        "createdOn": stamp(candidate.created_at),
        "updatedOn": stamp(candidate.touched_at[-1]),
        "tags": candidate.tags,
        "primaryAssignment": assignments[0] if assignments else _lead(candidate, base),
        "secondaryAssignments": assignments[1:],
        "actions": {name: link(f"{own}/{name}") for name in ("properties", "attachments", "consent", "consents")},
    }
    return filled(details)


def _lead(candidate: Candidate, base: str) -> dict[str, Any]:
    """A person in the talent pool only: status LEAD, no job (facts, 3.1)."""
    return {"status": "LEAD", "source": candidate.source.label, **_source_link(candidate.source, base)}


def _job_link(job_id: str, base: str) -> dict[str, Any]:
    return {"id": job_id, "actions": {"details": link(f"{base}/jobs/{job_id}")}}


def _assignment(tenant: Tenant, application: Application, base: str) -> dict[str, Any]:
    job = {**_job_link(application.job_id, base), "title": tenant.jobs[application.job_id].title}
    return {"job": job, **_standing(application, base)}


def _standing(application: Application, base: str) -> dict[str, Any]:
    source = application.source
    reason = "reasonOfWithdrawal" if application.status == "WITHDRAWN" else "reasonOfRejection"
    return filled(
        {
            "status": application.status,
            "subStatus": application.sub_status,
            "startsOn": application.starts_on,
            "source": source.label,
            reason: application.reason,
            **_source_link(source, base),
        }
    )


def _source_link(source: SourceRef, base: str) -> dict[str, Any]:
    url = f"{base}/configuration/sources/{source.type_id}/values/{source.value_id}"
    return {"actions": {"sourceDetails": link(url)}}


def application_details(tenant: Tenant, application: Application, base: str) -> dict[str, Any]:
    """``GET /candidates/{id}/jobs/{jobId}``."""
    own = {"applicationId": application.id} if tenant.switches.application_ids else {}
    url = f"{base}/candidates/{application.candidate_id}/jobs/{application.job_id}"
    return {**own, **_standing(application, base), "url": url}


def property_value(definition: Property, value: Any, base: str) -> dict[str, Any]:
    """One custom field with its value; ``valueLabel`` for an option."""
    shown = {"id": definition.id, "label": definition.label, "type": definition.type, "value": value}
    if definition.type == "SINGLE_SELECT":
        shown["valueLabel"] = definition.options.get(value, "")
    configuration = link(f"{base}/configuration/candidate-properties/{definition.id}")
    return {**shown, "actions": {"configuration": configuration}}


def attachment(stored: StoredFile, base: str) -> dict[str, Any]:
    url = f"{base}/candidates/attachments/{stored.id}"
    actions = {"download": link(url), "remove": link(url, "DELETE")}
    shown = {"id": stored.id, "name": stored.name, "type": stored.type, "contentType": stored.content_type}
    return {**shown, "actions": actions}


def listed_job(job: Job, base: str) -> dict[str, Any]:
    """An item of ``GET /jobs``: no text of the ad."""
    return filled(
        {
            "id": job.id,
            "title": job.title,
            "refNumber": f"REF{job.number}X",
            "createdOn": stamp(job.created_at),
            "updatedOn": stamp(job.updated_at),
            "lastActivityOn": stamp(job.last_activity_at),
            "department": {"id": str(900000 + job.number), "label": job.department} if job.department else None,
            "location": location(job.city, job.country_code),
            "status": job.status,
            "postingStatus": "PUBLIC",
            "language": {"code": "en", "label": "English", "labelNative": "English (US)"},
            "actions": {"details": link(f"{base}/jobs/{job.id}")},
        }
    )
