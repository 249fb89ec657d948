"""Hostile JSON: refused with a reason, or plain data; the same verdict each time."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.intake.strict_json import JsonRefused, read_json


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"{", "not JSON"),
        (b"{} {}", "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b"<html>", "not JSON"),
        (b'"\x01"', "not JSON"),
        (b"01", "not JSON"),
        (b"\xff\xfe{\x00}\x00", "not UTF-8"),
        ("{}".encode("utf-16"), "not UTF-8"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        (b"[" * 100_000, "nested too deep"),
        (b"[" * 65 + b"]" * 65, "nested too deep"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "nested too deep"),
        (b'{"a":NaN}', "number not finite"),
        (b"[-Infinity]", "number not finite"),
        (b"1e999", "number not finite"),
        (b'{"a":1,"a":1}', "duplicate key"),
        (b'{"a":{"b":1,"\\u0062":2}}', "duplicate key"),
        (b"1" * 101, "number too long"),
        (b"1" * 5000, "number too long"),
        (b'"\\ud800"', "lone surrogate"),
        (b'{"\\uDFFF": 1}', "lone surrogate"),
        (json.dumps({str(key): 1 for key in range(10_001)}).encode(), "too many keys"),
        (json.dumps([{"a": 1, "b": 2}] * 5001).encode(), "too many keys"),
    ],
)
def test_it_is_refused_with_its_reason(body: bytes, reason: str) -> None:
    for _ in range(2):
        with pytest.raises(JsonRefused) as refused:
            read_json(body)
        assert refused.value.reason == reason


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 64 + b"]" * 64,
        json.dumps({str(key): ":" for key in range(10_000)}).encode(),
        b"[" + b"[]," * 5000 + b"[]]",
        b"9" * 100,
        b'"\\ud83d\\ude00"',
        '"💼 ñ"'.encode(),
        b"\xef\xbb\xbf{}",
        b"null",
        ('"' + "[" * 5000 + '"').encode(),
    ],
)
def test_what_is_merely_large_is_read(body: bytes) -> None:
    read_json(body)


def test_no_message_holds_anything_of_the_body() -> None:
    with pytest.raises(JsonRefused) as refused:
        read_json(b'{"name": "Ana Lopez", "name": 1}')
    assert "Ana" not in str(refused.value)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
)


@settings(max_examples=300, deadline=None)
@given(_JSON)
def test_plain_data_comes_out_as_it_went_in(data: object) -> None:
    assert read_json(json.dumps(data).encode()) == data


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet='[]{}":,\\u0dDnN1eE.-tfa ', max_size=80).map(str.encode))
def test_anything_is_read_or_refused(body: bytes) -> None:
    try:
        data = read_json(body)
    except JsonRefused:
        return
    json.dumps(data, allow_nan=False, ensure_ascii=False).encode()
