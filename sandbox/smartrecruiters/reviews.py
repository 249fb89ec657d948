"""Reviews: a person's rating of a candidate at a job (SmartRecruiters facts, 3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.smartrecruiters.tenant import ME, USERS, stamp
from sandbox.smartrecruiters.wire import Answer, ApiError, Request, filled, no_content, ok

if TYPE_CHECKING:
    from sandbox.smartrecruiters.tenant import Tenant


def listed(tenant: Tenant, request: Request) -> Answer:
    """``GET /reviews?candidateId&jobId``: an array."""
    wanted = {key: request.one(key) for key in ("candidateId", "jobId") if request.one(key)}
    found = [review for review in tenant.reviews.values() if wanted.items() <= review.items()]
    return ok(found)


def one(tenant: Tenant, request: Request) -> Answer:
    return ok(_review(tenant, request))


def create(tenant: Tenant, request: Request) -> Answer:
    """``POST /reviews``: 201; 422 for what does not exist."""
    body = request.json_object()
    candidate = tenant.candidates.get(str(body.get("candidateId")))
    if candidate is None:
        raise ApiError(422, "CANDIDATE_NOT_FOUND", "Candidate not found")
    if body.get("jobId") not in list(tenant.jobs):
        raise ApiError(422, "JOB_NOT_FOUND", "Job not found")
    application = candidate.applications.get(body["jobId"])
    if application is None:
        raise ApiError(422, "APPLICATION_NOT_FOUND", "The candidate is not assigned to this job")
    now = stamp(tenant.now())
    review = filled(
        {
            "id": tenant.new_id("review"),
            "candidateId": candidate.id,
            "jobId": application.job_id,
            "reviewerId": _reviewer(body),
            "overallRating": _rating(body),
            "comment": body.get("comment"),
            "createdOn": body.get("createdOn") or now,
            "updatedOn": now,
        }
    )
    tenant.reviews[review["id"]] = review
    _tell(tenant, "review.created", review)
    return ok(review, 201)


def change(tenant: Tenant, request: Request) -> Answer:
    """``PATCH /reviews/{reviewId}``: 204; ``reviewerId`` must be the review's."""
    review, body = _review(tenant, request), request.json_object()
    if body.get("reviewerId") != review["reviewerId"]:
        raise ApiError(422, "REVIEWER_ID_DOES_NOT_MATCH", "Another reviewer's review")
    if "overallRating" in body:
        review["overallRating"] = _rating(body)
    if "comment" in body:
        review["comment"] = body["comment"]
    review["updatedOn"] = stamp(tenant.now())
    _tell(tenant, "review.updated", review)
    return no_content()


def remove(tenant: Tenant, request: Request) -> Answer:
    """``DELETE /reviews/{reviewId}?reviewerId=``: 204."""
    review = _review(tenant, request)
    if request.one("reviewerId") != review["reviewerId"]:
        raise ApiError(422, "REVIEWER_ID_DOES_NOT_MATCH", "Another reviewer's review")
    del tenant.reviews[review["id"]]
    _tell(tenant, "review.deleted", review)
    return no_content()


def _review(tenant: Tenant, request: Request) -> dict[str, Any]:
    review = tenant.reviews.get(request.params["reviewId"])
    if review is None:
        raise ApiError(404, "REVIEW_NOT_FOUND", "Review not found")
    return review


def _rating(body: dict[str, Any]) -> int:
    rating = body.get("overallRating")
    if isinstance(rating, bool) or not isinstance(rating, int) or not 1 <= rating <= 5:
        raise ApiError(422, "INVALID_OVERALL", "overallRating is from 1 to 5")
    return rating


def _reviewer(body: dict[str, Any]) -> str:
    reviewer = str(body.get("reviewerId") or ME)
    if reviewer not in USERS:
        raise ApiError(422, "NON_EXISTING_REVIEWER", "Reviewer not found")
    return reviewer


def _tell(tenant: Tenant, event: str, review: dict[str, Any]) -> None:
    application = tenant.candidates[review["candidateId"]].applications[review["jobId"]]
    body = {"application_id": application.id, "review_id": review["id"]}
    tenant.emit(event, body, f"/reviews-api/v201910/reviews/{review['id']}")
