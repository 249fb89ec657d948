"""The pretend API's table: method, path, handler, the scopes of which one is needed (endpoint index of the specs)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.smartrecruiters import (
    applications,
    attachments,
    candidates,
    configuration,
    jobs,
    listing,
    messages,
    properties,
    reviews,
)

if TYPE_CHECKING:
    from sandbox.smartrecruiters.subscriptions import Subscriptions
    from sandbox.smartrecruiters.tenant import Tenant
    from sandbox.smartrecruiters.wire import Answer, Request

    Handler = Callable[[Tenant, Request], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint. ``right`` is a right of the system role; ``waits`` runs apart, for it calls out."""

    method: str
    pattern: str
    handler: Handler
    scopes: tuple[str, ...]
    right: str = ""
    waits: bool = False
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        parts = self.pattern.split("/")
        object.__setattr__(self, "names", tuple(part[1:-1] for part in parts if part.startswith("{")))

    @property
    def endpoint(self) -> str:
        return f"{self.method} {self.pattern}"


_READ, _CREATE, _MANAGE = ("candidates_read",), ("candidates_create",), ("candidates_manage",)
_HISTORY = ("candidates_read", "candidate_status_read", "candidates_status_read")
_CONFIGURATION, _CONFIGURE = ("configuration_read",), ("configuration_manage",)
_PERSON, _APPLICATION = "/candidates/{id}", "/candidates/{id}/jobs/{jobId}"
_FIELD = "/configuration/candidate-properties/{id}"
_REVIEWS, _USERS, _HOOKS = (
    "/reviews-api/v201910/reviews",
    "/user-api/v201804/users",
    "/webhooks-api/v201907/subscriptions",
)


def _people() -> list[Route]:
    return [
        Route("GET", "/candidates", listing.candidates, _READ),
        Route("POST", "/candidates", candidates.create, _CREATE),
        Route("POST", "/jobs/{jobId}/candidates", candidates.create_on_job, _CREATE),
        Route("GET", _PERSON, candidates.details, _READ),
        Route("PATCH", _PERSON, candidates.change, _MANAGE),
        Route("DELETE", _PERSON, candidates.delete, _MANAGE),
        Route("GET", f"{_PERSON}/tags", candidates.tags, _READ),
        Route("POST", f"{_PERSON}/tags", candidates.add_tags, _MANAGE, "tags"),
        Route("PUT", f"{_PERSON}/tags", candidates.replace_tags, _MANAGE, "tags"),
        Route("DELETE", f"{_PERSON}/tags", candidates.clear_tags, _MANAGE, "tags"),
        Route("GET", f"{_PERSON}/properties", properties.primary_values, _READ),
        Route("GET", f"{_PERSON}/attachments", attachments.of_primary, _READ),
        Route("GET", "/candidates/attachments/{attachmentId}", attachments.download, _READ),
        Route("DELETE", "/candidates/attachments/{attachmentId}", attachments.remove, _MANAGE, "attachments"),
    ]


def _applications() -> list[Route]:
    at = _APPLICATION
    by_id = "/job-applications-api/v202112/job-applications/{applicationId}"
    return [
        Route("GET", at, applications.details, _READ),
        Route("DELETE", at, applications.remove, _MANAGE),
        Route("GET", by_id, applications.by_id, ("job_applications_read",)),
        Route("PUT", f"{at}/status", applications.set_status, _MANAGE, "status"),
        Route("GET", f"{at}/status/history", applications.history, _HISTORY),
        Route("PUT", f"{at}/source", applications.set_source, _MANAGE),
        Route("GET", f"{at}/screening-answers", applications.screening_answers, _READ),
        Route("GET", f"{at}/onboardingStatus", applications.onboarding, _READ),
        Route("PUT", f"{at}/onboardingStatus", applications.set_onboarding, _MANAGE),
        Route("GET", f"{at}/properties", properties.values, _READ),
        Route("PUT", f"{at}/properties", properties.write_batch, _MANAGE, "properties"),
        Route("PUT", f"{at}/properties/{{propertyId}}", properties.write_one, _MANAGE, "properties"),
        Route("GET", f"{at}/attachments", attachments.listed, _READ),
        Route("POST", f"{at}/attachments", attachments.upload, _CREATE, "attachments"),
    ]


def _talk() -> list[Route]:
    return [
        Route("POST", "/messages/shares", messages.share, ("messages_write",)),
        Route("DELETE", "/messages/shares/{id}", messages.remove, ("messages_manage",)),
        Route("GET", "/messages", messages.search, ("messages_read",)),
        Route("GET", _REVIEWS, reviews.listed, ("reviews_read",)),
        Route("POST", _REVIEWS, reviews.create, ("reviews_write",)),
        Route("GET", f"{_REVIEWS}/{{reviewId}}", reviews.one, ("reviews_read",)),
        Route("PATCH", f"{_REVIEWS}/{{reviewId}}", reviews.change, ("reviews_write",)),
        Route("DELETE", f"{_REVIEWS}/{{reviewId}}", reviews.remove, ("reviews_write",)),
    ]


def _jobs() -> list[Route]:
    read = ("jobs_read",)
    return [
        Route("GET", "/jobs", jobs.listed, read),
        Route("GET", "/jobs/{jobId}", jobs.details, read),
        Route("GET", "/jobs/{jobId}/jobads", jobs.ads, read),
        Route("GET", "/jobs/{jobId}/jobads/{jobAdId}", jobs.ad, read),
        Route("GET", "/jobs/{jobId}/hiring-team", jobs.hiring_team, read),
        Route("PUT", "/jobs/{jobId}/status", jobs.set_status, ("jobs_manage",)),
        Route("GET", "/jobs/{jobId}/status/history", jobs.history, read),
    ]


def _configuration() -> list[Route]:
    base, one = "/configuration", f"{_FIELD}/values/{{valueId}}"
    values = f"{base}/sources/{{sourceType}}/values"
    return [
        Route("GET", f"{base}/company", configuration.company, ("company_read", "configuration_read")),
        Route("GET", f"{base}/candidate-properties", configuration.candidate_properties, _CONFIGURATION),
        Route("GET", _FIELD, configuration.candidate_property, _CONFIGURATION),
        Route("GET", f"{_FIELD}/values", configuration.options, _CONFIGURATION),
        Route("POST", f"{_FIELD}/values", configuration.add_option, _CONFIGURE),
        Route("GET", one, configuration.option, _CONFIGURATION),
        Route("PUT", one, configuration.rename_option, _CONFIGURE),
        Route("DELETE", one, configuration.remove_option, _CONFIGURE),
        Route("GET", f"{base}/rejection-reasons", configuration.rejection_reasons, _CONFIGURATION),
        Route("GET", f"{base}/withdrawal-reasons", configuration.withdrawal_reasons, _CONFIGURATION),
        Route("GET", f"{base}/hiring-processes", configuration.hiring_processes, _CONFIGURATION),
        Route("GET", f"{base}/departments", configuration.departments, _CONFIGURATION),
        Route("GET", f"{base}/job-properties", configuration.job_properties, _CONFIGURATION),
        Route("GET", f"{base}/sources", configuration.source_types, _CONFIGURATION),
        Route("GET", f"{base}/sources/{{sourceType}}", configuration.source_by_identifier, _CONFIGURATION),
        Route("GET", values, configuration.source_values, _CONFIGURATION),
        Route("GET", f"{values}/{{sourceValueId}}", configuration.source_value, _CONFIGURATION),
        Route("GET", _USERS, configuration.users, ("users_read",)),
        Route("GET", f"{_USERS}/me", configuration.me, ("users_read", "user_me_read")),
        Route("GET", f"{_USERS}/{{id}}", configuration.user, ("users_read",)),
    ]


def _webhooks(of: Subscriptions) -> list[Route]:
    read, write = ("webhooks_read", "webhooks_manage"), ("webhooks_write", "webhooks_manage")
    one = f"{_HOOKS}/{{id}}"
    return [
        Route("POST", _HOOKS, of.create, write),
        Route("GET", _HOOKS, of.listed, read),
        Route("GET", one, of.one, read),
        Route("DELETE", one, of.remove, ("webhooks_delete", "webhooks_manage")),
        Route("PUT", f"{one}/activation", of.activate, write, waits=True),
        Route("POST", f"{one}/secret-key", of.new_key, write),
        Route("GET", f"{one}/secret-key", of.key, read),
        Route("GET", f"{one}/callbacks-log", of.log, read),
    ]


class Router:
    """Finds the route of a path in a tree of its parts; a literal part goes before a named one."""

    def __init__(self, subscriptions: Subscriptions) -> None:
        self._tree: dict[str, Any] = {}
        table = [*_people(), *_applications(), *_talk(), *_jobs(), *_configuration(), *_webhooks(subscriptions)]
        for route in table:
            self._add(route)

    def _add(self, route: Route) -> None:
        node = self._tree
        for part in route.pattern.split("/")[1:]:
            node = node.setdefault("{}" if part.startswith("{") else part, {})
        node.setdefault("", {})[route.method] = route

    def find(self, path: str) -> tuple[dict[str, Route], list[str]]:
        """The routes of a path by method, and the values of its named parts; ({}, []) for an unknown path."""
        node, values = self._tree, []
        for part in path.split("/")[1:]:
            if not part:
                return {}, []
            following = node.get(part)
            if following is None:
                following = node.get("{}")
                values.append(part)
            if following is None:
                return {}, []
            node = following
        return node.get("", {}), values
