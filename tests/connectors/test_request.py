"""What a request looks like before it is sent, and what may not be composed at all."""

from __future__ import annotations

import base64
import json
from email.parser import BytesParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.calls import Caller
from connectors.messages import PreparedRequest, RawAnswer, UploadFile
from engine.clock import ManualClock
from engine.errors import ExpressionError, InputError, Refused
from tests.connectors.declared import HOST, api, connection, operation, sign_in

FILE = UploadFile("evidence.pdf", "application/pdf", b"%PDF-1.7 " + b"\x00\xff" * 300)


class Nowhere:
    """A transport that is never to be used."""

    def send(self, request: PreparedRequest) -> RawAnswer:
        raise AssertionError("nothing may be sent")


def prepared(declared: Any, context: Any = None, file: UploadFile | None = None, **profile: Any) -> PreparedRequest:
    wired = connection(declared, apis=(api(**profile),))
    return Caller(wired, transport=Nowhere(), clock=ManualClock()).prepare(declared.name, context or {}, file)


def test_a_base_url_with_a_path_is_kept() -> None:
    for base_url in (f"{HOST}/v1", f"{HOST}/v1/"):
        assert prepared(operation("get", "GET", "/jobs"), base_url=base_url).url == f"{HOST}/v1/jobs"


def test_a_value_cannot_change_the_path() -> None:
    declared = operation("get", "GET", "/jobs/{{ job.id }}/x")
    assert prepared(declared, {"job": {"id": "a/b?c#d"}}).url == f"{HOST}/jobs/a%2Fb%3Fc%23d/x"
    for hostile in ("..", ".", ""):
        with pytest.raises((Refused, ExpressionError)):
            prepared(declared, {"job": {"id": hostile}})
    with pytest.raises(Refused):
        prepared(operation("get", "GET", "/jobs/../{{ job.id }}"), {"job": {"id": "x"}})


@settings(max_examples=100, deadline=None)
@given(text=st.text(min_size=1, max_size=30))
def test_any_value_stays_one_segment_on_the_own_host(text: str) -> None:
    try:
        url = prepared(operation("get", "GET", "/jobs/{{ job.id }}"), {"job": {"id": text}}).url
    except (Refused, ExpressionError):
        return
    assert url.startswith(f"{HOST}/jobs/")
    assert url.isascii()
    assert url.count("/") == 4
    assert "?" not in url


def test_a_query_repeats_lists_and_leaves_out_what_is_unset_or_null() -> None:
    declared = operation(
        "get",
        "GET",
        "/jobs?fixed=1",
        query={"a": ["x", "y z"], "b": True, "c": None, "d": "{{ since }}", "e": 1.5, "f": "{{ job.id }}"},
    )
    url = prepared(declared, {"job": {"id": "ü&="}}).url
    assert url == f"{HOST}/jobs?fixed=1&a=x&a=y%20z&b=true&e=1.5&f=%C3%BC%26%3D"


def test_a_json_body_keeps_types_and_null() -> None:
    declared = operation("put", "PUT", "/x", json={"n": "{{ fields.n }}", "z": None, "t": "007", "u": "{{ since }}"})
    request = prepared(declared, {"fields": {"n": 5}})
    assert json.loads(request.body or b"") == {"n": 5, "z": None, "t": "007"}
    assert request.headers["content-type"] == "application/json"


def test_json_cannot_hold_what_is_no_json() -> None:
    with pytest.raises((Refused, ExpressionError)):
        prepared(operation("put", "PUT", "/x", json={"n": "{{ fields }}"}), {"fields": float("nan")})


def test_a_form_body_is_encoded() -> None:
    request = prepared(operation("post", "POST", "/x", form={"a": "é &=", "b": ["1", "2"]}))
    assert request.body == b"a=%C3%A9+%26%3D&b=1&b=2"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\x00b", "€"])
def test_a_header_cannot_be_split(value: str) -> None:
    declared = operation("get", "GET", "/x", headers={"X-Job": "{{ job.id }}"})
    with pytest.raises(Refused, match="header") as caught:
        prepared(declared, {"job": {"id": value}})
    assert caught.value.stage == "before"


def test_the_credential_stands_over_any_other_header_of_its_name() -> None:
    declared = operation("get", "GET", "/x", headers={"x-key": "mine", "Accept": "text/plain"})
    request = prepared(declared, headers={"X-KEY": "profile", "X-All": "1"})
    assert {name.lower(): value for name, value in request.headers.items()}["x-key"] == "not-a-real-key"
    assert [name.lower() for name in request.headers].count("x-key") == 1
    assert request.headers["X-All"] == "1"


def test_a_multipart_body_can_be_read_by_anyone() -> None:
    declared = operation("up", "POST", "/x", multipart={"fields": {"type": "RESUME", "n": 5}, "file": "file"})
    odd = UploadFile('a"b\r\nc é.pdf', "application/pdf", FILE.data)
    request = prepared(declared, file=odd)
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    parts: Any = BytesParser().parsebytes(head + (request.body or b"")).get_payload()
    assert [part.get_param("name", header="content-disposition") for part in parts] == ["type", "n", "file"]
    assert parts[2].get_payload(decode=True) == FILE.data
    assert prepared(declared, file=odd).body == request.body


def test_a_file_that_is_missing_is_named() -> None:
    declared = operation("up", "POST", "/x", multipart={"fields": {}, "file": "file"})
    with pytest.raises(InputError, match="up sends a file"):
        prepared(declared)


def test_json_can_carry_the_file_as_base64() -> None:
    declared = operation("up", "POST", "/x", json={"name": "{{ file.name }}", "content": "{{ file.base64 }}"})
    body = json.loads(prepared(declared, file=FILE).body or b"")
    assert base64.b64decode(body["content"]) == FILE.data


def test_a_template_that_fails_names_its_operation() -> None:
    with pytest.raises(ExpressionError, match="get: "):
        prepared(operation("get", "GET", "/jobs/{{ job.id }}"))


def test_an_unknown_operation_gets_the_nearest_name() -> None:
    caller = Caller(connection(operation("get_candidate", "GET", "/x")), transport=Nowhere())
    with pytest.raises(InputError, match="did you mean `get_candidate`"):
        caller.prepare("get_candidates", {})


# ── how it is shown ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def everything() -> Any:
    way = sign_in(headers={"X-Odd": "{{ settings.key }}"}, query={"q": "{{ settings.key }}"})
    return lambda **body: prepared(operation("post", "POST", "/x", **body), file=FILE, auth=(way,))


def test_credentials_are_masked_wherever_they_stand(everything: Any) -> None:
    bodies: list[dict[str, Any]] = [
        {
            "json": {
                "password": "not-a-real-key",
                "deep": [{"access_token": "canary-token"}],
                "text": "key not-a-real-key",
            }
        },
        {"form": {"client_secret": "canary-token", "k": "not-a-real-key"}},
        {"multipart": {"fields": {"k": "not-a-real-key"}, "file": "file"}},
        {"query": {"api_key": "canary-token", "since": "yesterday"}},
    ]
    for body in bodies:
        request = everything(**body)
        shown = request.shown(["not-a-real-key"])
        assert "not-a-real-key" not in shown
        assert "canary-token" not in shown
        assert "canary" not in repr(request)
        assert "X-Odd: •••" in shown
    assert "since=yesterday" in shown


def test_what_signs_a_presigned_address_is_masked(everything: Any) -> None:
    for name in ("X-Amz-Signature", "X-Amz-Security-Token", "X-Amz-Credential", "sig", "Signature"):
        shown = everything(query={name: "canary", "design": "kept", "expires": "300"}).shown()
        assert "canary" not in shown
        assert "design=kept" in shown
        assert "expires=300" in shown


def test_a_secret_is_masked_in_every_form_it_takes(everything: Any) -> None:
    secret = 'fake "key"/ü 1'
    for body in ({"json": {"a": secret}}, {"form": {"a": secret}}, {"query": {"a": secret}}):
        shown = everything(**body).shown([secret])
        assert "•••" in shown.splitlines()[-1] or "•••" in shown.splitlines()[0] or '"a": "•••"' in shown
        assert "key" not in shown.replace("X-Key", "").replace("api_key", "")


def test_files_and_base64_are_abbreviated(everything: Any) -> None:
    multipart = everything(multipart={"fields": {"type": "RESUME"}, "file": "file"}).shown()
    assert "file: <file evidence.pdf, 609 bytes>" in multipart
    assert "type: RESUME" in multipart
    shown = everything(json={"content": "{{ file.base64 }}"}).shown()
    assert "<base64, 812 characters>" in shown


def test_json_is_laid_out(everything: Any) -> None:
    assert '{\n  "a": "é"\n}' in everything(json={"a": "é"}).shown()


def test_an_address_on_another_host_is_refused_with_the_host_and_where_to_name_it() -> None:
    with pytest.raises(Refused, match=r"files\.example\.net is on no origin of .* `hosts`"):
        prepared(operation("get", "GET", "{{ job.id }}"), {"job": {"id": "https://files.example.net/a"}})
