"""Webhook subscriptions: created inactive, activated by a handshake, keyed, logged (SmartRecruiters facts, 4)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sandbox.smartrecruiters import callbacks
from sandbox.smartrecruiters.deliveries import Deliveries, Subscription
from sandbox.smartrecruiters.listing import after, page_id
from sandbox.smartrecruiters.tenant import stamp
from sandbox.smartrecruiters.wire import Answer, ApiError, Request, next_link, no_content, ok

if TYPE_CHECKING:
    from sandbox.smartrecruiters.tenant import Tenant

EVENTS = frozenset(
    [
        "job.created",
        "job.updated",
        "job.status.updated",
        "job.hiring-team.updated",
        "job.ad.created",
        "job.ad.updated",
        "job.ad.postings.updated",
        "position.created",
        "position.updated",
        "position.deleted",
        "application.created",
        "application.status.updated",
        "application.fields.updated",
        "application.onboarding-status.updated",
        "application.attachment.created",
        "application.source.updated",
        "application.screening-answers.created",
        "application.screening-answers.updated",
        "candidate.created",
        "candidate.updated",
        "candidate.deleted",
        "offer.created",
        "offer.updated",
        "offer.approval.created",
        "offer.approval.approved",
        "offer.approval.rejected",
        "offer.approval.abandoned",
        "offer.approval.step.approved",
        "offer.approval.step.rejected",
        "offer.approver.skipped",
        "offer.approver.delegated",
        "offer.approval.comment.created",
        "job.approval.created",
        "job.approval.approved",
        "job.approval.rejected",
        "job.approval.abandoned",
        "job.approval.step.approved",
        "job.approval.step.rejected",
        "job.approver.skipped",
        "job.approver.delegated",
        "job.approval.comment.created",
        "review.created",
        "review.updated",
        "review.deleted",
        "onboarding.process.started",
        "onboarding.assignments.high-priority.completed",
        "onboarding.assignments.completed",
    ]
)
_MOST = 20
_MOST_KEYS = 16
_OLD_KEY_LIVES_S = 86_400.0
_LOG_KEPT_S = 30 * 86_400.0
_AUTHENTICATION = {
    "basic": ("username", "password"),
    "header": ("headerName", "headerValue"),
    "oauth2": ("clientId", "clientSecret", "tokenServiceUrl"),
}


class Subscriptions:
    """The resource's handlers, over the deliveries' own table."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries
        self._known = deliveries.subscriptions

    def create(self, tenant: Tenant, request: Request) -> Answer:
        """``POST /subscriptions``: events as names in, as objects out; inactive."""
        body = request.json_object()
        if len(self._known) >= _MOST:
            raise ApiError(403, "SUBSCRIPTIONS_LIMIT_EXCEEDED", f"At most {_MOST} subscriptions")
        url, events = _url(tenant, body), _events(body)
        subscription = Subscription(tenant.new_id("subscription"), url, events, _authentication(body))
        self._known[subscription.id] = subscription
        return ok(_shown(tenant, subscription), 201)

    def listed(self, tenant: Tenant, request: Request) -> Answer:
        """``GET /subscriptions``: a plain array and a Link."""
        limit, start = request.whole_number("limit", 10, 1, 100), after(request, "subscriptions", "page_id")
        found = list(self._known.values())
        headers = {}
        if start + limit < len(found):
            following = page_id("subscriptions", start + limit)
            headers["link"] = next_link("/subscriptions", request.query, following, "page_id")
        return ok([_shown(tenant, item) for item in found[start : start + limit]], headers=headers)

    def one(self, tenant: Tenant, request: Request) -> Answer:
        """``GET /subscriptions/{id}``."""
        return ok(_shown(tenant, self._find(request)))

    def remove(self, _tenant: Tenant, request: Request) -> Answer:
        """``DELETE /subscriptions/{id}``: 204; what waits for it is dropped."""
        del self._known[self._find(request).id]
        return no_content()

    def activate(self, tenant: Tenant, request: Request) -> Answer:
        """``PUT /subscriptions/{id}/activation``: the handshake; 204, 409 when active, 424 when it fails."""
        subscription = self._find(request)
        if subscription.active:
            raise ApiError(409, "SUBSCRIPTION_ALREADY_ACTIVE", "Subscription already activated")
        if not _shakes_hands(tenant, subscription):
            raise ApiError(424, "WEBHOOK_HANDSHAKE_FAILED", "Webhook activation handshake failed")
        with tenant.clock.moved:
            subscription.active, subscription.failures = True, 0
        return no_content()

    def new_key(self, tenant: Tenant, request: Request) -> Answer:
        """``POST /subscriptions/{id}/secret-key``: 201; the key before lives for 24 hours more."""
        subscription, now = self._find(request), tenant.now()
        live = [
            (secret, expires_at) for secret, expires_at in subscription.keys if not expires_at or expires_at > now
        ]
        if len(live) >= _MOST_KEYS:
            raise ApiError(403, "SECRET_KEYS_LIMIT_EXCEEDED", f"At most {_MOST_KEYS} live keys")
        ageing = [(secret, expires_at or now + _OLD_KEY_LIVES_S) for secret, expires_at in live]
        subscription.keys = [*ageing, (secrets.token_urlsafe(16), None)]
        return ok({"secretKey": subscription.keys[-1][0]}, 201)

    def key(self, _tenant: Tenant, request: Request) -> Answer:
        """``GET /subscriptions/{id}/secret-key``: the newest."""
        subscription = self._find(request)
        if not subscription.keys:
            raise ApiError(404, "SECRET_KEY_NOT_FOUND", "The subscription has no secret key")
        return ok({"secretKey": subscription.keys[-1][0]})

    def log(self, tenant: Tenant, request: Request) -> Answer:
        """``GET /subscriptions/{id}/callbacks-log``: an array, newest first, of the last 30 days."""
        subscription, wanted = self._find(request), request.one("callbackStatus")
        since, until = request.moment("after"), request.moment("before")
        oldest = max(since or 0.0, tenant.now() - _LOG_KEPT_S)
        limit, start = request.whole_number("limit", 10, 1, 100), after(request, "log", "page_id")
        found = [
            entry
            for entry in reversed(subscription.log)
            if entry["at"] >= oldest and (until is None or entry["at"] < until) and wanted in ("", entry["status"])
        ]
        headers = {}
        if start + limit < len(found):
            path = f"/subscriptions/{subscription.id}/callbacks-log"
            headers["link"] = next_link(path, request.query, page_id("log", start + limit), "page_id")
        return ok([_logged(entry) for entry in found[start : start + limit]], headers=headers)

    def _find(self, request: Request) -> Subscription:
        found = self._known.get(request.params["id"])
        if found is None:
            raise ApiError(404, "SUBSCRIPTION_NOT_FOUND", "Subscription not found")
        return found


def _logged(entry: dict[str, Any]) -> dict[str, Any]:
    return {"status": entry["status"], "timestamp": stamp(entry["at"]), "requestDetails": entry["requestDetails"]}


def _shown(tenant: Tenant, subscription: Subscription) -> dict[str, Any]:
    version = tenant.switches.event_version
    return {
        "id": subscription.id,
        "callbackUrl": subscription.callback_url,
        "events": [{"name": name, "version": version} for name in subscription.events],
        "status": "active" if subscription.active else "inactive",
    }


def _url(tenant: Tenant, body: dict[str, Any]) -> str:
    url = body.get("callbackUrl")
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        good = parts is not None and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        parts, good = None, False
    if not good or parts is None:
        raise ApiError(422, "INVALID_CALLBACK_URL", "callbackUrl is not a URL")
    plain = parts.scheme == "http" and tenant.switches.http_callbacks and callbacks.is_loopback(str(url))
    if parts.scheme != "https" and not plain:
        raise ApiError(422, "INVALID_CALLBACK_URL", "callbackUrl must be https")
    return str(url)


def _events(body: dict[str, Any]) -> tuple[str, ...]:
    names = body.get("events")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise ApiError(422, "INVALID_EVENTS", "events must be a list of event names")
    unknown = [name for name in names if name not in EVENTS]
    if unknown or len(set(names)) != len(names):
        raise ApiError(422, "EVENT_NOT_FOUND", f"Unknown or repeated event: {', '.join(unknown) or 'repeated'}")
    return tuple(names)


def _authentication(body: dict[str, Any]) -> dict[str, Any]:
    how = body.get("callbackAuthentication")
    if how is None:
        return {}
    kind = how.get("type") if isinstance(how, dict) else None
    needed = _AUTHENTICATION.get(str(kind))
    if needed is None or not all(isinstance(how.get(name), str) for name in needed):
        raise ApiError(422, "INVALID_CALLBACK_AUTHENTICATION", "callbackAuthentication cannot be used")
    return dict(how)


def _shakes_hands(tenant: Tenant, subscription: Subscription) -> bool:
    timeout_s, secret = float(tenant.switches.handshake_timeout_s), secrets.token_urlsafe(24)
    headers = callbacks.authentication_headers(subscription.authentication, timeout_s)
    reply = callbacks.post(subscription.callback_url, b"", {**headers, "X-Hook-Secret": secret}, timeout_s)
    return reply is not None and reply.status == 200 and reply.headers.get("x-hook-secret") == secret
