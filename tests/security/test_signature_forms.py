"""Signatures that are wrapped, stand among named parts, or in the body: as two vendors describe theirs, and as a
stranger would twist them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.signatures import LIMIT_KEYS, SignatureRejected, Signed, sign, verify
from engine.manifest.language.expressions import compile_path
from engine.manifest.language.templates import compile_template
from engine.manifest.model import SignatureParts, SignatureRule
from tests.connectors.declared import AT

NOW = 1_700_000_000.0
KEY = "not-a-real-secret"
CONTEXT: Mapping[str, Any] = {"settings": {}, "subscription": {"secrets": [KEY]}}
BODY = b'{"id": 7, "t": 1}'


def template(text: str) -> Any:
    return compile_template(text, "value")


def over(text: str) -> Any:
    return tuple(compile_template(part, "text") for part in text.split("{{ body }}"))


def parted(**more: Any) -> SignatureRule:
    """Teamtailor: the header is base64 of ``t=<seconds>,v2=<hex>``, an HMAC of ``<seconds>.<raw body>``."""
    given: dict[str, Any] = {
        "encoding": "hex",
        "over": over("{{ parts.t }}.{{ body }}"),
        "keys": (template("{{ subscription.secrets }}"),),
        "at": AT,
        "header": "tt-signature",
        "wrapped": "base64",
        "parts": SignatureParts(",", "=", "v2"),
        "timestamp": template("{{ parts.t }}"),
        "tolerance": template("5m"),
    }
    return SignatureRule(**{**given, **more})


def in_body() -> SignatureRule:
    """Lever: the body holds ``signature``, an HMAC of its ``token`` and ``triggeredAt`` (milliseconds)."""
    return SignatureRule(
        encoding="hex",
        over=over("{{ parsed.token }}{{ parsed.triggeredAt }}"),
        keys=(template("{{ subscription.secrets }}"),),
        at=AT,
        source=compile_path("body.signature"),
        timestamp=template("{{ parsed.triggeredAt }}"),
        timestamp_unit="milliseconds",
        tolerance=template("5m"),
    )


def hex_of(text: bytes, key: str = KEY) -> str:
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest()


def wrapped(text: str) -> dict[str, str]:
    return {"tt-signature": base64.b64encode(text.encode()).decode()}


def reason(rule: SignatureRule, signed: Signed, context: Mapping[str, Any] = CONTEXT) -> str:
    """Why it is rejected; nothing where it is accepted."""
    try:
        verify(rule, signed, context=context, now=NOW)
    except SignatureRejected as error:
        return error.reason
    return ""


RIGHT = hex_of(f"{NOW:.0f}.".encode() + BODY)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (f"t={NOW:.0f},v2={RIGHT}", ""),
        (f"v2={RIGHT},t={NOW:.0f}", ""),
        (f" t = {NOW:.0f} , v2 = {RIGHT} ", ""),
        (f"t={NOW:.0f},v1={'0' * 64},v2={RIGHT}", ""),
        (f"t={NOW:.0f},v2={'0' * 64},v2={RIGHT}", ""),
        (f"t={NOW:.0f},v1={RIGHT}", "malformed"),
        (f"v2={RIGHT}", "mismatch"),
        (f"t={NOW + 1:.0f},v2={RIGHT}", "mismatch"),
        (f"t={NOW:.0f},t={NOW + 1:.0f},v2={RIGHT}", ""),
        (f"t={NOW + 1:.0f},t={NOW:.0f},v2={RIGHT}", "mismatch"),
        (f"t={NOW:.0f};v2={RIGHT}", "malformed"),
        (f"t={NOW:.0f},v2=", "malformed"),
        ("t,v2", "malformed"),
        ("", "missing"),
    ],
)
def test_the_part_that_is_named_is_the_signature_and_the_others_may_be_signed(value: str, expected: str) -> None:
    assert reason(parted(), Signed(wrapped(value), BODY)) == expected


@pytest.mark.parametrize("value", ["no base64!", "====", "dD0x", "é", "\udcff", "A" * 10_000])
def test_a_wrapping_that_is_none_is_malformed(value: str) -> None:
    assert reason(parted(), Signed({"tt-signature": value}, BODY)) == "malformed"


def test_parts_older_than_the_tolerance_are_stale_although_rightly_signed() -> None:
    old = f"{NOW - 301:.0f}"
    value = f"t={old},v2={hex_of(old.encode() + b'.' + BODY)}"
    assert reason(parted(), Signed(wrapped(value), BODY)) == "stale"


def test_a_milliseconds_timestamp_in_the_body_is_read_as_such() -> None:
    def signed(at: Any, **more: Any) -> Signed:
        parsed = {"token": "abc", "triggeredAt": at, "signature": hex_of(f"abc{at}".encode()), **more}
        return Signed({}, json.dumps(parsed).encode(), {}, parsed)

    assert reason(in_body(), signed(int(NOW * 1000))) == ""
    assert reason(in_body(), signed(int((NOW - 301) * 1000))) == "stale"
    assert reason(in_body(), signed(int(NOW))) == "stale"
    assert reason(in_body(), signed(int(NOW * 1000), token="abd")) == "mismatch"
    assert reason(in_body(), signed(int(NOW * 1000), signature=None)) == "missing"
    assert reason(in_body(), signed(int(NOW * 1000), signature=["a"])) == "missing"
    assert reason(in_body(), signed({"a": 1})) == "malformed"
    assert reason(in_body(), Signed({}, b"[]", {}, [])) == "missing"
    assert reason(in_body(), Signed({}, b"", {}, None)) == "missing"


def test_a_body_without_what_is_signed_is_malformed_and_not_signed_as_empty() -> None:
    parsed = {"signature": hex_of(b"")}
    assert reason(in_body(), Signed({}, b"", {}, parsed)) == "malformed"


def test_what_is_signed_without_the_body_does_not_cover_it() -> None:
    assert parted().covers_body
    assert not in_body().covers_body
    assert in_body().reads_body
    assert not parted().reads_body


def test_of_a_list_of_keys_each_is_tried_up_to_a_bound() -> None:
    signed = Signed(wrapped(f"t={NOW:.0f},v2={RIGHT}"), BODY)
    few = [f"other-{number}" for number in range(LIMIT_KEYS - 1)]
    assert reason(parted(), signed, {"subscription": {"secrets": [*few, KEY]}}) == ""
    assert reason(parted(), signed, {"subscription": {"secrets": [*few, "one-more", KEY]}}) == "mismatch"
    assert reason(parted(), signed, {"subscription": {"secrets": [None, ""]}}) == "no key"
    assert reason(parted(), signed, {"subscription": {}}) == "no key"


_TEXT = st.text(max_size=60)


@settings(max_examples=200, deadline=None)
@given(
    value=st.one_of(_TEXT, _TEXT.map(lambda text: wrapped(f"t={text},v2={text}")["tt-signature"])),
    body=st.binary(max_size=100),
    parsed=st.recursive(
        st.none() | st.booleans() | st.integers() | _TEXT,
        lambda inner: st.dictionaries(st.sampled_from(["token", "triggeredAt", "signature"]), inner),
        max_leaves=6,
    ),
)
def test_whatever_a_stranger_sends_only_a_rejection_comes_out(value: str, body: bytes, parsed: Any) -> None:
    assert reason(parted(), Signed({"tt-signature": value}, body)) != ""
    assert reason(in_body(), Signed({}, body, {}, parsed)) != ""


@settings(max_examples=100, deadline=None)
@given(body=st.binary(max_size=300), offset_s=st.integers(-300, 300), unwrapped=st.booleans())
def test_what_sign_makes_is_accepted(body: bytes, offset_s: int, unwrapped: bool) -> None:
    rule = parted(**({"wrapped": None} if unwrapped else {}))
    value = sign(rule, Signed({}, body), context=CONTEXT, parts={"t": f"{NOW + offset_s:.0f}"})
    assert reason(rule, Signed({"tt-signature": value}, body)) == ""
