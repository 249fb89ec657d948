"""``fieldwright contract``: what disagrees with its place, the exit code, and JSON for machines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.manifest.schema.files import data_folder
from tests.cli.running import fieldwright
from tests.contract.documents import document, endpoint, json_answer

MANIFEST = data_folder("mappings") / "smartrecruiters.yaml"
COMPANY: dict[str, Any] = {"/configuration/company": {"get": endpoint()}}


@pytest.fixture
def openapi(tmp_path: Path) -> Path:
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document(COMPANY)), "utf-8")
    return file


@pytest.fixture
def unconfirmed(tmp_path: Path) -> Path:
    """The manifest without its word that the vendor's specification confirms it."""
    left_out = ("samples:", "    verified: spec")
    lines = [line for line in MANIFEST.read_text("utf-8").splitlines() if not line.startswith(left_out)]
    file = tmp_path / MANIFEST.name
    file.write_text("\n".join([*lines, ""]), "utf-8")
    return file


def test_operations_that_the_openapi_does_not_know_are_notes_and_no_failure(openapi: Path, unconfirmed: Path) -> None:
    ended = fieldwright("contract", unconfirmed, "--openapi", openapi)
    assert (ended.code, ended.err) == (0, "")
    assert "contract-unknown the OpenAPI does not know GET /candidates/{…}\n" in ended.out
    counted, verdict = ended.out.splitlines()[-2:]
    assert counted.startswith("1 of ")
    assert counted.endswith(" operations are in the OpenAPI.")
    assert verdict == "Nothing disagrees."


def test_what_disagrees_fails_with_its_place(openapi: Path) -> None:
    answer = json_answer({"type": "object", "properties": {"contents": {"type": "array"}}})
    openapi.write_text(json.dumps(document({"/candidates": {"get": {"responses": answer}}})), "utf-8")
    ended = fieldwright("contract", MANIFEST, "--openapi", openapi, "--json")
    assert ended.code == 2
    assert ended.json["operations"]["list_candidates"] == "GET /candidates"
    assert ended.json["operations"]["get_company"] is None
    wrong = [found for found in ended.json["findings"] if found["severity"] == "error"]
    assert ended.json["errors"] == len(wrong)
    (records,) = [found for found in wrong if "`content` does not stand" in found["message"]]
    lines = MANIFEST.read_text("utf-8").splitlines()
    assert lines[records["line"] - 1] == "    records: content"
    assert records["hint"] == "did you mean `contents`?"


def test_an_operation_that_is_said_to_be_in_the_specification_must_be_there(openapi: Path) -> None:
    ended = fieldwright("contract", MANIFEST, "--openapi", openapi)
    assert ended.code == 2
    unknown = "contract-unknown the OpenAPI does not know GET /candidates/{…}, though `verified: spec` says so"
    assert unknown in ended.out


def test_the_document_that_the_manifest_names_is_taken_where_none_is_given(openapi: Path, unconfirmed: Path) -> None:
    text = unconfirmed.read_text("utf-8")
    unconfirmed.write_text(f"{text}openapi: {{file: {openapi.name}}}\n", "utf-8")
    ended = fieldwright("contract", unconfirmed)
    assert (ended.code, ended.out.splitlines()[-1]) == (0, "Nothing disagrees.")
    unconfirmed.write_text(text, "utf-8")
    ended = fieldwright("contract", unconfirmed)
    assert ended.code == 2
    assert "names no `openapi`" in ended.err
    assert "--openapi FILE" in ended.err


def test_lint_follows_expressions_through_the_openapi(openapi: Path) -> None:
    answer = json_answer({"type": "object", "properties": {"identifier": {"type": "string"}}})
    candidate = {"id": {"type": "string"}, "emial": {"type": "string"}}
    paths = {"/candidates/{id}": {"get": {"responses": json_answer({"type": "object", "properties": candidate})}}}
    openapi.write_text(json.dumps(document({**paths, "/me": {"get": {"responses": answer}}})), "utf-8")
    file = openapi.parent / "smartrecruiters.yaml"
    text = MANIFEST.read_text("utf-8")
    file.write_text("\n".join(line for line in text.splitlines() if not line.startswith("samples:")), "utf-8")
    ended = fieldwright("lint", file, "--openapi", openapi, "--json")
    assert ended.code == 2
    told = {(found["code"], found["hint"]) for found in ended.json["findings"]}
    # A candidate's e-mail may be left out by this manifest's word; other fields may not.
    assert {("likely-misspelt", "did you mean `emial`?"), ("never-matched", "there are: emial, id")} <= told


def test_a_broken_openapi_is_told_with_place_and_reason(openapi: Path) -> None:
    openapi.write_text('{"openapi": "3.0.0",\n  "paths": {]}', "utf-8")
    ended = fieldwright("contract", MANIFEST, "--openapi", openapi)
    assert ended.code == 2
    assert ended.out.startswith(f"{openapi}:2:13 syntax the file is no JSON here")


def test_a_manifest_with_mistakes_of_its_own_is_told_those_first(openapi: Path, tmp_path: Path) -> None:
    file = tmp_path / "smartrecruiters.yaml"
    file.write_text(MANIFEST.read_text("utf-8").replace("read: get_job\n", "read: get_jib\n"), "utf-8")
    ended = fieldwright("contract", file, "--openapi", openapi)
    assert ended.code == 2
    assert "unknown-operation there is no operation `get_jib`" in ended.out
    assert "contract-" not in ended.out
