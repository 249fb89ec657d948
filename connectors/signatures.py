"""A webhook's headers and raw body in, nothing out: or SignatureRejected, whatever a stranger sends.

HMAC-SHA256 over what the manifest says is signed, compared in constant time, against every live key. ``sign``
makes what ``verify`` accepts: for rehearsals and tests.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from typing import Literal

from engine.errors import ExpressionError, FieldwrightError
from engine.manifest.durations import parse_duration
from engine.manifest.model import SignatureRule
from engine.manifest.templates import UNSET, Template
from engine.model import Json

Reason = Literal["missing", "malformed", "mismatch", "stale", "no key"]
LIMIT_SIGNATURES = 20
LIMIT_HEADER = 8192
_TOLERANCE_S = 300.0
_SECONDS = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?", re.ASCII)
_DIGEST_BYTES = hashlib.sha256().digest_size


class SignatureRejected(FieldwrightError):
    """The webhook is not signed as its manifest says."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"the webhook's signature was rejected: {reason}")
        self.reason: Reason = reason


def verify(
    rule: SignatureRule, *, headers: Mapping[str, str], body: bytes, context: Mapping[str, Json], now: float
) -> None:
    """Checks the signature of ``body``.

    ``headers`` have lower-case names; ``context`` is {settings, subscription}; ``now`` UTC seconds. Raises
    SignatureRejected, and nothing else.
    """
    keys = _keys(rule, context)
    if not keys:
        raise SignatureRejected("no key")
    given = _signatures(rule, headers.get(rule.header.lower(), ""))
    signed = _signed(rule, headers, body)
    # Every pair is compared, so that the time taken tells nothing of which one fits.
    fits = [hmac.compare_digest(_digest(key, signed), one) for key in keys for one in given]
    if not any(fits):
        raise SignatureRejected("mismatch")
    _check_age(rule, headers, context, now)


def sign(rule: SignatureRule, *, headers: Mapping[str, str], body: bytes, context: Mapping[str, Json]) -> str:
    """The value of the signature header for ``body``, by the first live key. Raises SignatureRejected without one."""
    keys = _keys(rule, context)
    if not keys:
        raise SignatureRejected("no key")
    digest = _digest(keys[0], _signed(rule, headers, body))
    return rule.prefix + (digest.hex() if rule.encoding == "hex" else base64.b64encode(digest).decode("ascii"))


def _digest(key: bytes, signed: bytes) -> bytes:
    return hmac.new(key, signed, hashlib.sha256).digest()


def _keys(rule: SignatureRule, context: Mapping[str, Json]) -> list[bytes]:
    texts = [_rendered(key, context) for key in rule.keys]
    return [text.encode("utf-8", "replace") for text in texts if text]


def _rendered(template: Template, context: Mapping[str, Json]) -> str:
    """``template`` as text; nothing where what it needs is not there."""
    try:
        value = template.render({name: _plain(part) for name, part in context.items()})
    except ExpressionError:
        return ""
    return "" if value is UNSET or value is None else str(value)


def _plain(part: Json) -> Json:
    return dict(part) if isinstance(part, Mapping) else part


def _signatures(rule: SignatureRule, header: str) -> list[bytes]:
    if not header.strip():
        raise SignatureRejected("missing")
    if len(header) > LIMIT_HEADER:
        raise SignatureRejected("malformed")
    pieces = header.split(rule.separator, LIMIT_SIGNATURES) if rule.separator else [header]
    found = list(_read(rule, pieces[:LIMIT_SIGNATURES]))
    if not found:
        raise SignatureRejected("malformed")
    return found


def _read(rule: SignatureRule, pieces: list[str]) -> Iterator[bytes]:
    for piece in pieces:
        text = piece.strip()
        if not text.startswith(rule.prefix):
            continue
        try:
            encoded = text.removeprefix(rule.prefix).encode("ascii")
            one = binascii.unhexlify(encoded) if rule.encoding == "hex" else base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            continue
        if len(one) == _DIGEST_BYTES:
            yield one


def _signed(rule: SignatureRule, headers: Mapping[str, str], body: bytes) -> bytes:
    """What is signed: the parts of ``over``, with the raw body between each two of them."""
    known = {"headers": _Present(headers)}
    try:
        parts = [str(part.render(known)) for part in rule.over]
    except ExpressionError:
        raise SignatureRejected("malformed") from None
    return body.join(part.encode("utf-8", "surrogateescape") for part in parts)


class _Present(dict[str, str]):
    """Headers of which a missing one is empty text, as it is to who signs."""

    def __missing__(self, _: str) -> str:
        return ""

    def get(self, name: str, default: object = None) -> str:  # noqa: ARG002
        return self[name]


def _check_age(rule: SignatureRule, headers: Mapping[str, str], context: Mapping[str, Json], now: float) -> None:
    if rule.timestamp is None:
        return
    stated = _rendered(rule.timestamp, {"headers": dict(headers)}).strip()
    if not stated:
        raise SignatureRejected("missing")
    if not _SECONDS.fullmatch(stated):
        raise SignatureRejected("malformed")
    if abs(now - float(stated)) > _tolerance_s(rule, context):
        raise SignatureRejected("stale")


def _tolerance_s(rule: SignatureRule, context: Mapping[str, Json]) -> float:
    text = _rendered(rule.tolerance, context) if rule.tolerance is not None else ""
    try:
        return float(text) if _SECONDS.fullmatch(text) else parse_duration(text)
    except ValueError:
        return _TOLERANCE_S
