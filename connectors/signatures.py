"""A webhook's headers and raw body in, nothing out: or SignatureRejected, whatever a stranger sends.

HMAC-SHA256 over what the manifest says is signed, compared in constant time, against every live key. The signature
may be wrapped, be one of several named parts, or stand in the body. ``sign`` makes what ``verify`` accepts.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.errors import ExpressionError, FieldwrightError
from engine.manifest.durations import parse_duration
from engine.manifest.language.templates import UNSET, Template
from engine.manifest.model import SignatureParts, SignatureRule
from engine.model import Json

Reason = Literal["missing", "malformed", "mismatch", "stale", "no key"]
LIMIT_SIGNATURES = 20
LIMIT_KEYS = 30
LIMIT_VALUE = 8192
_TOLERANCE_S = 300.0
_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?", re.ASCII)
_DIGEST_BYTES = hashlib.sha256().digest_size


class SignatureRejected(FieldwrightError):
    """The webhook is not signed as its manifest says."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"the webhook's signature was rejected: {reason}")
        self.reason: Reason = reason


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature is checked against: the headers (names in lower case), the raw body, the query.

    ``parsed`` is the body as JSON where the rule reads it (``SignatureRule.reads_body``), None where it is none.
    """

    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, Json] = field(default_factory=dict)
    parsed: Json = None


def verify(rule: SignatureRule, signed: Signed, *, context: Mapping[str, Json], now: float) -> None:
    """Checks the signature. ``context`` is {settings, subscription}; ``now`` UTC seconds.

    Raises SignatureRejected, and nothing else.
    """
    keys = _keys(rule, context)
    if not keys:
        raise SignatureRejected("no key")
    given = _value(rule, signed)
    parts = _parts(rule, given)
    signatures = _signatures(rule, given)
    known = _known(signed, parts)
    text = _signed(rule, signed, known)
    digests = [_digest(key, text) for key in keys]
    # Every pair is compared, so that the time taken tells nothing of which one fits.
    fits = [hmac.compare_digest(digest, one) for digest in digests for one in signatures]
    if not any(fits):
        raise SignatureRejected("mismatch")
    _check_age(rule, known, context, now)


def sign(
    rule: SignatureRule, signed: Signed, *, context: Mapping[str, Json], parts: Mapping[str, str] | None = None
) -> str:
    """The signature's value, by the first live key; ``parts`` are what stands beside it in the value.

    Raises SignatureRejected without a key.
    """
    keys = _keys(rule, context)
    if not keys:
        raise SignatureRejected("no key")
    digest = _digest(keys[0], _signed(rule, signed, _known(signed, parts or {})))
    value = rule.prefix + (digest.hex() if rule.encoding == "hex" else base64.b64encode(digest).decode("ascii"))
    if rule.parts is not None:
        named = {**(parts or {}), rule.parts.take: value}
        value = rule.parts.between.join(f"{name}{rule.parts.assign}{text}" for name, text in named.items())
    return base64.b64encode(value.encode()).decode("ascii") if rule.wrapped else value


def _digest(key: bytes, signed: bytes) -> bytes:
    return hmac.new(key, signed, hashlib.sha256).digest()


def _keys(rule: SignatureRule, context: Mapping[str, Json]) -> list[bytes]:
    found: list[bytes] = []
    for key in rule.keys:
        value = _value_of(key, context)
        texts = [str(one) for one in (value if isinstance(value, list) else [value]) if one is not None]
        found += [text.encode("utf-8", "replace") for text in texts if text]
    return list(dict.fromkeys(found))[:LIMIT_KEYS]


def _rendered(template: Template, context: Mapping[str, Json]) -> str:
    """``template`` as text; nothing where what it needs is not there."""
    value = _value_of(template, context)
    return "" if value is None else str(value)


def _value_of(template: Template, context: Mapping[str, Json]) -> Json:
    try:
        value = template.render({name: _plain(part) for name, part in context.items()})
    except ExpressionError:
        return None
    return None if value is UNSET else value


def _plain(part: Json) -> Json:
    return dict(part) if isinstance(part, Mapping) else part


def _value(rule: SignatureRule, signed: Signed) -> str:
    """The signature's value as it came, unwrapped."""
    value = signed.headers.get(rule.header, "") if rule.header is not None else _found(rule, signed)
    if not value.strip():
        raise SignatureRejected("missing")
    if len(value) > LIMIT_VALUE:
        raise SignatureRejected("malformed")
    if rule.wrapped is None:
        return value
    try:
        return base64.b64decode(value.strip().encode("ascii"), validate=True).decode("utf-8")
    except ValueError:
        raise SignatureRejected("malformed") from None


def _found(rule: SignatureRule, signed: Signed) -> str:
    data = {"headers": dict(signed.headers), "query": dict(signed.query), "body": signed.parsed}
    try:
        value = rule.source(data) if rule.source is not None else None
    except ExpressionError:
        value = None
    return value if isinstance(value, str) else ""


def _parts(rule: SignatureRule, value: str) -> dict[str, str]:
    """The named parts of the value; of a repeated name the first one."""
    if rule.parts is None:
        return {}
    found: dict[str, str] = {}
    for name, text in _named(rule.parts, value):
        found.setdefault(name, text)
    return found


def _named(parts: SignatureParts, value: str) -> Iterator[tuple[str, str]]:
    for piece in value.split(parts.between, LIMIT_SIGNATURES)[:LIMIT_SIGNATURES]:
        name, assign, text = piece.partition(parts.assign)
        if assign:
            yield name.strip(), text.strip()


def _signatures(rule: SignatureRule, value: str) -> list[bytes]:
    if rule.parts is not None:
        taken = [text for name, text in _named(rule.parts, value) if name == rule.parts.take]
    else:
        taken = [value]
    pieces = [piece for text in taken for piece in (text.split(rule.separator) if rule.separator else [text])]
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


def _known(signed: Signed, parts: Mapping[str, str]) -> dict[str, Json]:
    """What the templates of a rule see; a header or a part that is missing is empty text."""
    return {"headers": _Present(signed.headers), "parts": _Present(parts), "parsed": signed.parsed}


def _signed(rule: SignatureRule, signed: Signed, known: Mapping[str, Json]) -> bytes:
    """What is signed: the parts of ``over``, with the raw body between each two of them."""
    try:
        parts = [str(part.render(known)) for part in rule.over]
    except ExpressionError:
        raise SignatureRejected("malformed") from None
    return signed.body.join(part.encode("utf-8", "surrogateescape") for part in parts)


class _Present(dict[str, str]):
    """Headers of which a missing one is empty text, as it is to who signs."""

    def __missing__(self, _: str) -> str:
        return ""

    def get(self, name: str, default: object = None) -> str:  # noqa: ARG002
        return self[name]


def _check_age(rule: SignatureRule, known: Mapping[str, Json], context: Mapping[str, Json], now: float) -> None:
    if rule.timestamp is None:
        return
    stated = _rendered(rule.timestamp, known).strip()
    if not stated:
        raise SignatureRejected("missing")
    if not _NUMBER.fullmatch(stated):
        raise SignatureRejected("malformed")
    moment = float(stated) / (1000.0 if rule.timestamp_unit == "milliseconds" else 1.0)
    if abs(now - moment) > _tolerance_s(rule, context):
        raise SignatureRejected("stale")


def _tolerance_s(rule: SignatureRule, context: Mapping[str, Json]) -> float:
    text = _rendered(rule.tolerance, context) if rule.tolerance is not None else ""
    try:
        return float(text) if _NUMBER.fullmatch(text) else parse_duration(text)
    except ValueError:
        return _TOLERANCE_S
