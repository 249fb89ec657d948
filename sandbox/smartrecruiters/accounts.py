"""Who is calling and what they may do: X-SmartToken, OAuth client credentials, scopes (facts, 2.2)."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote

from sandbox.smartrecruiters.wire import Answer, ApiError, Request, ok

if TYPE_CHECKING:
    from sandbox.clock import SandboxClock
    from sandbox.contract import Switches

SCOPES = [
    "candidates_read",
    "candidates_create",
    "candidates_manage",
    "candidates_status_read",
    "candidate_status_read",
    "jobs_read",
    "jobs_manage",
    "job_applications_read",
    "configuration_read",
    "configuration_manage",
    "company_read",
    "messages_write",
    "messages_manage",
    "messages_read",
    "reviews_read",
    "reviews_write",
    "users_read",
    "users_manage",
    "user_me_read",
    "webhooks_read",
    "webhooks_write",
    "webhooks_delete",
    "webhooks_manage",
    "candidates_offers_read",
]
RIGHTS = ("attachments", "properties", "tags", "status")
_NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}


@dataclass(frozen=True, slots=True)
class _Token:
    expires_at: float
    scopes: frozenset[str]


class Accounts:
    """Checks credentials. Two are known: one API key, one OAuth client, both under the ``permissions`` switch."""

    def __init__(self, switches: Switches, clock: SandboxClock) -> None:
        self._switches, self._clock = switches, clock
        self._tokens: dict[str, _Token] = {}
        self._read: tuple[str, frozenset[str]] = ("", frozenset())
        self.tokens_given = 0

    def identify(self, headers: dict[str, str]) -> tuple[str, frozenset[str] | None]:
        """(credential, what it may do); None for the latter when the request is not signed in."""
        key = headers.get("x-smarttoken")
        if key is not None:
            good = hmac.compare_digest(key.encode(), str(self._switches.api_key).encode())
            return ("api-key", self.allowed()) if good else ("unknown", None)
        scheme, _, value = headers.get("authorization", "").partition(" ")
        token = self._tokens.get(value) if scheme.lower() == "bearer" else None
        if token is None or token.expires_at <= self._clock.now():
            return "unknown", None
        return "oauth-client", self.allowed() & token.scopes

    def allowed(self) -> frozenset[str]:
        """The scopes and rights that the ``permissions`` switch gives."""
        text = str(self._switches.permissions)
        if self._read[0] != text:
            self._read = (text, _permissions(text))
        return self._read[1]

    def token(self, request: Request) -> Answer:
        """``POST /identity/oauth/token``: form body or HTTP basic."""
        form = {
            key: values[0] for key, values in parse_qs(request.body.decode("latin-1"), keep_blank_values=True).items()
        }
        client = _basic(request.headers.get("authorization", "")) or (
            form.get("client_id"),
            form.get("client_secret"),
        )
        if client != (self._switches.client_id, self._switches.client_secret):
            return _refused(401, "invalid_client")
        if form.get("grant_type") != "client_credentials":
            return _refused(400, "unsupported_grant_type")
        asked = form.get("scope", " ".join(SCOPES)).split()
        if not asked or not set(asked) <= set(SCOPES):
            return _refused(400, "invalid_scope")
        return ok(self._issue(asked), headers=_NO_STORE)

    def _issue(self, scopes: list[str]) -> dict[str, object]:
        value, ttl_s = f"DCRA1-{secrets.token_hex(16)}", int(self._switches.token_ttl_s)
        self._tokens[value] = _Token(self._clock.now() + ttl_s, frozenset([*scopes, *RIGHTS]))
        self.tokens_given += 1
        return {"access_token": value, "token_type": "Bearer", "expires_in": ttl_s, "scope": " ".join(scopes)}


def _permissions(text: str) -> frozenset[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    everything = {*SCOPES, *RIGHTS}
    given = everything if "all" in names else {name for name in names if not name.startswith("-")}
    if not given & set(RIGHTS):
        given = given | set(RIGHTS)
    return frozenset(given - {name[1:] for name in names if name.startswith("-")})


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote(name), unquote(password)


def _refused(status: int, error: str) -> Answer:
    return ok({"error": error}, status, _NO_STORE)


def require(allowed: frozenset[str], scopes: tuple[str, ...], right: str = "") -> None:
    """One of ``scopes`` and, if named, the role's ``right``. Raises ApiError 403."""
    if (not scopes or not allowed.isdisjoint(scopes)) and (not right or right in allowed):
        return
    code = "NO_PERMISSION_TO_MANAGE_WEBHOOKS" if scopes and scopes[0].startswith("webhooks") else "PERMISSION_DENIED"
    raise ApiError(403, code, "You are not permitted to do this")
