"""A webhook without a right signature is rejected, whatever it holds, and nothing but SignatureRejected comes out."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.signatures import SignatureRejected, Signed, sign, verify
from engine.manifest.language.templates import compile_template
from engine.manifest.model import SignatureRule
from tests.connectors.declared import AT

NOW = 1_574_080_897.0
CONTEXT: Mapping[str, Any] = {"settings": {"old": ""}, "subscription": {"secret": "not-a-real-secret"}}
BODY = b'{"candidate_id":"cid"}'


def rule(
    over: str = "{{ headers['t'] }}.{{ body }}",
    *,
    keys: tuple[str, ...] = ("{{ subscription.secret }}", "{{ settings.old }}"),
    encoding: Literal["hex", "base64"] = "hex",
    prefix: str = "v1=",
    separator: str | None = None,
    timestamp: str | None = "{{ headers['t'] }}",
    tolerance: str | None = "5m",
) -> SignatureRule:
    def template(text: str | None) -> Any:
        return None if text is None else compile_template(text, "value")

    return SignatureRule(
        header="x-signature",
        encoding=encoding,
        prefix=prefix,
        separator=separator,
        over=tuple(compile_template(part, "text") for part in over.split("{{ body }}")),
        keys=tuple(template(key) for key in keys),
        timestamp=template(timestamp),
        tolerance=template(tolerance),
        at=AT,
    )


def signed(declared: SignatureRule, headers: Mapping[str, str], body: bytes = BODY) -> dict[str, str]:
    return {**headers, "x-signature": sign(declared, Signed(headers, body), context=CONTEXT)}


def rejected(declared: SignatureRule, headers: Mapping[str, str], body: bytes = BODY, now: float = NOW) -> str:
    with pytest.raises(SignatureRejected) as caught:
        verify(declared, Signed(headers, body), context=CONTEXT, now=now)
    return caught.value.reason


def accepted(declared: SignatureRule, headers: Mapping[str, str], body: bytes = BODY, now: float = NOW) -> bool:
    verify(declared, Signed(headers, body), context=CONTEXT, now=now)
    return True


def test_the_vector_recomputed_from_smartrecruiters_documentation_verifies() -> None:
    """SmartRecruiters: hex HMAC-SHA256 over timestamp, body, event id, name, version and link, joined by dots."""
    over = (
        "{{ headers['smartrecruiters-timestamp'] }}.{{ body }}.{{ headers['event-id'] }}.{{ headers['event-name'] }}"
        ".{{ headers['event-version'] }}.{{ headers['link'] }}"
    )
    declared = rule(over, timestamp="{{ headers['smartrecruiters-timestamp'] }}")
    headers = {
        "event-id": "123",
        "event-name": "application.created",
        "event-version": "v201910",
        "link": "<http://smartrecruiters.com/endpoint>; rel=self",
        "smartrecruiters-timestamp": "1574080897",
        "x-signature": "v1=2e9291f10d44ca10204a4cd81b05d73b6a316b2b605d4e2e0e0b37b40198ce1f",
    }
    context = {"settings": {}, "subscription": {"secret": "HeBVky2bccvvkcXPimH8c"}}
    verify(declared, Signed(headers, b'{"job_id":"jid","candidate_id":"cid"}'), context=context, now=NOW)
    with pytest.raises(SignatureRejected):
        verify(declared, Signed(headers, b'{"job_id": "jid","candidate_id":"cid"}'), context=context, now=NOW)


@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_what_sign_makes_is_what_verify_accepts(encoding: Literal["hex", "base64"]) -> None:
    declared = rule(encoding=encoding)
    assert accepted(declared, signed(declared, {"t": str(int(NOW))}))


def test_any_change_of_the_body_is_a_mismatch() -> None:
    declared = rule()
    headers = signed(declared, {"t": str(int(NOW))})
    for other in (
        b"",
        BODY[:-1],
        BODY + b" ",
        BODY.replace(b"c", b"C"),
        json.dumps(json.loads(BODY), indent=1).encode(),
    ):
        assert rejected(declared, headers, other) == "mismatch"


def test_a_signed_header_cannot_be_changed() -> None:
    declared = rule("{{ headers['t'] }}.{{ body }}.{{ headers['id'] }}")
    headers = signed(declared, {"t": str(int(NOW)), "id": "1"})
    assert rejected(declared, {**headers, "id": "2"}) == "mismatch"
    assert rejected(declared, {name: value for name, value in headers.items() if name != "id"}) == "mismatch"


def test_a_missing_signed_header_counts_as_empty() -> None:
    declared = rule("{{ body }}.{{ headers['link'] }}", timestamp=None)
    digest = hmac.new(b"not-a-real-secret", BODY + b".", hashlib.sha256).hexdigest()
    assert accepted(declared, {"x-signature": f"v1={digest}"})


def test_two_live_secrets_are_both_accepted_while_rotating() -> None:
    declared = rule(keys=("{{ subscription.secret }}", "{{ settings.old }}"))
    now_and_then = {"settings": {"old": "an-old-fake-secret"}, "subscription": {"secret": "a-new-fake-secret"}}
    for secret in ("an-old-fake-secret", "a-new-fake-secret"):
        digest = hmac.new(secret.encode(), f"{int(NOW)}.".encode() + BODY, hashlib.sha256).hexdigest()
        headers = {"t": str(int(NOW)), "x-signature": f"v1={digest}"}
        verify(declared, Signed(headers, BODY), context=now_and_then, now=NOW)


def test_an_empty_secret_is_no_key() -> None:
    declared = rule(keys=("{{ settings.old }}", "{{ settings.absent }}", "{{ absent.absent }}"))
    digest = hmac.new(b"", f"{int(NOW)}.".encode() + BODY, hashlib.sha256).hexdigest()
    assert rejected(declared, {"t": str(int(NOW)), "x-signature": f"v1={digest}"}) == "no key"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "missing"),
        ("   ", "missing"),
        ("v1", "malformed"),
        ("v1=", "malformed"),
        ("v1=zz", "malformed"),
        ("v1=abc", "malformed"),
        ("v2=" + "0" * 64, "malformed"),
        ("v1=" + "0" * 64, "mismatch"),
        ("v1=" + "0" * 62, "malformed"),
        ("v1=" + "é" * 64, "malformed"),
        ("v1=" + "٠" * 64, "malformed"),
        ("v1=" + "0" * 100_000, "malformed"),
        ("\udcff", "malformed"),
    ],
)
def test_a_header_that_is_no_signature_is_rejected_with_its_reason(header: str, reason: str) -> None:
    assert rejected(rule(), {"t": str(int(NOW)), "x-signature": header}) == reason
    assert rejected(rule(), {"t": str(int(NOW))}) == "missing"


def test_one_of_several_signatures_may_fit_but_only_twenty_are_looked_at() -> None:
    declared = rule(separator=",")
    headers = signed(declared, {"t": str(int(NOW))})
    wrong = "v1=" + "0" * 64
    assert accepted(declared, {**headers, "x-signature": f"v0=x, {wrong}, {headers['x-signature']}"})
    many = ",".join([wrong] * 20 + [headers["x-signature"]])
    assert rejected(declared, {**headers, "x-signature": many}) == "mismatch"
    assert rejected(declared, {**headers, "x-signature": ",".join(["v1=0"] * 1000)}) == "malformed"


@pytest.mark.parametrize("offset_s", [-299, -1, 0, 299, 300])
def test_a_timestamp_within_the_tolerance_passes(offset_s: int) -> None:
    declared = rule()
    assert accepted(declared, signed(declared, {"t": str(int(NOW))}), now=NOW + offset_s)


@pytest.mark.parametrize("offset_s", [-301, 301, 360, 31 * 86400])
def test_an_old_or_future_timestamp_is_stale(offset_s: int) -> None:
    declared = rule()
    assert rejected(declared, signed(declared, {"t": str(int(NOW))}), now=NOW + offset_s) == "stale"


@pytest.mark.parametrize("stated", ["soon", "-5", "1e9", "nan", "inf", "١٢٣", "1" * 40, "0x10"])
def test_a_timestamp_that_is_no_number_is_malformed(stated: str) -> None:
    declared = rule()
    assert rejected(declared, signed(declared, {"t": stated})) == "malformed"


def test_a_timestamp_that_is_declared_must_be_there() -> None:
    declared = rule("{{ body }}")
    assert rejected(declared, signed(declared, {})) == "missing"


@pytest.mark.parametrize(("tolerance", "passes"), [("60", False), ("1m", False), ("2m", True), ("junk", True)])
def test_the_tolerance_is_a_duration_or_seconds(tolerance: str, passes: bool) -> None:
    declared = rule(tolerance=tolerance)
    headers = signed(declared, {"t": str(int(NOW))})
    if passes:
        assert accepted(declared, headers, now=NOW + 100)
    else:
        assert rejected(declared, headers, now=NOW + 100) == "stale"


def test_base64_is_read_strictly() -> None:
    declared = rule(encoding="base64", prefix="")
    headers = signed(declared, {"t": str(int(NOW))})
    right = base64.b64decode(headers["x-signature"])
    assert accepted(declared, headers)
    assert rejected(declared, {**headers, "x-signature": headers["x-signature"][:-1]}) == "malformed"
    assert rejected(declared, {**headers, "x-signature": right.hex()}) == "malformed"


def test_a_message_names_the_reason_and_no_secret() -> None:
    with pytest.raises(SignatureRejected) as caught:
        verify(rule(), Signed({"x-signature": "v1=00"}, BODY), context=CONTEXT, now=NOW)
    assert "not-a-real-secret" not in str(caught.value)
    assert caught.value.reason in str(caught.value)


_TEXT = st.text(max_size=80)


@settings(max_examples=400, deadline=None)
@given(
    header=st.one_of(
        _TEXT, _TEXT.map(lambda text: f"v1={text}"), st.binary(max_size=40).map(lambda data: f"v1={data.hex()}")
    ),
    stamp=_TEXT,
    body=st.binary(max_size=200),
    encoding=st.sampled_from(["hex", "base64"]),
    separator=st.sampled_from([None, ",", " "]),
)
@example(header="v1=\ud800", stamp="\ud800", body=b"\xff\xfe", encoding="hex", separator=None)
def test_whatever_a_stranger_sends_only_a_rejection_comes_out(
    header: str, stamp: str, body: bytes, encoding: Literal["hex", "base64"], separator: str | None
) -> None:
    declared = rule(encoding=encoding, separator=separator)
    assert rejected(declared, {"x-signature": header, "t": stamp}, body) in {
        "missing",
        "malformed",
        "mismatch",
        "stale",
        "no key",
    }


@settings(max_examples=100, deadline=None)
@given(body=st.binary(max_size=500), stamp=st.integers(int(NOW) - 300, int(NOW) + 300))
def test_any_body_that_was_signed_is_accepted(body: bytes, stamp: int) -> None:
    declared = rule()
    assert accepted(declared, signed(declared, {"t": str(stamp)}, body), body)
