"""Jobs: list, details with the ad's text, ads, status, hiring team (SmartRecruiters facts, 3.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.smartrecruiters import shapes
from sandbox.smartrecruiters.listing import after, page_id
from sandbox.smartrecruiters.tenant import ME, USERS, stamp
from sandbox.smartrecruiters.wire import Answer, ApiError, Request, link, next_link, ok

if TYPE_CHECKING:
    from sandbox.smartrecruiters.records import Job
    from sandbox.smartrecruiters.tenant import Tenant

STATUSES = frozenset(["CREATED", "SOURCING", "FILLED", "INTERVIEW", "OFFER", "CANCELLED", "ON_HOLD"])
_TEAM = (("5889cc6ee4b0215f3c7367d4", "HIRING_MANAGER"), ("5889cc6ee4b0215f3c7367d3", "RECRUITER"))


def listed(tenant: Tenant, request: Request) -> Answer:
    """``GET /jobs``: paging by ``pageId`` is whole with ``sort=job_id`` only; without it, a page is cut short."""
    limit = request.whole_number("limit", 10, 1, 100)
    by_id, start = request.one("sort") == "job_id", after(request, "jobs")
    found = [job for job in tenant.jobs.values() if _wanted(job, request)]
    found.sort(key=lambda job: job.number if by_id else -job.last_activity_at)
    offset = request.whole_number("offset", 0, 0, 1_000_000)
    rest = [job for job in found if job.number > start] if by_id else found[start + offset :]
    if start and not by_id:
        rest = rest[1:]
    page = rest[:limit]
    body: dict[str, Any] = {
        "limit": limit,
        "offset": offset,
        "totalFound": len(found),
        "content": [shapes.listed_job(job, request.base_url) for job in page],
    }
    headers = {}
    if len(rest) > limit:
        body["nextPageId"] = page_id("jobs", page[-1].number if by_id else start + limit)
        headers["link"] = next_link("/jobs", request.query, body["nextPageId"])
    elif tenant.switches.end_of_cursor == "null":
        body["nextPageId"] = None
    return ok(body, headers=headers)


def _wanted(job: Job, request: Request) -> bool:
    updated_after, active_after = request.moment("updatedAfter"), request.moment("lastActivityAfter")
    statuses = request.query.get("statuses") or request.query.get("status") or []
    departments, cities = request.query.get("department", []), request.query.get("city", [])
    return (
        (updated_after is None or job.updated_at >= updated_after)
        and (active_after is None or job.last_activity_at >= active_after)
        and (not statuses or job.status in statuses)
        and (not departments or job.department in departments)
        and (not cities or job.city in cities)
        and request.one("q").lower() in job.title.lower()
    )


def details(tenant: Tenant, request: Request) -> Answer:
    """``GET /jobs/{jobId}``: with the ad's sections; 401 when denied."""
    job = tenant.job(request.params["jobId"])
    base = f"{request.base_url}/jobs/{job.id}"
    more = {
        "template": False,
        "creator": {key: USERS[ME][key] for key in ("id", "firstName", "lastName")},
        "industry": {"id": "it_and_services", "label": "Information Technology And Services"},
        "function": {"id": "information_technology", "label": "Information Technology"},
        "typeOfEmployment": {"id": "permanent", "label": "Full-time"},
        "experienceLevel": {"id": "mid_senior_level", "label": "Mid-Senior Level"},
        "jobAd": {"sections": _sections(job), "language": {"code": "en", "label": "English"}},
        "properties": [],
        "actions": {
            "details": link(base),
            "hiringTeam": link(f"{base}/hiring-team"),
            "publications": link(f"{base}/publication?active=true"),
            "positions": link(f"{base}/positions"),
        },
    }
    return ok({**shapes.listed_job(job, request.base_url), **more})


def _sections(job: Job) -> dict[str, Any]:
    company = "<p>An example company, made up for trials.</p>"
    titled = (
        ("companyDescription", "Company Description", company),
        ("jobDescription", "Job Description", job.description_html),
        ("qualifications", "Qualifications", job.qualifications_html),
        ("additionalInformation", "Additional Information", ""),
    )
    sections: dict[str, Any] = {name: {"title": title, "text": text} for name, title, text in titled}
    return {**sections, "videos": {"urls": []}}


def ads(tenant: Tenant, request: Request) -> Answer:
    """``GET /jobs/{jobId}/jobads``: an array."""
    job = tenant.job(request.params["jobId"])
    return ok([_ad(job, request.base_url)])


def ad(tenant: Tenant, request: Request) -> Answer:
    """``GET /jobs/{jobId}/jobads/{jobAdId}``."""
    job = tenant.job(request.params["jobId"])
    shown = _ad(job, request.base_url)
    if shown["id"] != request.params["jobAdId"]:
        raise ApiError(404, "JOBAD_NOT_FOUND", "Job ad not found")
    return ok(shown)


def _ad(job: Job, base: str) -> dict[str, Any]:
    return {
        "id": f"{job.id[:-12]}0000000000ad",
        "title": job.title,
        "language": {"code": "en", "label": "English"},
        "jobAd": _sections(job),
        "createdOn": stamp(job.created_at),
        "updatedOn": stamp(job.updated_at),
        "postingStatus": "PUBLISHED",
        "default": True,
        "actions": {"postings": link(f"{base}/jobs/{job.id}/jobads")},
        "creator": {"id": ME},
        "visibility": "PUBLIC",
    }


def set_status(tenant: Tenant, request: Request) -> Answer:
    """``PUT /jobs/{jobId}/status``: answers 201."""
    job = tenant.job(request.params["jobId"], denied_status=403)
    status = request.json_object().get("status")
    if not isinstance(status, str) or status not in STATUSES:
        raise ApiError(400, "BAD_REQUEST", "Unknown status")
    now = tenant.now()
    job.status, job.updated_at, job.last_activity_at = status, now, now
    job.history.append((now, status))
    tenant.emit("job.status.updated", {"id": job.id}, f"/jobs/{job.id}")
    return ok({"status": status}, 201)


def history(tenant: Tenant, request: Request) -> Answer:
    """``GET /jobs/{jobId}/status/history``, newest first."""
    job = tenant.job(request.params["jobId"])
    content = [{"changedOn": stamp(moment), "status": status} for moment, status in reversed(job.history)]
    return ok({"totalFound": len(content), "content": content})


def hiring_team(tenant: Tenant, request: Request) -> Answer:
    """``GET /jobs/{jobId}/hiring-team``."""
    tenant.job(request.params["jobId"])
    content = [
        {"id": user, "role": role, "actions": {"details": link(f"{request.base_url}/users/{user}")}}
        for user, role in _TEAM
    ]
    return ok({"totalFound": len(content), "content": content})
