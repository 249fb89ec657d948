"""What an operation sends is compared with what its endpoint takes: parameters, body, types, values."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.documents import HOST, document, endpoint, findings, json_body, marked


def parameter(name: str, where: str = "query", **schema: Any) -> dict[str, Any]:
    required = schema.pop("required", False)
    return {"name": name, "in": where, "required": required, "schema": schema}


LISTED = {
    "/people": {
        "parameters": [parameter("limit", type="integer")],
        "get": endpoint(
            parameters=[
                parameter("sort", type="string", enum=["name", "date"]),
                parameter("active", type="boolean"),
                parameter("ids", type="array", items={"type": "string"}),
                parameter("filter", type="object"),
                parameter("x-version", "header", type="string", required=True),
            ]
        ),
    }
}
VERSION = "    headers: {X-Version: '1'}\n"

QUERIES = [
    ("{«limt: 10}", "contract-parameter", "query parameter `limt`", "did you mean `limit`?"),
    ("{«colour: red}", "contract-parameter", "query parameter `colour`", "one of: active, filter, ids, limit, sort"),
    ("{limit: «many}", "contract-type", "`limit` is sent as `many`; the OpenAPI has a whole number", ""),
    ("{limit: «1.5}", "contract-type", "`limit` is sent as `1.5`", ""),
    ("{limit: «[1, 2]}", "contract-type", "`limit` is sent as a list", ""),
    ("{active: «1}", "contract-type", "`active` is sent as `1`; the OpenAPI has true or false", ""),
    ("{sort: «names}", "contract-value", "no `names` for `sort`", "did you mean `name`?"),
]  # fmt: skip


@pytest.mark.parametrize(("query", "code", "message", "hint"), QUERIES)
def test_a_wrong_query_is_told_at_its_place(query: str, code: str, message: str, hint: str) -> None:
    manifest = f"  call:\n    get: /people\n{VERSION}    query: {query}\n"
    (found,) = findings(manifest, document(LISTED))
    assert (found.code, found.severity, found.hint) == (code, "error", hint)
    assert message in found.message
    assert (found.line, found.column) == marked(manifest)


@pytest.mark.parametrize(
    "query",
    [
        "{limit: 10}",
        "{limit: '10'}",
        "{limit: '{{ page.number }}'}",
        "{active: true}",
        "{ids: [a, b]}",
        "{ids: a}",
        "{'filter[status]': new}",
        "{sort: '{{ settings.sort }}'}",
    ],
)
def test_a_right_query_is_not_complained_about(query: str) -> None:
    assert not findings(f"  call:\n    get: /people\n{VERSION}    query: {query}\n", document(LISTED))


def test_a_choice_of_the_tenants_is_compared_with_the_documented_values() -> None:
    settings = "settings:\n  sort: {type: choice, of: [name, size]}\n"
    manifest = f"  call:\n    get: /people\n{VERSION}    query: {{sort: «'{{{{ settings.sort }}}}'}}\n"
    (found,) = findings(manifest + settings, document(LISTED))
    assert (found.code, found.line, found.column) == ("contract-value", *marked(manifest))
    assert "no `size` for `sort`" in found.message


def test_a_required_parameter_that_is_missing_is_told_at_the_operation() -> None:
    manifest = "  «call:\n    get: /people\n"
    (found,) = findings(manifest, document(LISTED))
    assert (found.code, found.line, found.column) == ("contract-parameter-missing", *marked(manifest))
    assert found.message == "GET /people requires the header `x-version`"


def test_what_the_profile_sends_counts_as_sent() -> None:
    paths = {
        "/people": {
            "get": endpoint(
                parameters=[parameter("key", required=True), parameter("X-Token", "header", required=True)]
            )
        }
    }
    manifest = (
        f'apis:\n  main:\n    base_url: "{HOST}"\n    auth:\n      - query: {{key: b}}\n        sign: {{headers: {{x-token: a}}}}\n'
        "operations:\n  call: {get: /people}\n"
    )
    assert not findings(manifest, document(paths))


def test_an_undocumented_header_is_a_warning_and_those_every_client_sends_are_none() -> None:
    manifest = "  call:\n    get: /people\n    headers: {X-Version: '1', Accept: a/b, «X-Versoin: '2'}\n"
    (found,) = findings(manifest, document(LISTED))
    assert (found.code, found.severity, found.line, found.column) == (
        "contract-parameter",
        "warning",
        *marked(manifest),
    )


NOTE = {
    "type": "object",
    "required": ["text", "visible"],
    "properties": {
        "id": {"type": "string", "readOnly": True},
        "text": {"type": "string"},
        "visible": {"type": "boolean"},
        "kind": {"type": "string", "enum": ["plain", "html"]},
        "size": {"type": "number"},
        "author": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
        "labels": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
        "extra": {"type": "object", "additionalProperties": True, "properties": {"a": {"type": "string"}}},
        "free": {"type": "object"},
    },
}
GOOD = "text: a, visible: true"
BODIES = [
    (f"{{{GOOD}, «txet: a}}", "contract-property", "no `txet` in the body", ""),
    (f"{{{GOOD}, «kinds: a}}", "contract-property", "no `kinds` in the body", "did you mean `kind`?"),
    (f"{{{GOOD}, author: {{id: a, «nam: b}}}}", "contract-property", "no `nam` in author", ""),
    (f"{{{GOOD}, «author: {{}}}}", "contract-property-missing", "requires `id` in author", ""),
    (f"{{{GOOD}, labels: [{{«nme: a}}]}}", "contract-property", "no `nme` in labels", "did you mean `name`?"),
    ("{text: a, visible: «'yes'}", "contract-type", "`visible` is sent as text; the OpenAPI has true or false", ""),
    ("{text: «[a], visible: true}", "contract-type", "`text` is sent as a list; the OpenAPI has text", ""),
    (f"{{{GOOD}, labels: «{{name: a}}}}", "contract-type", "`labels` is sent as a mapping", ""),
    (f"{{{GOOD}, size: «'{{{{ job.id }}}} m'}}", "contract-type", "`size` is sent as text", ""),
    (f"{{{GOOD}, size: «'{{{{ settings.name }}}}'}}", "contract-type", "`size` is sent as text", ""),
    ("{text: «'{{ tags }}', visible: true}", "contract-type", "`text` is sent as a list; the OpenAPI has text", ""),
    (f"{{{GOOD}, size: «'{{{{ candidate.id }}}}'}}", "contract-type", "`size` is sent as text", ""),
    (
        f"{{{GOOD}, labels: «'{{{{ tags }}}}'}}",
        "contract-type",
        "`labels` is sent as text; the OpenAPI has a mapping",
        "",
    ),
    (
        f"{{{GOOD}, kind: «'{{{{ settings.kind }}}}'}}",
        "contract-value",
        "no `htm` for `kind`",
        "did you mean `html`?",
    ),
    (f"{{{GOOD}, kind: «htlm}}", "contract-value", "no `htlm` for `kind`", "did you mean `html`?"),
]


@pytest.mark.parametrize(("body", "code", "message", "hint"), BODIES)
def test_a_wrong_body_is_told_at_its_place(body: str, code: str, message: str, hint: str) -> None:
    paths = {"/notes": {"post": endpoint(requestBody=json_body(NOTE, required=True))}}
    settings = "settings:\n  name: {type: text}\n  kind: {type: choice, of: [html, htm]}\n"
    manifest = f"  call:\n    post: /notes\n    json: {body}\n"
    (found,) = findings(manifest + settings, document(paths))
    assert found.code == code
    assert message in found.message
    assert not hint or found.hint == hint
    assert (found.line, found.column) == marked(manifest)


@pytest.mark.parametrize(
    "body",
    [
        f"{{{GOOD}}}",
        f"{{{GOOD}, size: 3, kind: html, labels: [{{name: a}}], extra: {{b: 1}}, free: {{c: [1]}}}}",
        "{text: '{{ note.text }}', visible: '{{ settings.visible }}', size: '{{ score.match }}'}",
        "{text: '{{ candidate.id }}', visible: true, size: '{{ candidate.id | int }}'}",
        "'{{ whatever }}'",
    ],
)
def test_a_right_body_is_not_complained_about(body: str) -> None:
    paths = {"/notes": {"post": endpoint(requestBody=json_body(NOTE))}}
    assert not findings(f"  call:\n    post: /notes\n    json: {body}\n", document(paths))


def test_the_items_of_a_batch_of_fields_are_compared() -> None:
    item = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "value": {}}}
    body = {"type": "object", "properties": {"values": {"type": "array", "items": item}}}
    paths = {"/fields": {"put": endpoint(requestBody=json_body(body))}}

    def told(template: str, json: str = "{values: «'{{ fields }}'}") -> list[tuple[str, str]]:
        manifest = f"  call:\n    put: /fields\n    json: {json}\n"
        places = f"write_back:\n  places:\n    field: {{write: call, item: {template}}}\n"
        found = findings(manifest + places, document(paths))
        assert {(one.line, one.column) for one in found} <= {marked(manifest)}
        return [(one.code, one.hint) for one in found]

    assert told("{id: '{{ field.id }}', value: '{{ field.value }}'}") == []
    assert told("{id: '{{ field.id }}', valu: '{{ field.value }}'}") == [
        ("contract-property", "did you mean `value`?")
    ]
    assert told("{value: 1}") == [("contract-property-missing", "")]
    assert told("{id: 1}") == [("contract-type", "")]


def test_a_required_property_that_is_misspelt_is_not_told_to_be_missing_too() -> None:
    paths = {"/notes": {"post": endpoint(requestBody=json_body(NOTE))}}
    manifest = "  call:\n    post: /notes\n    json: {text: a, «visibel: true}\n"
    (found,) = findings(manifest, document(paths))
    assert (found.hint, found.line, found.column) == ("did you mean `visible`?", *marked(manifest))


def test_a_missing_property_is_told_once_for_each() -> None:
    paths = {"/notes": {"post": endpoint(requestBody=json_body(NOTE))}}
    found = findings("  call:\n    post: /notes\n    json: {size: 1}\n", document(paths))
    assert [item.message for item in found] == [
        "the OpenAPI requires `text` in the body",
        "the OpenAPI requires `visible` in the body",
    ]


@pytest.mark.parametrize(
    ("call", "body", "message"),
    [
        ("«call: {post: /notes}", json_body(NOTE, required=True), "POST /notes requires a body"),
        ("call: {post: /notes, «json: {a: 1}}", None, "knows no body of POST /notes"),
        ("call: {post: /notes, «form: {a: 1}}", json_body(NOTE), "POST /notes takes no form body"),
    ],
)
def test_a_body_where_none_is_due_and_none_where_one_is_due(call: str, body: Any, message: str) -> None:
    paths = {"/notes": {"post": endpoint(**({"requestBody": body} if body else {}))}}
    manifest = f"  {call}\n"
    (found,) = findings(manifest, document(paths))
    assert (found.code, found.severity) == ("contract-body", "error")
    assert message in found.message
    assert (found.line, found.column) == marked(manifest)


def test_one_of_several_forms_must_fit_and_the_nearest_is_told() -> None:
    either = {"oneOf": [NOTE, {"type": "object", "required": ["url"], "properties": {"url": {"type": "string"}}}]}
    paths = {"/notes": {"post": endpoint(requestBody=json_body(either))}}
    assert not findings("  call: {post: /notes, json: {url: a}}\n", document(paths))
    manifest = f"  call: {{post: /notes, json: {{{GOOD}, «knd: plain}}}}\n"
    (found,) = findings(manifest, document(paths))
    assert (found.hint, found.line, found.column) == ("did you mean `kind`?", *marked(manifest))


def test_forms_and_files_are_compared_by_their_fields() -> None:
    form = {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "kind": {"type": "string", "enum": ["cv", "note"]},
        },
    }
    body = {
        "content": {"multipart/form-data": {"schema": form}, "application/x-www-form-urlencoded": {"schema": form}}
    }
    paths = {"/files": {"post": endpoint(requestBody=body)}}

    def told(call: str) -> list[tuple[str, str]]:
        return [(item.code, item.hint) for item in findings(f"  call: {{post: /files, {call}}}\n", document(paths))]

    assert told("multipart: {fields: {kind: cv}, file: file}") == []
    assert told("form: {file: a, kind: cv}") == []
    assert told("multipart: {fields: {knd: cv}, file: file}") == [("contract-property", "did you mean `kind`?")]
    assert told("multipart: {fields: {}, file: fil}") == [("contract-property", "did you mean `file`?")]
    assert told("form: {file: a, kind: nte}") == [("contract-value", "did you mean `note`?")]


def test_the_media_type_of_a_header_is_the_one_compared() -> None:
    content = {"application/vnd.api+json": {"schema": NOTE}}
    paths = {"/notes": {"post": endpoint(requestBody={"content": content})}}
    body = f"json: {{{GOOD}}}"
    assert not findings(f"  call: {{post: /notes, {body}}}\n", document(paths))
    said = "headers: {Content-Type: application/vnd.api+json}"
    assert not findings(f"  call: {{post: /notes, {said}, {body}}}\n", document(paths))
    said = "headers: {Content-Type: application/xml}"
    (found,) = findings(f"  call: {{post: /notes, {said}, {body}}}\n", document(paths))
    assert (found.code, found.hint) == ("contract-body", "the OpenAPI has: application/vnd.api+json")
