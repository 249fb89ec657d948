"""What a manifest reads from answers is compared with the answers' schemas."""

from __future__ import annotations

from typing import Any

import pytest

from engine.contract.check import documented
from engine.manifest.yaml.source import read_text
from tests.contract.documents import (
    HEAD,
    HOST,
    PERSON,
    compared,
    document,
    endpoint,
    findings,
    json_answer,
    marked,
    opened,
)

LIST = {
    "type": "object",
    "properties": {
        "data": {"type": "array", "items": {"$ref": "#/components/schemas/Person"}},
        "next": {"type": "string"},
        "more": {"type": "boolean"},
        "meta": {"type": "object", "properties": {"total": {"type": "integer"}}},
    },
}
ERROR = {
    "type": "object",
    "properties": {
        "errors": {"type": "array", "items": {"type": "object", "properties": {"code": {"type": "string"}}}}
    },
}
PATHS: dict[str, Any] = {
    "/people": {"get": endpoint(responses={**json_answer(LIST), **json_answer(ERROR, "400")})},
    "/people/{id}": {"get": endpoint()},
    "/jobs/{id}": {"get": endpoint(responses=json_answer({"$ref": "#/components/schemas/Job"}))},
    "/hooks": {
        "post": endpoint(responses=json_answer({"properties": {"id": {}, "secret": {"type": "string"}}}, "201"))
    },
    "/files": {"get": endpoint(responses={"200": {"content": {"application/pdf": {}}}})},
}
PEOPLE = "  people: {get: /people, records: data, key: id}\n"
PERSON_CALL = "  person: {get: '/people/{{ candidate.id }}'}\n"

READS = [
    ("  people: {get: /people, records: «dat}\n", "`dat`", "did you mean `data`?"),
    ("  people: {get: /people, records: data, key: «idd}\n", "`idd`", "did you mean `id`?"),
    ("  people: {get: /people, records: data, key: «ident.number}\n", "`ident`", ""),
    ("  people: {get: /people, records: «data.items}\n", "`data.items` does not stand in what GET /people answers: `data` is a list", ""),
    ("  people: {get: /people, records: «next}\n", "`next` gives a text; expected a list of records", ""),
    ("  people: {get: /people, records: data, paging: {cursor: «nxt}}\n", "`nxt`", "did you mean `next`?"),
    ("  people: {get: /people, records: data, paging: {number: 1, total: meta.«totl}}\n".replace("meta.«", "«meta."), "`meta.totl`", "did you mean `meta.total`?"),
    ("  people: {get: /people, records: data, success: «sucess}\n", "`sucess`", "there are: data, meta, more, next"),
    ("  people: {get: /people, records: data, errors: {code: 'errors[0].«cod'}}\n", "`cod`", "did you mean `code`?"),
    (PEOPLE + "  person: {get: '/people/{{ candidate.id }}', record: «datum}\n", "`datum`", ""),
]  # fmt: skip


SHARED = """\
apis:
  main:
    base_url: https://api.acme.example
    auth: [{headers: {}}]
    errors: {success: «more}
operations:
  people: {get: /people, records: data, key: id}
  file: {get: /people, binary: true}
  own: {get: /people, success: next}
  person: {get: '/people/{{ candidate.id }}'}
"""


def test_what_the_profile_calls_success_must_stand_in_what_each_of_its_operations_answers() -> None:
    (found,) = findings(SHARED, document(PATHS))
    assert (found.code, found.severity) == ("contract-answer", "error")
    assert found.message == "`more` does not stand in what GET /people/{id} answers"
    assert (found.line, found.column) == marked(SHARED)


@pytest.mark.parametrize(("manifest", "message", "hint"), READS)
def test_a_path_that_no_answer_holds_is_told_with_what_stands_there(manifest: str, message: str, hint: str) -> None:
    (found,) = findings(manifest, document(PATHS))
    assert (found.code, found.severity) == ("contract-answer", "error")
    assert message in found.message
    assert not hint or found.hint == hint
    assert (found.line, found.column) == marked(manifest)


OBJECTS = [
    "objects:\n  candidate:\n    read: person\n    fields: {id: id, email: «emial}\n",
    "objects:\n  candidate:\n    read: person\n    applications: '«job[].{job_id: id}'\n",
    "objects:\n  candidate:\n    read: person\n    applications: 'jobs[].{job_id: «idd}'\n",
    "objects:\n  candidate:\n    read: person\n    applications: 'jobs[?«stat == `1`].{job_id: id}'\n",
    "objects:\n  candidate:\n    read: person\n    add: {job: {read: job}}\n    fields: {email: «job.titl}\n",
    "objects:\n  resume:\n    - {read: people, pick: \"[?«kind == 'cv'] | [0]\"}\n",
    "events:\n  poll:\n    streams:\n      a: {operation: people, ids: {candidate: «record.idd}}\n",
    "events:\n  poll:\n    streams:\n      a: {operation: people, each: jobs, ids: {job: «item.idd}}\n",
    "events:\n  webhook:\n    registration: {create: hook, created_id: «idd}\n",
    "events:\n  webhook:\n    registration: {create: hook, secret: hook, secret_value: «secretKey}\n",
    "write_back:\n  places:\n    field:\n      directory: {operation: people, id: id, name: «label}\n",
    "write_back:\n  places:\n    field:\n      directory: {operation: people, id: id, name: email}\n      options: {in: «job, id: id, name: title}\n",
    "write_back:\n  places:\n    field:\n      directory: {operation: people, id: id, name: email}\n      options: {in: jobs, id: id, name: «titel}\n",
    "write_back:\n  places:\n    note:\n      found_by: {operation: people, when: 'contains(«record.text, marker)'}\n",
    "lookups:\n  author: {operation: people, where: record.email == settings.author, give: «record.ident}\n",
]


@pytest.mark.parametrize("place", OBJECTS)
def test_every_place_that_reads_a_record_is_looked_at(place: str) -> None:
    calls = PEOPLE + PERSON_CALL + "  job: {get: '/jobs/{{ job.id }}'}\n  hook: {post: /hooks}\n"
    (found,) = findings(calls + place, document(PATHS))
    assert found.code == "contract-answer"
    assert (found.line, found.column) == marked(calls + place)


def test_what_is_there_is_not_complained_about() -> None:
    manifest = (
        "  people: {get: /people, records: data, key: id, paging: {cursor: next, more: more}, errors: {code: 'errors[0].code'}}\n"
        + PERSON_CALL
        + "objects:\n  candidate:\n    read: person\n    fields: {id: id, email: email, tags: 'sort(tags)'}\n"
        "    applications: 'jobs[?title].{job_id: id} | sort_by(@, &job_id)'\n"
        "events:\n  poll:\n    streams:\n      a: {operation: people, each: jobs, ids: {job: item.id, candidate: record.id}}\n"
    )
    assert not findings(manifest, document(PATHS))


def test_one_missing_alternative_is_a_warning_and_all_missing_are_one_error() -> None:
    def severities(path: str) -> list[str]:
        objects = f"objects:\n  candidate: {{read: person, fields: {{email: '{path}'}}}}\n"
        return [found.severity for found in findings(PERSON_CALL + objects, document(PATHS))]

    assert severities("mail || email") == ["warning"]
    assert severities("mail || post") == ["error"]


def test_a_sign_in_step_that_the_openapi_knows_is_read_too_and_others_are_passed_over() -> None:
    paths = {
        "/token": {"post": endpoint(responses=json_answer({"properties": {"access_token": {"type": "string"}}}))}
    }
    step = "{name: a, post: /token, capture: {t: «acces_token}}"
    sign_in = f'apis:\n  main:\n    base_url: "{HOST}"\n    auth:\n      - steps:\n          - {step}\n'
    manifest = sign_in + "operations: {}\n"
    (found,) = findings(manifest, document(paths))
    assert (found.hint, found.line, found.column) == ("did you mean `access_token`?", *marked(manifest))
    assert not findings(manifest.replace("/token", "https://login.example/oauth"), document(paths))


def test_the_profiles_error_code_must_stand_in_some_failed_answer() -> None:
    right = f'apis:\n  main:\n    base_url: "{HOST}"\n    errors: {{code: "errors[0].code"}}\noperations:\n' + PEOPLE
    assert not findings(right, document(PATHS))
    manifest = f'apis:\n  main:\n    base_url: "{HOST}"\n    errors: {{code: «error.code}}\noperations:\n' + PEOPLE
    (found,) = findings(manifest, document(PATHS))
    assert (found.code, found.line, found.column) == ("contract-answer", *marked(manifest))
    assert "any failed answer" in found.message


def test_an_answer_that_is_not_described_is_a_note() -> None:
    (found,) = findings("  file: {get: /files, record: data}\n", document(PATHS))
    assert (found.code, found.severity) == ("contract-answer", "note")


COMPOSED = {
    "allOf of references": {"allOf": [{"$ref": "#/components/schemas/Person"}, {"properties": {"extra": {}}}]},
    "oneOf a person and a failure": {"oneOf": [PERSON, {"type": "object", "properties": {"extra": {}}}]},
    "anyOf, one of them null": {"anyOf": [{"properties": {**PERSON["properties"], "extra": {}}}, {"type": "null"}]},  # type: ignore[dict-item]
    "type as a list": {**PERSON, "type": ["object", "null"], "properties": {**PERSON["properties"], "extra": {}}},  # type: ignore[dict-item]
    "a reference with words beside it": {"$ref": "#/components/schemas/Person", "properties": {"extra": {}}},
}


@pytest.mark.parametrize("schema", COMPOSED.values(), ids=COMPOSED)
def test_composed_schemas_know_all_their_names_and_no_others(schema: Any) -> None:
    paths = {"/people/{id}": {"get": endpoint(responses=json_answer(schema))}}
    objects = "objects:\n  candidate: {read: person, fields: {id: id, email: email, tags: extra, phone: «phnoe}}\n"
    (found,) = findings(PERSON_CALL + objects, document(paths, openapi="3.1.0"))
    assert (found.line, found.column) == marked(PERSON_CALL + objects)


@pytest.mark.parametrize(
    "schema",
    [
        {},
        True,
        {"type": "object"},
        {"type": "object", "additionalProperties": {"type": "string"}},
        {**PERSON, "additionalProperties": True},
        {**PERSON, "patternProperties": {"^x": {}}},
    ],
)
def test_an_object_that_may_hold_other_names_is_not_complained_about(schema: Any) -> None:
    paths = {"/people/{id}": {"get": endpoint(responses=json_answer(schema))}}
    objects = "objects:\n  candidate: {read: person, fields: {phone: custom.phone}}\n"
    assert not findings(PERSON_CALL + objects, document(paths))


def test_the_records_of_a_list_of_ids_are_those_that_are_fetched() -> None:
    calls = (
        "  people: {get: /people, records: data, key: id, fetch: {operation: person}}\n"
        "  person: {get: '/jobs/{{ id }}'}\n"
    )
    stream = "events:\n  poll:\n    streams:\n      a: {operation: people, ids: {job: record.id}, version: «record.email}\n"
    (found,) = findings(calls + stream, document(PATHS))
    assert (found.line, found.column) == marked(calls + stream)
    assert found.message.startswith("`record.email` does not stand in what GET /jobs/{id} answers")


def test_statuses_are_compared() -> None:
    def told(call: str, *statuses: str) -> list[tuple[str, str]]:
        answers = {status: {"description": ""} for status in statuses}
        made = findings(f"  call: {{post: /x, {call}}}\n", document({"/x": {"post": {"responses": answers}}}))
        assert all(found.code == "contract-status" for found in made)
        return [(found.severity, found.message.removeprefix("POST /x ")) for found in made]

    assert told("ok: [201]", "201") == []
    assert told("ok: [201]", "2XX") == []
    assert told("ok: [200]", "default") == []
    assert told("ok: [200]", "201", "400") == [("error", "is not documented to answer 200")]
    assert told("ok: [200, 204]", "200") == [("warning", "is not documented to answer 204")]
    assert told("ok: [200]", "200", "202") == [("warning", "may answer 202, which counts as a failure here")]
    assert told("empty: [204]", "200") == [("warning", "is not documented to answer 204")]
    assert told("errors: {status: {'409': conflict}}", "200", "409") == []
    assert told("errors: {status: {'418': conflict, 5xx: transient}}", "200", "409") == [
        ("warning", "is not documented to answer 418")
    ]


def test_a_manifest_is_compared_whole() -> None:
    made = compared(PEOPLE + "  other: {get: /elsewhere}\n", document(PATHS))
    assert made.operations == {"people": "GET /people", "other": None}
    assert [found.code for found in made.findings] == ["contract-unknown"]


def test_lint_knows_what_the_openapi_says_of_answers() -> None:
    person = {"type": "object", "properties": {"id": {"type": "string"}, "at": {"type": "string", "format": "date"}}}
    schema = {"properties": {"data": {"type": "array", "items": person}, "state": {"type": "string", "enum": ["a"]}}}
    paths = {"/people": {"get": endpoint(responses=json_answer(schema))}}
    source = read_text(HEAD + PEOPLE + "  other: {get: /elsewhere}\n", "acme.yaml")
    answers = documented(source, opened(document(paths)))
    assert answers(("operations", "other")) is None
    people = answers(("operations", "people"))
    assert people is not None
    assert people.key("state").one_of == ("a",)
    assert people.key("data").kinds == {"list"}
    assert people.key("data").element.key("at").means == "moment"
