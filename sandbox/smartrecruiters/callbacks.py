"""How a webhook leaves: the loopback rule, the signature, one POST with a deadline (SmartRecruiters facts, 4)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

_READ_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Reply:
    """What a receiver answered: its status and headers (names in lower case); body cut at 64 KiB."""

    status: int
    headers: dict[str, str]
    body: bytes


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine; nothing is ever sent elsewhere."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def signature(secret_key: str, timestamp: str, body: bytes, headers: dict[str, str]) -> str:
    """``hex(HMAC-SHA256(key, six parts joined by dots))``; a header that is not there counts as empty."""
    named = [headers.get(name, "") for name in ("event-id", "event-name", "event-version", "link")]
    message = b".".join([timestamp.encode(), body, *(part.encode() for part in named)])
    return hmac.new(secret_key.encode(), message, hashlib.sha256).hexdigest()


def post(url: str, body: bytes, headers: dict[str, str], timeout_s: float) -> Reply | None:
    """One POST to a loopback receiver; None when no answer came in time. Redirects are not followed."""
    if not is_loopback(url):
        return None
    parts, deadline = urlsplit(url), time.monotonic() + timeout_s
    connection = _connection(parts, timeout_s)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body=body, headers=headers)
        answer = connection.getresponse()
        reply = Reply(
            answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read(_READ_BYTES)
        )
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return reply if time.monotonic() <= deadline else None


def _connection(parts: SplitResult, timeout_s: float) -> http.client.HTTPConnection:
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=timeout_s)


def authentication_headers(how: dict[str, Any], timeout_s: float) -> dict[str, str]:
    """The headers that ``callbackAuthentication`` asks for."""
    if how.get("type") == "basic":
        return {"authorization": _basic(how["username"], how["password"])}
    if how.get("type") == "header":
        return {str(how["headerName"]).lower(): str(how["headerValue"])}
    if how.get("type") == "oauth2":
        return _bearer(how, timeout_s)
    return {}


def _basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def _bearer(how: dict[str, Any], timeout_s: float) -> dict[str, str]:
    form = (
        f"grant_type=client_credentials&client_id={quote(how['clientId'])}&client_secret={quote(how['clientSecret'])}"
    )
    headers = {"content-type": "application/x-www-form-urlencoded"}
    reply = post(how["tokenServiceUrl"], form.encode(), headers, timeout_s)
    try:
        return {"authorization": f"Bearer {json.loads(reply.body)['access_token']}"} if reply else {}
    except (ValueError, KeyError, TypeError):
        return {}
