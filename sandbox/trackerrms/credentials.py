"""Who may call the pretend TrackerRMS: static token, OAuth tokens, JWTs, legacy credentials (TrackerRMS facts, A3).

In: tokens and credential blocks as callers send them. Out: grants, or nothing where a credential is not accepted.
Everything issued here is random and worth nothing elsewhere.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.clock import SandboxClock
from sandbox.trackerrms.switches import TrackerSwitches

CLIENT_ID = "EvoApi_1.0"
OK, USER_NOT_FOUND, USER_NOT_ACTIVE, NOT_OVERWRITTEN, INVALID = 0, 1, 2, 3, 99


@dataclass(frozen=True, slots=True)
class Granted:
    """A JWT and when it ends (UTC seconds)."""

    jwt: str
    expires_at: float


class Credentials:
    """What has been issued and still counts."""

    def __init__(self, switches: TrackerSwitches, clock: SandboxClock) -> None:
        self._switches, self._clock = switches, clock
        self._lock = threading.Lock()
        self._jwts: dict[str, float] = {}
        self._access: dict[str, float] = {}
        self._refresh: set[str] = set()
        self._codes: dict[str, str] = {}
        self.exchanges = 0

    def exchange(self, token: str) -> Granted | None:
        """A JWT for the static token or a living OAuth access token. By default it kills every earlier JWT."""
        with self._lock:
            if not token or (token != self._switches.static_token and not self._lives(self._access, token)):
                return None
            if self._switches.exchange_invalidates:
                self._jwts.clear()
            expires_at = self._clock.now() + self._switches.jwt_life_s
            granted = Granted(_jwt(expires_at), expires_at)
            self._jwts[granted.jwt] = expires_at
            self.exchanges += 1
            return granted

    def accepts_jwt(self, header: str | None) -> bool:
        """Whether an Authorization header carries a JWT that still counts."""
        scheme, _, token = (header or "").partition(" ")
        return scheme.lower() == "bearer" and self._lives(self._jwts, token.strip())

    def authorize(self, redirect_uri: str) -> str:
        """A code as the consent page hands it out."""
        code = secrets.token_urlsafe(16)
        with self._lock:
            self._codes[code] = redirect_uri
        return code

    def token(self, form: Mapping[str, str]) -> tuple[dict[str, Any] | None, str]:
        """The answer of the token endpoint, or None and OAuth's error code."""
        secret = form.get("client_secret", "")
        if form.get("client_id") != CLIENT_ID or secret != self._switches.client_secret:
            return None, "invalid_client"
        with self._lock:
            if form.get("grant_type") == "authorization_code":
                return self._by_code(form)
            if form.get("grant_type") == "refresh_token":
                return self._by_refresh(form.get("refresh_token", ""))
        return None, "unsupported_grant_type"

    def legacy(self, block: Any, authorization: str | None) -> int:
        """The legacy status of a credentials block and header: 0, or why not. Exactly one kind may be given."""
        given = {key: str(value) for key, value in block.items() if value} if isinstance(block, Mapping) else {}
        scheme, _, bearer = (authorization or "").partition(" ")
        kinds = [key for key in ("oauthtoken", "apikey") if key in given]
        kinds += ["user"] if "username" in given or "password" in given else []
        kinds += ["header"] if scheme.lower() == "bearer" and bearer else []
        if len(kinds) != 1:
            return INVALID if kinds else USER_NOT_FOUND
        return self._legacy_kind(kinds[0], given, bearer.strip())

    def _legacy_kind(self, kind: str, given: Mapping[str, str], bearer: str) -> int:
        if kind == "apikey":
            return OK if given["apikey"] == self._switches.api_key else USER_NOT_FOUND
        if kind == "user":
            known = (self._switches.username, self._switches.password)
            if (given.get("username"), given.get("password")) != known:
                return USER_NOT_FOUND
            return OK if self._switches.user_active else USER_NOT_ACTIVE
        token = given["oauthtoken"] if kind == "oauthtoken" else bearer
        return OK if self._lives(self._access, token) else USER_NOT_FOUND

    def _by_code(self, form: Mapping[str, str]) -> tuple[dict[str, Any] | None, str]:
        redirect_uri = self._codes.pop(form.get("code", ""), None)
        if redirect_uri is None or form.get("redirect_uri", redirect_uri) != redirect_uri:
            return None, "invalid_grant"
        return self._issue(None), ""

    def _by_refresh(self, token: str) -> tuple[dict[str, Any] | None, str]:
        if token not in self._refresh:
            return None, "invalid_grant"
        if not self._switches.oauth_rotate:
            return self._issue(token), ""
        self._refresh.discard(token)
        return self._issue(None), ""

    def _issue(self, refresh: str | None) -> dict[str, Any]:
        access = secrets.token_urlsafe(24)
        refresh = refresh or secrets.token_urlsafe(24)
        life_s = self._switches.oauth_life_s
        self._access[access] = self._clock.now() + life_s
        self._refresh.add(refresh)
        return {"access_token": access, "token_type": "bearer", "expires_in": life_s, "refresh_token": refresh}

    def _lives(self, issued: Mapping[str, float], token: str) -> bool:
        return self._clock.now() < issued.get(token, 0.0)


def _jwt(expires_at: float) -> str:
    """A token of a JWT's shape; what counts is the server's own list, as its signature is noise."""
    parts = [{"alg": "HS256", "typ": "JWT"}, {"sub": "sandbox", "exp": int(expires_at)}]
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*coded, secrets.token_urlsafe(32)])
