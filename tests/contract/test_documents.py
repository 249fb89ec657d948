"""OpenAPI documents of every version are read; broken, huge and circular ones are refused with place and reason."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from engine.contract.openapi import read_openapi
from engine.errors import SpecError
from engine.manifest.yaml.document import LIMIT_BYTES, read_document
from tests.contract.documents import PERSON, document, endpoint, findings, json_answer, json_body, opened

SWAGGER: dict[str, Any] = {
    "swagger": "2.0",
    "host": "api.acme-ats.example",
    "basePath": "/v1",
    "consumes": ["application/json"],
    "produces": ["application/json"],
    "paths": {
        "/people/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "type": "string"}],
            "get": {
                "parameters": [{"name": "limit", "in": "query", "type": "integer"}],
                "responses": {"200": {"description": "good", "schema": {"$ref": "#/definitions/Person"}}},
            },
            "put": {
                "parameters": [
                    {"name": "body", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Person"}}
                ],
                "responses": {"204": {"description": "good"}},
            },
        },
        "/files": {
            "post": {
                "consumes": ["multipart/form-data"],
                "parameters": [
                    {"name": "file", "in": "formData", "type": "file", "required": True},
                    {"name": "kind", "in": "formData", "type": "string", "enum": ["cv"]},
                ],
                "responses": {"201": {"description": "good"}},
            }
        },
    },
    "definitions": {"Person": {**PERSON, "properties": {"id": {"type": "string"}, "email": {"type": "string"}}}},
}


def test_a_swagger_document_is_compared_as_an_openapi_is() -> None:
    manifest = (
        'apis:\n  main: {base_url: "https://api.acme-ats.example/v1"}\n'
        "operations:\n"
        "  person:\n    get: /people/{{ candidate.id }}\n    query: {limit: many}\n"
        "  change:\n    put: /people/{{ candidate.id }}\n    json: {emial: a}\n"
        "  upload:\n    post: /files\n    multipart: {fields: {kind: cvv}, file: file}\n"
        "objects:\n  candidate: {read: person, fields: {id: id, email: mail}}\n"
    )
    found = findings(manifest, SWAGGER)
    assert [(item.line, item.code) for item in found] == [
        (6, "contract-type"),
        (9, "contract-property-missing"),
        (9, "contract-property"),
        (12, "contract-value"),
        (14, "contract-answer"),
    ]


def refused(text: str, name: str = "openapi.yaml") -> tuple[str, int, int, str, str]:
    with pytest.raises(SpecError) as raised:
        opened(text, name)
    (found,) = raised.value.findings
    return found.code, found.line, found.column, found.message, found.hint


BROKEN = [
    ("openapi: 3.0.0\npaths:\n  /a: [get\n", "openapi.yaml", "syntax", 3),
    ("openapi: 3.0.0\npaths:\n\t/a: b\n", "openapi.yaml", "syntax", 3),
    ("openapi: 3.0.0\npaths: *nowhere\n", "openapi.yaml", "syntax", 2),
    ('{"openapi": "3.0.0",\n "paths": {]}', "openapi.json", "syntax", 2),
    ('{"openapi": NaN}', "openapi.json", "syntax", 1),
    ("[" * 100_000, "openapi.json", "too-deep", 1),
    ("a:\n  " + "[" * 5_000 + "]" * 5_000, "openapi.yaml", "too-deep", 2),
    ("a:\n  " + "[" * 500 + "]" * 500, "openapi.yaml", "too-deep", 2),
    ("openapi: 3.0.0\nx: [" + "1," * 1_000_001 + "]", "openapi.yaml", "too-many", 2),
    ("", "openapi.yaml", "not-openapi", 1),
    ("just text", "openapi.yaml", "not-openapi", 1),
    ("- openapi: 3.0.0\n", "openapi.yaml", "not-openapi", 1),
    ("info: {}\nopenapi: 4.0.0\npaths: {}\n", "openapi.yaml", "not-openapi", 2),
    ("asyncapi: 2.6.0\n", "openapi.yaml", "not-openapi", 1),
    ("openapi: 3.1.0\ninfo: {}\n", "openapi.yaml", "not-openapi", 1),
    ("openapi: 3.1.0\npaths: []\n", "openapi.yaml", "not-openapi", 2),
]


@pytest.mark.parametrize(
    ("text", "name", "code", "line"), BROKEN, ids=[f"{item[2]}-{n}" for n, item in enumerate(BROKEN)]
)
def test_a_broken_document_is_refused_with_place_and_reason(text: str, name: str, code: str, line: int) -> None:
    told = refused(text, name)
    assert told[:2] == (code, line)
    assert told[3]


def test_a_huge_file_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    file = tmp_path / "openapi.yaml"
    with file.open("wb") as stream:
        stream.truncate(20 * 1024 * 1024)
    assert file.stat().st_size > LIMIT_BYTES
    with pytest.raises(SpecError, match="larger than 12 MiB"):
        read_openapi(file)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="cannot be read"):
        read_openapi(tmp_path / "none.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"openapi: 3.0.0\nx: \xff\n")
    with pytest.raises(SpecError, match=r"bytes\.yaml:2:4 not-utf8"):
        read_openapi(tmp_path / "bytes.yaml")


def test_yaml_is_typed_as_json_would_be_and_keys_are_texts(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(
        "200: {on: NO, n: 3, t: 2024-01-01, s: '3', x: !!python/name:os.system a}\na: &a {b: 1}\nc: *a\n", "utf-8"
    )
    assert read_document(file).data == {
        "200": {"on": "NO", "n": 3, "t": "2024-01-01", "s": "3", "x": "a"},
        "a": {"b": 1},
        "c": {"b": 1},
    }


def test_aliases_that_multiply_stay_small(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    file.write_text("openapi: 3.0.0\npaths: {/a: {get: {}}}\n" + "\n".join(lines), "utf-8")
    began = time.process_time()
    assert read_openapi(file).endpoints
    assert time.process_time() - began < 1


CIRCLES: dict[str, dict[str, Any]] = {
    "a reference to itself": {"Node": {"$ref": "#/components/schemas/Node"}},
    "two references to each other": {
        "Node": {"$ref": "#/components/schemas/B"},
        "B": {"$ref": "#/components/schemas/Node"},
    },
    "a property of its own kind": {
        "Node": {"type": "object", "properties": {"id": {}, "up": {"$ref": "#/components/schemas/Node"}}}
    },
    "allOf itself": {"Node": {"allOf": [{"$ref": "#/components/schemas/Node"}, {"properties": {"id": {}}}]}},
    "oneOf itself": {"Node": {"oneOf": [{"$ref": "#/components/schemas/Node"}, {"properties": {"id": {}}}]}},
    "items of itself": {"Node": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}}},
    "growing without an end": {
        "Node": {
            "properties": {
                f"p{n}": {"allOf": [{"$ref": "#/components/schemas/Node"}, {"properties": {f"q{n}": {}}}]}
                for n in range(8)
            }
        }
    },
    "many alternatives": {
        "Node": {"allOf": [{"oneOf": [{"properties": {f"a{n}{m}": {}}} for m in range(9)]} for n in range(9)]}
    },
    "a wide pyramid": {
        **{
            f"N{n}": {"properties": {f"p{m}": {"$ref": f"#/components/schemas/N{n + 1}"} for m in range(9)}}
            for n in range(20)
        },
        "N20": {"type": "string"},
        "Node": {"oneOf": [{"$ref": "#/components/schemas/N0"}, {"$ref": "#/components/schemas/N1"}]},
    },
}


@pytest.mark.parametrize("schemas", CIRCLES.values(), ids=CIRCLES)
def test_circular_and_exploding_schemas_come_to_an_end(schemas: dict[str, Any]) -> None:
    node = {"$ref": "#/components/schemas/Node"}
    paths = {"/nodes": {"post": endpoint(requestBody=json_body(node), responses=json_answer(node))}}
    manifest = (
        "  node: {post: /nodes, json: {up: {up: {up: {up: {id: 1}}}}}}\n"
        "objects:\n  candidate: {read: node, fields: {id: up.up.up.id || id, tags: '[].p1[].p2'}}\n"
    )
    began = time.process_time()
    findings(manifest, document(paths, components={"schemas": schemas}))
    assert time.process_time() - began < 5


def test_a_circle_of_aliases_comes_to_an_end(tmp_path: Path) -> None:
    text = (
        "openapi: 3.0.0\npaths:\n  /a:\n    get: &get\n      responses:\n        '200':\n          content:\n"
        "            application/json:\n              schema: &s {properties: {up: *s}, allOf: [*s]}\n"
    )
    assert [item.name for item in opened(text, "a.yaml").endpoints] == ["GET /a"]


def person_by(reference: str) -> Any:
    return document({"/people/{id}": {"get": endpoint(responses=json_answer({"$ref": reference}))}})


PERSON_READ = (
    "  person: {get: '/people/{{ candidate.id }}'}\nobjects:\n  candidate: {read: person, fields: {id: id}}\n"
)


@pytest.mark.parametrize(
    "reference",
    ["https://schemas.example/person.json", "person.yaml#/Person", "file:///etc/passwd", "//schemas.example/a"],
)
def test_a_reference_out_of_the_document_is_refused_and_not_fetched(
    reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_network(*_: Any) -> None:
        raise AssertionError("something was fetched")

    monkeypatch.setattr("socket.socket.connect", no_network)
    monkeypatch.setattr("socket.getaddrinfo", no_network)
    (found,) = findings(PERSON_READ, person_by(reference))
    assert (found.code, found.severity) == ("remote-reference", "error")
    assert "never fetched" in found.message
    text = json.dumps(person_by(reference))
    assert (found.line, found.column) == (1, text.index(reference) + 1)


def test_a_reference_that_leads_nowhere_is_told_with_the_nearest_name() -> None:
    (found,) = findings(PERSON_READ, person_by("#/components/schemas/Persn"))
    assert (found.code, found.severity, found.hint) == ("broken-reference", "error", "did you mean `Person`?")


def test_what_is_joined_with_a_broken_reference_is_not_taken_to_be_known_whole() -> None:
    schema = {"allOf": [{"$ref": "#/nowhere"}, {"properties": {"email": {}}}]}
    paths = {"/people/{id}": {"get": endpoint(responses=json_answer(schema))}}
    assert [item.code for item in findings(PERSON_READ, document(paths))] == ["broken-reference"]


def test_references_into_paths_are_followed() -> None:
    pointer = "#/paths/~1people~1%7Bid%7D/get/responses/200/content/application~1json/schema"
    paths = {
        "/people/{id}": {"get": endpoint()},
        "/me": {"get": endpoint(responses={"200": {"content": {"application/json": {"schema": {"$ref": pointer}}}}})},
    }
    manifest = "  person: {get: /me}\nobjects:\n  candidate: {read: person, fields: {id: id, email: emial}}\n"
    (found,) = findings(manifest, document(paths))
    assert found.hint == "did you mean `email`?"


def test_what_does_not_look_as_it_should_is_passed_over() -> None:
    strange: dict[str, Any] = {
        "/a": None,
        "/b": {"get": []},
        "no-slash": {"get": {}},
        "/c": {"get": {"parameters": "x", "responses": [], "servers": [1]}},
        "/d": {
            "get": {
                "parameters": [1, {"name": 2}],
                "requestBody": 3,
                "responses": {"200": {"content": {"a/json": 5}}},
            }
        },
        "/e": {
            "get": {
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {"schema": {"type": 7, "required": 1, "properties": 2, "allOf": 3}}
                        }
                    }
                }
            }
        },
    }
    manifest = "  c: {get: /c}\n  d: {get: /d, json: {a: 1}}\n  e: {get: /e, records: data}\n"
    assert not [item for item in findings(manifest, document(strange)) if item.severity == "error"]
