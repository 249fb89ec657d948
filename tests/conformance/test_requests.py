"""Mechanisms 14–20: what is sent and how its answer is read, over real HTTP, from a manifest's text."""

from __future__ import annotations

from email.parser import BytesParser
from typing import Any

import pytest

from connectors.messages import UploadFile
from engine.errors import Ambiguous, AnswerUnusable, CallError, Refused, Throttled
from tests.conformance.acme import ORIGIN, Acme, examined
from tests.conformance.mechanisms import mechanism
from tests.fake_server import Reply, Seen

FILE = UploadFile("cv.pdf", "application/pdf", b"%PDF-1.7 \x00\xff")
PARTNER = "https://files.acme-partner.example"


def failing(call: Any) -> CallError:
    with pytest.raises(CallError) as caught:
        call()
    return caught.value


# ── 14: any verb ─────────────────────────────────────────────────────────────────────────────────────────────────


@mechanism(14)
def test_a_search_by_post_is_a_read_and_create_and_update_may_be_inverted(acme: Acme) -> None:
    caller = acme.caller("""
        operations:
          search_people: {post: /people.search, json: {status: open}, writes: false, records: results, key: id}
          create_note: {put: /entity/Note, json: {text: "{{ note.text }}"}, idempotent: false}
          update_person: {post: "/entity/Candidate/{{ candidate.id }}", json: {status: x}, idempotent: true}
    """)
    acme.server.on("POST", "/people.search", Reply(503), Reply(json={"results": [{"id": 1}]}))
    acme.server.on("PUT", "/entity/Note", Reply(drop="before"))
    acme.server.on("POST", "/entity/Candidate/7", Reply(json={}))
    assert caller.records("search_people", {}) == [{"id": 1}]
    assert isinstance(failing(lambda: caller.call("create_note", {"note": {"text": "x"}})), Ambiguous)
    caller.call("update_person", {"candidate": {"id": "7"}})
    sent = [(seen.method, seen.path) for seen in acme.server.requests]
    assert sent == [
        *[("POST", "/people.search")] * 2,
        ("PUT", "/entity/Note"),
        ("POST", "/entity/Candidate/7"),
    ]


# ── 15: envelopes, and what is not set ───────────────────────────────────────────────────────────────────────────


@mechanism(15)
def test_an_envelope_leaves_out_what_is_not_set_and_sends_null_where_it_says_null(acme: Acme) -> None:
    caller = acme.caller("""
        operations:
          add_note:
            post: /notes
            json:
              data:
                - type: notes
                  attributes: {body: "{{ note.text }}", subject: "{{ note.subject }}", author: null, count: "{{ page.number }}"}
    """)
    acme.server.on("POST", "/notes", Reply(201, json={}))
    caller.call("add_note", {"note": {"text": "12"}})
    attributes = acme.server.requests[0].json["data"][0]["attributes"]
    assert attributes == {"body": "12", "author": None}


# ── 16: content types ────────────────────────────────────────────────────────────────────────────────────────────

CONTENT_TYPES = """
    operations:
      as_json: {post: /json, json: {a: 1}}
      as_json_api: {post: /jsonapi, headers: {Content-Type: application/vnd.api+json}, json: {data: {}}}
      as_form: {post: /form, form: {a: "1 & 2", b: "{{ since }}"}}
      as_multipart: {post: /multipart, multipart: {fields: {kind: RESUME}, file: file}}
      as_template: {post: /template, multipart: {fields: "{{ fields | keyed }}", file: content}}
      as_bytes: {put: /bytes, bytes: file}
      typed_bytes: {put: /typed, bytes: file, headers: {Content-Type: application/octet-stream}}
"""


@mechanism(16)
def test_a_body_goes_as_its_content_type_and_a_header_of_its_own_wins(acme: Acme) -> None:
    for path in ("json", "jsonapi", "form", "multipart", "template"):
        acme.server.on("POST", f"/{path}", Reply(200, json={}))
    for path in ("bytes", "typed"):
        acme.server.on("PUT", f"/{path}", Reply(200))
    caller = acme.caller(CONTENT_TYPES)
    for name in ("as_json", "as_json_api", "as_form"):
        caller.call(name, {})
    for name in ("as_multipart", "as_template", "as_bytes", "typed_bytes"):
        caller.call(name, {"fields": [{"id": "f-1", "value": 86}]}, FILE)
    kinds = [seen.headers["content-type"].partition(";")[0] for seen in acme.server.requests]
    assert kinds == [
        "application/json",
        "application/vnd.api+json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data",
        "application/pdf",
        "application/octet-stream",
    ]
    assert acme.server.requests[2].body == b"a=1+%26+2"
    assert parts_of(acme.server.requests[3]) == {"kind": b"RESUME", "file": FILE.data}
    assert parts_of(acme.server.requests[4]) == {"f-1": b"86", "content": FILE.data}
    assert [seen.body for seen in acme.server.requests[5:]] == [FILE.data] * 2


def parts_of(seen: Seen) -> dict[str, Any]:
    head = b"Content-Type: " + seen.headers["content-type"].encode() + b"\r\n\r\n"
    message: Any = BytesParser().parsebytes(head + seen.body)
    return {
        part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
        for part in message.get_payload()
    }


def test_a_file_that_is_due_and_not_given_is_told_and_nothing_is_sent(acme: Acme) -> None:
    with pytest.raises(Exception, match="sends a file"):
        acme.caller(CONTENT_TYPES).call("as_bytes", {})
    assert acme.server.requests == []


def test_one_template_of_fields_that_gives_no_mapping_is_an_error(acme: Acme) -> None:
    with pytest.raises(Exception, match="no mapping"):
        acme.caller(CONTENT_TYPES.replace("fields | keyed", "fields")).call("as_template", {"fields": [1]}, FILE)


# ── 17: success in the body ──────────────────────────────────────────────────────────────────────────────────────

SUCCESS = """
    operations:
      set_status:
        post: /setStatus
        json: {id: 7}
        success: "success && !(data[?code != 'SUCCESS'])"
        errors:
          code: "(data[?code != 'SUCCESS'] | [0].code) || error.code"
          codes: {INVALID_DATA: invalid, "429": throttled, NO_PERMISSION: denied}
"""


@mechanism(17)
@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        ({"success": True, "data": [{"code": "SUCCESS"}, {"code": "INVALID_DATA"}]}, "invalid", "INVALID_DATA"),
        ({"success": False, "error": {"code": "NO_PERMISSION"}}, "denied", "NO_PERMISSION"),
        ({"success": False, "error": {"code": "NEW_CODE"}}, "invalid", "NEW_CODE"),
    ],
)
def test_a_good_status_whose_body_reports_failure_is_a_refusal_with_its_code(
    acme: Acme, body: Any, kind: str, code: str
) -> None:
    acme.server.on("POST", "/setStatus", Reply(json=body))
    error = failing(lambda: acme.caller(SUCCESS).call("set_status", {}))
    assert isinstance(error, Refused)
    assert (error.kind, error.code, error.status) == (kind, code, 200)


@mechanism(17)
def test_status_200_that_carries_429_is_throttled(acme: Acme) -> None:
    acme.server.on(
        "POST", "/setStatus", Reply(json={"success": False, "error": {"code": 429}}, headers={"Retry-After": "7"})
    )
    error = failing(lambda: acme.caller(SUCCESS).call("set_status", {}))
    assert isinstance(error, Throttled)
    assert error.wait_s == 7


@mechanism(17)
def test_a_body_that_reports_success_is_good(acme: Acme) -> None:
    body = {"success": True, "data": [{"code": "SUCCESS"}]}
    acme.server.on("POST", "/setStatus", Reply(json=body))
    assert acme.caller(SUCCESS).call("set_status", {}).body == body


SUCCESS_OF_ALL = """
    apis:
      main:
        base_url: https://api.acme.example
        auth: [{headers: {X-Key: "{{ settings.api_key }}"}}]
        errors: {success: ok, code: error, codes: {no_permission: denied}}
    operations:
      add_note: {post: /notes, json: {text: Fine}}
      set_tags: {put: /tags, json: {tags: []}, empty: [204]}
      get_file: {get: /file, binary: true}
      get_state: {get: /state, success: state == 'READY'}
"""


@mechanism(17)
def test_what_the_profile_calls_success_is_asked_of_every_operation(acme: Acme) -> None:
    caller = acme.caller(SUCCESS_OF_ALL)
    acme.server.on("POST", "/notes", Reply(json={"ok": False, "error": "no_permission"}), Reply(json={"ok": True}))
    error = failing(lambda: caller.call("add_note", {}))
    assert isinstance(error, Refused)
    assert (error.kind, error.code, error.status) == ("denied", "no_permission", 200)
    assert caller.call("add_note", {}).body == {"ok": True}


@mechanism(17)
def test_a_good_answer_without_the_mark_of_success_is_a_refusal_too(acme: Acme) -> None:
    acme.server.on("POST", "/notes", Reply(json={"id": 7}))
    error = failing(lambda: acme.caller(SUCCESS_OF_ALL).call("add_note", {}))
    assert isinstance(error, Refused)
    assert error.kind == "invalid"


@mechanism(17)
def test_files_empty_answers_and_operations_with_their_own_success_are_not_asked_for_the_profiles(acme: Acme) -> None:
    acme.server.on("GET", "/file", Reply(body=b"%PDF")).on("PUT", "/tags", Reply(204))
    acme.server.on("GET", "/state", Reply(json={"state": "READY"}), Reply(json={"ok": True, "state": "WAITS"}))
    caller = acme.caller(SUCCESS_OF_ALL)
    assert caller.call("get_file", {}).data == b"%PDF"
    assert caller.call("set_tags", {}).is_empty
    assert caller.call("get_state", {}).body == {"state": "READY"}
    assert isinstance(failing(lambda: caller.call("get_state", {})), Refused)


# ── 18: what a status means ──────────────────────────────────────────────────────────────────────────────────────

STATUSES = """
    apis:
      main:
        base_url: https://api.acme.example
        auth: [{headers: {X-Key: "{{ settings.api_key }}"}}]
        hosts: ["*.acme-partner.example"]
        errors: {code: code, codes: {MODULE_OFF: skip}}
    operations:
      list_files: {get: /files, records: files, key: id, empty: [204], errors: {status: {"403": skip, "409": conflict}}}
      get_file: {get: /file, errors: {status: {"403": skip}}}
      subscribe: {post: /hooks, json: {}, errors: {status: {"409": conflict, "403": skip}}}
      discover: {get: /discover, query: {user: ana}, follow: true}
      move: {post: /move, json: {to: x}, follow: true}
      stay: {get: /discover}
"""


@mechanism(18)
@pytest.mark.parametrize(
    "reply", [Reply(204), Reply(403), Reply(404, json={"code": "MODULE_OFF"})], ids=["204", "403", "a code"]
)
def test_a_read_that_is_empty_or_skipped_is_an_answer_that_holds_nothing(acme: Acme, reply: Reply) -> None:
    acme.server.on("GET", "/files", reply).on("GET", "/file", Reply(403))
    caller = acme.caller(STATUSES)
    assert caller.records("list_files", {}) == []
    assert caller.record("get_file", {}) is None


@mechanism(18)
def test_a_write_is_never_skipped_and_409_means_that_it_is_so_already(acme: Acme) -> None:
    acme.server.on("POST", "/hooks", Reply(403), Reply(409))
    caller = acme.caller(STATUSES)
    refusals = [failing(lambda: caller.call("subscribe", {})) for _ in range(2)]
    assert [error.kind for error in refusals if isinstance(error, Refused)] == ["denied", "conflict"]


@mechanism(18)
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_followed_with_method_and_body_and_the_credential_stays_on_its_origin(
    acme: Acme, status: int
) -> None:
    acme.server.on("POST", "/move", Reply(status, headers={"Location": "/moved?a=1"}))
    acme.server.on("POST", "/moved", Reply(status, headers={"Location": f"{PARTNER}/there"}))
    acme.server.on("POST", "/there", Reply(json={"ok": True}))
    assert acme.caller(STATUSES).call("move", {}).body == {"ok": True}
    assert [(seen.method, seen.target, seen.json) for seen in acme.server.requests] == [
        ("POST", target, {"to": "x"}) for target in ("/move", "/moved?a=1", "/there")
    ]
    assert ["x-key" in seen.headers for seen in acme.server.requests] == [True, True, False]


@mechanism(18)
@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/x",
        "http://api.acme.example/x",
        "https://acme-partner.example.evil.example/",
        "//evil.example",
    ],
)
def test_a_redirect_to_a_host_that_is_not_declared_is_not_followed(acme: Acme, location: str) -> None:
    acme.server.on("GET", "/discover", Reply(307, headers={"Location": location}))
    error = failing(lambda: acme.caller(STATUSES).call("discover", {}))
    assert isinstance(error, Refused)
    assert "not declared" in error.message
    assert "evil" not in str(error)
    assert len(acme.server.requests) == 1


@mechanism(18)
def test_a_redirect_is_followed_three_times_at_most_and_only_where_the_manifest_says(acme: Acme) -> None:
    acme.server.on("GET", "/discover", Reply(307, headers={"Location": f"{ORIGIN}/discover"}))
    caller = acme.caller(STATUSES)
    assert isinstance(failing(lambda: caller.call("discover", {})), Refused)
    assert len(acme.server.requests) == 4
    assert isinstance(failing(lambda: caller.call("stay", {})), Refused)
    assert len(acme.server.requests) == 5


# ── 19: fallback paths ───────────────────────────────────────────────────────────────────────────────────────────

FALLBACK = """
    operations:
      list_people: {get: /people, records: "data || people || @", key: resourceId || id}
"""


@mechanism(19)
@pytest.mark.parametrize(
    "body",
    [
        {"data": [{"resourceId": 1}]},
        {"people": [{"id": 1}]},
        [{"id": 1}],
        {"people": {"id": 1}},
        {"id": 1},
    ],
)
def test_records_and_ids_are_found_where_they_stand_bare_wrapped_or_alone(acme: Acme, body: Any) -> None:
    acme.server.on("GET", "/people", Reply(json=body))
    found = acme.caller(FALLBACK).records("list_people", {})
    assert [record.get("resourceId") or record.get("id") for record in found] == [1]


@mechanism(19)
def test_an_object_without_the_key_is_no_record(acme: Acme) -> None:
    acme.server.on("GET", "/people", Reply(json={"error": "x"}))
    with pytest.raises(AnswerUnusable, match="something other than a list"):
        acme.caller(FALLBACK).records("list_people", {})


# ── 20: field selection ──────────────────────────────────────────────────────────────────────────────────────────


@mechanism(20)
def test_fields_and_relations_are_chosen_in_query_or_body(acme: Acme) -> None:
    acme.server.on("GET", "/people/7", Reply(json={"id": 7})).on("POST", "/search", Reply(json=[]))
    caller = acme.caller("""
        operations:
          get_person: {get: "/people/{{ candidate.id }}", query: {fields: "id,name(first)", include: [job, stage]}}
          search: {post: /search, json: {includeCustomFields: true}, writes: false, records: "@"}
    """)
    caller.record("get_person", {"candidate": {"id": 7}})
    caller.records("search", {})
    assert acme.server.requests[0].query == {"fields": ["id,name(first)"], "include": ["job", "stage"]}
    assert acme.server.requests[1].json == {"includeCustomFields": True}


# ── no silent zero ───────────────────────────────────────────────────────────────────────────────────────────────

HELD = """
    operations:
      list_people: {get: /people, records: data, key: id, must_hold: ["data[].attributes", meta]}
      change: {patch: /people/7, json: {}, must_hold: [data.id]}
"""


@pytest.mark.parametrize(
    ("body", "says", "hint"),
    [
        ({"dat": [{"id": 1}]}, "`data`", "did you mean `data`?"),
        ({"data": [{"id": 1, "attribute": "canary"}], "meta": {}}, "`attributes`", "did you mean `attribute`?"),
        ({"data": [{"id": 1, "attributes": None}]}, "`meta`", None),
        ({"data": [{"ID": 1, "attributes": {}}], "meta": {}}, "`id`", "did you mean `ID`?"),
    ],
)
def test_an_answer_that_lacks_what_it_must_hold_is_an_error_that_names_path_and_nearest_key(
    acme: Acme, body: Any, says: str, hint: str | None
) -> None:
    acme.server.on("GET", "/people", Reply(json=body))
    with pytest.raises(AnswerUnusable) as caught:
        acme.caller(HELD).records("list_people", {})
    assert says in caught.value.message
    assert "canary" not in str(caught.value)
    if hint and body.get("data"):
        assert caught.value.hint == hint


def test_a_write_whose_answer_lacks_what_it_must_hold_is_left_open(acme: Acme) -> None:
    acme.server.on("PATCH", "/people/7", Reply(json={"data": {}}))
    assert isinstance(failing(lambda: acme.caller(HELD).call("change", {})), Ambiguous)


def test_what_the_language_cannot_say_is_refused_when_it_is_loaded() -> None:
    found = examined("operations:\n  act: {post: /soap, xml: <a/>}\n")[1]
    assert [finding.code for finding in found] == ["unsupported"]
