"""Who knocks at a webhook door, where that is told by a credential of the caller's: headers in, yes or no out. Pure.

Compared in constant time. Where a credential is asked for and not set, nobody has it.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping

from engine.manifest.connection import Connection
from engine.manifest.model import CallerToken, WebhookDoor


class Callers:
    """The credentials that one door asks for."""

    def __init__(self, connection: Connection, webhook: WebhookDoor) -> None:
        self._asks_basic = webhook.basic is not None
        self._basic = (connection.caller_credential or "").encode()
        self._token = webhook.token
        self._tokens = [token.encode() for token in connection.caller_tokens]

    @property
    def header(self) -> str:
        """The name of the header that carries the token; empty where none is asked for."""
        return self._token.header if self._token is not None else ""

    def is_known(self, headers: Mapping[str, str]) -> bool:
        """Whether the caller's Basic authentication is the one of the door, if it has one."""
        if not self._asks_basic:
            return True
        fits = hmac.compare_digest(_basic_of(headers.get("authorization", "")), self._basic)
        return fits and bool(self._basic)

    def has_token(self, rule: CallerToken, headers: Mapping[str, str]) -> bool:
        """Whether the caller's token is one of the door's."""
        given = headers.get(rule.header, "").strip()
        if not given.startswith(rule.prefix):
            return False
        value = given.removeprefix(rule.prefix).encode("utf-8", "replace")
        # Every one is compared, so that the time taken tells nothing of which one fits.
        fits = [hmac.compare_digest(value, token) for token in self._tokens]
        return any(fits)


def _basic_of(header: str) -> bytes:
    """``user:password`` of an Authorization header; nothing where it holds none."""
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(encoded.strip().encode("ascii"), validate=True)
    except ValueError:
        return b""
