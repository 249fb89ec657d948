"""An operation's endpoint is found by its path's structure, below the servers' base paths."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.documents import HOST, compared, document, endpoint, findings, marked

GET = {"get": endpoint()}


def named(path: str, paths: dict[str, Any], base: str = HOST, **more: Any) -> str | None:
    manifest = f'apis:\n  main: {{base_url: "{base}"}}\noperations:\n  call:\n    get: "{path}"\n'
    return compared(manifest, document(paths, **more)).operations["call"]


@pytest.mark.parametrize(
    ("path", "documented"),
    [
        ("/people", "/people"),
        ("/people/", "/people"),
        ("/people/{{ candidate.id }}", "/people/{personId}"),
        ("/people/{{ candidate.id }}/jobs/{{ job.id }}", "/people/{a}/jobs/{b}"),
        ("/people/me", "/people/{id}"),
        ("/application.list", "/application.list"),
        ("/reports/{{ job.id }}.json", "/reports/{id}.json"),
        ("/people(id={{ candidate.id }})", "/people(id={id})"),
        ("/{{ settings.version }}/people", "/v2/people"),
        ("/people?expand=all", "/people"),
    ],
)
def test_a_path_is_matched_by_its_parts(path: str, documented: str) -> None:
    assert named(path, {documented: GET}) == f"GET {documented}"


@pytest.mark.parametrize(
    ("path", "documented"),
    [
        ("/people", "/persons"),
        ("/people/{{ candidate.id }}", "/people"),
        ("/people/{{ candidate.id }}/jobs", "/people/{id}/job"),
        ("/reports/{{ job.id }}.csv", "/reports/{id}.json"),
    ],
)
def test_a_path_of_other_parts_is_not_the_same(path: str, documented: str) -> None:
    assert named(path, {documented: GET}) is None


def test_a_path_written_out_goes_before_one_with_a_variable() -> None:
    paths = {"/people/{id}": GET, "/people/me": GET}
    assert named("/people/me", paths) == "GET /people/me"
    assert named("/people/{{ candidate.id }}", paths) == "GET /people/{id}"


@pytest.mark.parametrize(
    ("base", "server"),
    [
        (f"{HOST}/v1", f"{HOST}/v1"),
        (f"{HOST}/v1", "/v1/"),
        ("https://{{ settings.host }}/v1", "https://{region}.acme-ats.example/v1"),
        ("https://{{ settings.region }}.acme-ats.example/v1", f"{HOST}/v1"),
        ("{{ auth.rest_url }}", f"{HOST}/v1"),
    ],
)
def test_the_servers_base_path_stands_before_the_path(base: str, server: str) -> None:
    assert named("/people", {"/people": GET}, base, servers=[{"url": server}]) == "GET /people"


def test_a_base_path_that_no_server_has_is_another_path() -> None:
    assert named("/people", {"/people": GET}, f"{HOST}/v2", servers=[{"url": f"{HOST}/v1"}]) is None


def test_a_servers_variable_stands_at_its_default() -> None:
    server = {"url": f"{HOST}/{{version}}", "variables": {"version": {"default": "v3"}}}
    assert named("/people", {"/people": GET}, f"{HOST}/v3", servers=[server]) == "GET /people"


def test_the_servers_of_a_path_and_of_a_method_go_before_the_documents() -> None:
    of_path = {"servers": [{"url": f"{HOST}/hooks"}], **GET}
    of_method = {"get": {**endpoint(), "servers": [{"url": f"{HOST}/files"}]}}
    paths = {"/subscriptions": of_path, "/uploads": of_method}
    assert named("/hooks/subscriptions", paths) == "GET /subscriptions"
    assert named("/files/uploads", paths) == "GET /uploads"
    assert named("/subscriptions", paths) is None


def test_a_table_of_base_addresses_is_tried_through() -> None:
    table = '{by: settings.region, of: {eu: "https://eu.acme.example/v1", us: "https://us.acme.example/api"}}'
    manifest = f"apis:\n  main: {{base_url: {table}}}\noperations:\n  call: {{get: /people}}\n"
    made = compared(manifest, document({"/people": GET}, servers=[{"url": "https://us.acme.example/api"}]))
    assert made.operations == {"call": "GET /people"}


def test_each_operation_is_looked_for_below_its_own_profile() -> None:
    manifest = (
        f'apis:\n  one: {{base_url: "{HOST}/v1"}}\n  two: {{base_url: "{HOST}/v2"}}\n'
        "operations:\n  old: {api: one, get: /people}\n  new: {api: two, get: /people}\n"
    )
    made = compared(manifest, document({"/v2/people": GET}))
    assert made.operations == {"old": None, "new": "GET /v2/people"}


def test_an_operation_that_the_openapi_does_not_know_is_a_note_with_the_nearest_path() -> None:
    manifest = "  call:\n    get: «/poeple/{{ candidate.id }}\n"
    (found,) = findings(manifest, document({"/people/{id}": GET}))
    assert (found.code, found.severity) == ("contract-unknown", "note")
    assert (found.line, found.column) == marked(manifest)
    assert "GET /poeple/{…}" in found.message
    assert found.hint == "did you mean `/people/{id}`?"


def test_it_is_an_error_where_the_manifest_says_that_the_spec_confirms_it() -> None:
    (found,) = findings("  call:\n    verified: spec\n    get: /elsewhere\n", document({"/people/{id}": GET}))
    assert (found.code, found.severity, found.hint) == ("contract-unknown", "error", "")
    assert "`verified: spec`" in found.message


def test_a_method_that_the_path_does_not_have_is_an_error_that_names_those_it_has() -> None:
    manifest = "  call:\n    «post: /people\n"
    (found,) = findings(manifest, document({"/people": {"get": endpoint(), "put": endpoint()}}))
    assert (found.code, found.severity) == ("contract-method", "error")
    assert (found.line, found.column) == marked(manifest)
    assert found.message == "the OpenAPI knows no POST of /people"
    (found,) = findings(manifest, document({"/people": GET}))
    assert found.hint == "did you mean `get`?"


def test_an_address_that_an_answer_gives_is_neither_known_nor_unknown() -> None:
    manifest = '  call: {get: /people}\n  file: {verified: spec, get: "{{ attachment.url }}", records: any}\n'
    made = compared(manifest, document({"/people": GET, "/": GET}))
    assert (made.operations, made.elsewhere) == ({"call": "GET /people"}, ("file",))
    assert not made.findings


def test_a_call_that_names_no_profile_is_below_the_address_of_the_profile_called_main() -> None:
    manifest = f'apis:\n  files: {{base_url: "{HOST}/files"}}\n  main: {{base_url: "{HOST}"}}\noperations:\n  call: {{get: /people}}\n'
    assert compared(manifest, document({"/people": GET})).operations["call"] == "GET /people"


def test_a_path_of_many_variables_that_does_not_fit_is_told_at_once() -> None:
    variables = "".join(f"{{v{number}}}" for number in range(40))
    assert named(f"/{'a' * 80}", {f"/{variables}x": GET}) is None


def test_a_document_of_nothing_but_broken_references_is_told_of_as_often_as_people_read() -> None:
    paths = {f"/p{number}": {"$ref": f"other.yaml#/p{number}"} for number in range(300)}
    found = findings("  call: {get: /people}\n", document({"/people": GET, **paths}))
    assert 0 < len([one for one in found if one.code == "remote-reference"]) <= 100
