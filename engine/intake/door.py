"""The rules of a connection's webhook door: a request in, what becomes of it out. No I/O, no server.

In order: the headers' size, the secret in the address or the caller's credential, compression, handshake, method, the
caller's token or the signature, the body's size, JSON. A stranger learns nothing: whether the connection is unknown,
the secret wrong or the signature bad, the answer is the same. What is valid JSON is admitted even where the manifest
cannot translate it: that is quarantined later.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from connectors.signatures import SignatureRejected, verify
from engine.errors import ExpressionError
from engine.intake.callers import Callers
from engine.intake.compression import Overlarge, unpacked
from engine.intake.delivered import Delivered, Knock
from engine.intake.handshake import HandsShaken, shaken_by
from engine.intake.strict_json import JsonRefused
from engine.manifest.connection import Connection
from engine.manifest.model import WebhookDoor
from engine.model import Json, RawEvent
from engine.redaction import masked_headers

LIMIT_HEADERS_BYTES = 16 * 1024
LIMIT_BODY_BYTES = 1024 * 1024
LIMIT_KEY_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Admitted:
    """To be committed; ``acknowledge`` is the status to answer after that, and not before."""

    raw: RawEvent
    acknowledge: int


@dataclass(frozen=True, slots=True)
class Turned:
    """Turned away. ``reason`` is for the counter, one of a few words, never for the stranger."""

    status: int
    reason: str


Verdict = Admitted | HandsShaken | Turned

WRONG_METHOD = Turned(405, "wrong method")
UNKNOWN = Turned(401, "unknown connection")
TOO_LARGE = Turned(413, "body too large")
_HEADERS_TOO_LARGE = Turned(431, "headers too large")
_WRONG_SECRET = Turned(401, "wrong address")
_WRONG_CREDENTIAL = Turned(401, "wrong credential")
_BADLY_PACKED = Turned(400, "gzip: unreadable")


class Door:
    """The door of one connection, made ready once. ``limit_bytes`` is the largest body that is taken."""

    def __init__(self, connection: Connection, webhook: WebhookDoor) -> None:
        self.name, self.limit_bytes = connection.name, webhook.largest_body_bytes
        self._webhook = webhook
        self._settings = dict(connection.settings)
        self._has_secret = webhook.url_secret is not None
        signature = webhook.signature
        self._callers = Callers(connection, webhook)
        signed_in = (signature.header if signature is not None else None) or ""
        self._is_credential = _credentials(frozenset({signed_in, self._callers.header}))
        self._secret = (connection.address_secret or "").encode()

    def judge(self, knock: Knock, now: float, subscription: Mapping[str, Json] | None) -> Verdict:
        """What becomes of ``knock``. ``now`` is UTC seconds, ``subscription`` {id, secret} as far as known."""
        if sum(map(len, knock.headers.values())) + sum(map(len, knock.headers)) > LIMIT_HEADERS_BYTES:
            return _HEADERS_TOO_LARGE
        if not self._is_address(knock.secret):
            return _WRONG_SECRET if knock.method == "POST" else WRONG_METHOD
        if not self._callers.is_known(knock.headers):
            return _WRONG_CREDENTIAL if knock.method == "POST" else WRONG_METHOD
        try:
            body = unpacked(knock.body, self.limit_bytes) if self._webhook.compressed else knock.body
        except (Overlarge, ValueError) as error:
            told = TOO_LARGE if isinstance(error, Overlarge) else _BADLY_PACKED
            return self._unpackable(knock, now, subscription, told)
        delivery = Delivered(knock, body, now, self.limit_bytes)
        handshake = self._webhook.handshake
        if handshake is not None and (shaken := shaken_by(handshake, delivery)) is not None:
            return shaken
        if knock.method != "POST":
            return WRONG_METHOD
        return self._unproven(delivery, subscription) or self._admitted(delivery)

    def _unpackable(self, knock: Knock, now: float, subscription: Mapping[str, Json] | None, told: Turned) -> Turned:
        """What is ``told`` of a body that cannot be unpacked: to a stranger, nothing."""
        if knock.method != "POST":
            return WRONG_METHOD
        return self._unproven(Delivered(knock, knock.body, now, self.limit_bytes), subscription) or told

    def _is_address(self, given: str | None) -> bool:
        if not self._has_secret:
            return given is None
        # An address whose secret is not set is nobody's address.
        fits = hmac.compare_digest((given or "").encode("utf-8", "replace"), self._secret)
        return fits and bool(self._secret)

    def _unproven(self, delivery: Delivered, subscription: Mapping[str, Json] | None) -> Turned | None:
        token = self._webhook.token
        if token is not None and (token.when is None or delivery.is_such(token.when)):
            if not self._callers.has_token(token, delivery.knock.headers):
                return _WRONG_CREDENTIAL
            if token.when is not None:
                return None
        return self._unsigned(delivery, subscription)

    def _unsigned(self, delivery: Delivered, subscription: Mapping[str, Json] | None) -> Turned | None:
        rule = self._webhook.signature
        if rule is None:
            return None
        context = {"settings": self._settings, "subscription": dict(subscription or {})}
        try:
            verify(rule, delivery.signed(rule), context=context, now=delivery.now)
        except SignatureRejected as error:
            return Turned(401, _SIGNATURE_REASONS[error.reason])
        return None

    def _admitted(self, delivery: Delivered) -> Verdict:
        if delivery.is_too_large:
            return TOO_LARGE
        try:
            delivery.parse()
        except JsonRefused as error:
            return Turned(400, f"JSON: {error.reason}")
        knock = delivery.knock
        is_credential = self._is_credential
        raw = RawEvent(
            connection=self.name,
            source="webhook",
            key=self._key(delivery),
            headers={name: value for name, value in knock.headers.items() if not is_credential(name)},
            body=delivery.body,
            received_at=delivery.now,
        )
        return Admitted(raw, self._webhook.acknowledge)

    def _key(self, delivery: Delivered) -> str:
        key = None
        if self._webhook.dedupe is not None:
            try:
                key = self._webhook.dedupe(delivery.context())
            except ExpressionError:
                key = None
        if (
            isinstance(key, (str, int))
            and not isinstance(key, bool)
            and 0 < len(text := str(key)) <= LIMIT_KEY_CHARACTERS
        ):
            return text
        return f"sha256:{hashlib.sha256(delivery.body).hexdigest()}"


_SIGNATURE_REASONS = {
    "missing": "signature missing",
    "malformed": "signature malformed",
    "mismatch": "signature wrong",
    "stale": "signature stale",
    "no key": "signature key unknown",
}
SIGNATURE_REASONS = frozenset(_SIGNATURE_REASONS.values())
"""The reasons that a key fetched a moment ago could remedy."""


def doors_of(connections: Mapping[str, Connection]) -> dict[str, Door]:
    """The doors of the connections that take webhooks, by the connection's name in the address."""
    return {
        name: Door(connection, connection.manifest.events.webhook)
        for name, connection in connections.items()
        if connection.webhook and connection.manifest.events.webhook is not None
    }


def judge_unknown(method: str) -> Turned:
    """What is answered where no connection has that name: to a stranger the same as a bad signature."""
    return UNKNOWN if method == "POST" else WRONG_METHOD


def _credentials(known: frozenset[str]) -> Callable[[str], bool]:
    """What tells whether a header of some name carries a credential, and so is not stored."""

    @lru_cache(maxsize=256)
    def is_credential(name: str) -> bool:
        return name in known or masked_headers({name: ""})[name] != ""

    return is_credential
