"""Mechanisms 46–56: results written into an ATS in each of its ways, over real HTTP, from a manifest's text."""

from __future__ import annotations

import base64
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from engine.model import OutcomeKind
from engine.writeback.lookups import Lookups
from tests.conformance.acme import Acme
from tests.conformance.mechanisms import mechanism
from tests.conformance.writing import Tenant, writing
from tests.fake_server import Reply, Seen

FIELDS = [
    {"id": "f1", "label": "Match Score", "type": "number", "column": "customInt1"},
    {"id": "f2", "label": "Reasons", "type": "string", "column": "customText2"},
]
FIELD_OUTPUTS = """
  outputs:
    match_score: {value: "{{ score.match }}", rungs: [{field: Match Score}]}
    reasons: {value: "{{ score.reasons[0].text }}", rungs: [{field: Reasons}]}
"""
LIST_FIELDS = """
  list_fields: {get: /fields, records: "@"}
"""
DIRECTORY = """
      directory: {operation: list_fields, id: id, name: label, type: type}
      types: {number: number, string: text}
"""
TAG_OUTPUT = """
  outputs:
    screened: {value: Screened, rungs: [{tag: value}]}
"""
NOTES = """
  notes: {evaluation: {text: "Score {{ outputs.match_score }}"}}
  outputs:
    match_score: {value: "{{ score.match }}", rungs: [{note: evaluation}]}
"""


# ── 46 custom fields ─────────────────────────────────────────────────────────────────────────────────────────


@mechanism(46)
def test_custom_fields_travel_as_a_list_of_ids_and_values_in_one_call(acme: Acme) -> None:
    acme.server.on("GET", "/fields", Reply(json=FIELDS))
    acme.server.on("PATCH", "/applications/a-1", Reply(json={}))
    text = (
        """
operations:
  set_fields: {patch: "/applications/{{ application.id }}", json: {custom_fields: "{{ fields }}"}}
"""
        + LIST_FIELDS
        + """
write_back:
  places:
    field:
      write: set_fields
      item: {id: "{{ field.id }}", value: "{{ field.value }}"}
"""
        + DIRECTORY
        + FIELD_OUTPUTS
    )
    with writing(acme, text) as tenant:
        tenant.score()
        fields = [{"id": "f1", "value": 86}, {"id": "f2", "value": "Cash handling"}]
        assert tenant.written() == [("PATCH", "/applications/a-1", {"custom_fields": fields})]


@mechanism(46)
def test_a_setter_call_takes_one_field_at_a_time(acme: Acme) -> None:
    acme.server.on("GET", "/fields", Reply(json=FIELDS))
    acme.server.on("POST", "/customField.setValue", Reply(json={}))
    text = (
        """
operations:
  set_value:
    post: /customField.setValue
    json: {objectId: "{{ application.id }}", fieldId: "{{ field.id }}", fieldValue: "{{ field.value }}"}
"""
        + LIST_FIELDS
        + """
write_back:
  places:
    field:
      write: set_value
      batch: 1
"""
        + DIRECTORY
        + FIELD_OUTPUTS
    )
    with writing(acme, text) as tenant:
        tenant.score()
        assert [body for _, _, body in tenant.written()] == [
            {"objectId": "a-1", "fieldId": "f1", "fieldValue": 86},
            {"objectId": "a-1", "fieldId": "f2", "fieldValue": "Cash handling"},
        ]


@mechanism(46, 51)
@pytest.mark.parametrize("there", [True, False])
def test_a_linked_value_is_changed_where_it_is_and_made_where_it_is_not(acme: Acme, *, there: bool) -> None:
    acme.server.on("GET", "/fields", Reply(json=FIELDS[:1]))
    acme.server.on("GET", "/values", Reply(json={"data": [{"id": "v9"}] if there else []}))
    acme.server.on("PATCH", "/values/v9", Reply(json={}))
    acme.server.on("POST", "/values", Reply(json={}))
    text = (
        """
operations:
  find_value: {get: /values, query: {"filter[field]": "{{ field.id }}"}}
  change_value: {patch: "/values/{{ captured.id }}", json: {value: "{{ field.value }}"}}
  make_value: {post: /values, json: {owner: "{{ candidate.id }}", field: "{{ field.id }}", value: "{{ field.value }}"}}
"""
        + LIST_FIELDS
        + """
write_back:
  places:
    field:
      write:
        - {call: find_value, capture: {id: "data[0].id"}}
        - {call: change_value, when: captured.id}
        - {call: make_value, when: "!(captured.id)"}
      batch: 1
      directory: {operation: list_fields, id: id, name: label}
  outputs:
    match_score: {value: "{{ score.match }}", rungs: [{field: Match Score}]}
"""
    )
    with writing(acme, text) as tenant:
        tenant.score()
        made = ("POST", "/values", {"owner": "c-1", "field": "f1", "value": 86})
        assert tenant.written() == [("PATCH", "/values/v9", {"value": 86}) if there else made]


@mechanism(46, 51)
@pytest.mark.parametrize("there", [True, False])
def test_what_a_step_looks_for_is_found_on_any_page_of_its_list(acme: Acme, *, there: bool) -> None:
    acme.server.on("GET", "/fields", Reply(json=FIELDS[:1]))
    other = {"id": "v1", "field": "f0"}
    pages = [
        Reply(json={"data": [other], "next": "https://api.acme.example/values?page=2"}),
        Reply(json={"data": [{"id": "v9", "field": "f1"}] if there else []}),
    ]
    acme.server.on("GET", "/values", *pages)
    acme.server.on("PATCH", "/values/v9", Reply(json={}))
    acme.server.on("POST", "/values", Reply(json={}))
    text = (
        """
operations:
  list_values: {get: /values, records: data, key: id, paging: {next_url: next}}
  change_value: {patch: "/values/{{ captured.id }}", json: {value: "{{ field.value }}"}}
  make_value: {post: /values, json: {field: "{{ field.id }}", value: "{{ field.value }}"}}
"""
        + LIST_FIELDS
        + """
write_back:
  places:
    field:
      write:
        - {call: list_values, where: record.field == field.id, capture: {id: record.id}}
        - {call: change_value, when: captured.id}
        - {call: make_value, when: "!(captured.id)"}
      batch: 1
      directory: {operation: list_fields, id: id, name: label}
  outputs:
    match_score: {value: "{{ score.match }}", rungs: [{field: Match Score}]}
"""
    )
    with writing(acme, text) as tenant:
        tenant.score()
        made = ("POST", "/values", {"field": "f1", "value": 86})
        assert tenant.written() == [("PATCH", "/values/v9", {"value": 86}) if there else made]


@mechanism(46, 47)
def test_positional_columns_are_found_in_the_metadata_by_their_label(acme: Acme) -> None:
    acme.server.on("GET", "/meta/Candidate", Reply(json={"fields": FIELDS}))
    acme.server.on("POST", "/entity/Candidate/c-1", Reply(json={}))
    text = (
        """
operations:
  read_meta: {get: /meta/Candidate, records: fields}
  update: {post: "/entity/Candidate/{{ candidate.id }}", json: "{{ fields | keyed }}"}
write_back:
  places:
    field:
      write: update
      directory: {operation: read_meta, id: column, name: label}
      item: {id: "{{ field.id }}", value: "{{ field.value }}"}
"""
        + FIELD_OUTPUTS
    )
    with writing(acme, text) as tenant:
        tenant.score()
        columns = {"customInt1": 86, "customText2": "Cash handling"}
        assert tenant.written() == [("POST", "/entity/Candidate/c-1", columns)]


@mechanism(46)
def test_a_typed_value_goes_under_the_name_of_its_kind(acme: Acme) -> None:
    acme.server.on("GET", "/fields", Reply(json=FIELDS))
    acme.server.on("PATCH", "/value", Reply(json={}))
    text = (
        """
operations:
  set_value:
    patch: /value
    json:
      id: "{{ field.id }}"
      number: "{{ field.value if field.kind == 'number' }}"
      value: "{{ field.value if field.kind == 'text' }}"
"""
        + LIST_FIELDS
        + """
write_back:
  places:
    field:
      write: set_value
      batch: 1
"""
        + DIRECTORY
        + FIELD_OUTPUTS
    )
    with writing(acme, text) as tenant:
        tenant.score()
        bodies = [body for _, _, body in tenant.written()]
        assert bodies == [{"id": "f1", "number": 86}, {"id": "f2", "value": "Cash handling"}]


# ── 47 names and ids ─────────────────────────────────────────────────────────────────────────────────────────

MADE_TAGS = (
    """
operations:
  list_tags: {get: /tags, records: tags}
  create_tag: {post: /tags, json: {title: "{{ name }}"}}
  add_tag: {post: "/candidates/{{ candidate.id }}/tags", json: {tagId: "{{ tag.id }}"}}
write_back:
  places:
    tag:
      write: add_tag
      batch: 1
      directory: {operation: list_tags, id: id, name: title, create: create_tag, created_id: results.id}
"""
    + TAG_OUTPUT
)


@mechanism(47, 48)
def test_a_tag_that_is_missing_is_made_and_then_known(acme: Acme) -> None:
    acme.server.on("GET", "/tags", Reply(json={"tags": [{"id": "t1", "title": "Other"}]}))
    acme.server.on("POST", "/tags", Reply(json={"results": {"id": "t2"}}))
    acme.server.on("POST", "/candidates/c-1/tags", Reply(json={}))
    with writing(acme, MADE_TAGS) as tenant:
        event = tenant.score()
        assert tenant.written() == [
            ("POST", "/tags", {"title": "Screened"}),
            ("POST", "/candidates/c-1/tags", {"tagId": "t2"}),
        ]
        assert tenant.places(event) == {"screened": "tag"}


@mechanism(47, 54)
def test_a_tag_whose_making_had_no_answer_is_looked_for_before_it_is_made_again(acme: Acme) -> None:
    tags: list[dict[str, str]] = []

    def make(seen: Seen) -> Reply:
        tags.append({"id": f"t{len(tags) + 1}", "title": seen.json["title"]})
        return Reply(drop="before")

    acme.server.on("GET", "/tags", lambda _: Reply(json={"tags": list(tags)}))
    acme.server.on("POST", "/tags", make)
    acme.server.on("POST", "/candidates/c-1/tags", Reply(json={}))
    with writing(acme, MADE_TAGS) as tenant:
        event = tenant.score()
        tenant.wait()
        assert tags == [{"id": "t1", "title": "Screened"}]
        assert tenant.places(event) == {"screened": "tag"}


@mechanism(47)
def test_a_tag_is_made_once_by_many_workers_even_where_the_list_shows_it_late(acme: Acme) -> None:
    acme.server.on("GET", "/tags", Reply(json={"tags": []}))
    acme.server.on("POST", "/tags", Reply(json={"results": {"id": "t2"}}))
    with writing(acme, MADE_TAGS) as tenant:
        directory = tenant.route.connection.manifest.write_back.places["tag"].directory
        assert directory is not None
        find_or_make, starting = tenant.route.discovery.directories.find_or_make, threading.Barrier(4)

        def want(_: int) -> str:
            starting.wait()
            found = find_or_make(directory, "Screened", {})
            return found.id if found else ""

        with ThreadPoolExecutor(4) as workers:
            assert set(workers.map(want, range(4))) == {"t2"}
        assert tenant.calls("POST", "/tags") == 1


@mechanism(47)
def test_a_tag_that_somebody_else_made_meanwhile_is_taken(acme: Acme) -> None:
    lists = [
        Reply(json={"tags": []}),
        Reply(json={"tags": []}),
        Reply(json={"tags": [{"id": "t7", "title": "screened"}]}),
    ]
    acme.server.on("GET", "/tags", *lists)
    acme.server.on("POST", "/tags", Reply(409))
    acme.server.on("POST", "/candidates/c-1/tags", Reply(json={}))
    with writing(acme, MADE_TAGS) as tenant:
        tenant.score()
        assert tenant.written()[-1] == ("POST", "/candidates/c-1/tags", {"tagId": "t7"})


@mechanism(47)
def test_a_field_and_an_option_that_are_missing_are_made(acme: Acme) -> None:
    acme.server.on("GET", "/fields", Reply(json=[]))
    acme.server.on("POST", "/fields", Reply(json={"id": "f7"}))
    acme.server.on("PATCH", "/applications/a-1", Reply(json={}))
    text = (
        """
operations:
  create_field: {post: /fields, json: {label: "{{ name }}", type: "{{ field.kind }}"}}
  set_fields: {patch: "/applications/{{ application.id }}", json: {custom_fields: "{{ fields | keyed }}"}}
"""
        + LIST_FIELDS
        + """
write_back:
  places:
    field:
      write: set_fields
      directory: {operation: list_fields, id: id, name: label, create: create_field, created_id: id}
  outputs:
    match_score: {value: "{{ score.match }}", rungs: [{field: Match Score}]}
"""
    )
    with writing(acme, text) as tenant:
        tenant.score()
        assert tenant.written() == [
            ("POST", "/fields", {"label": "Match Score", "type": "number"}),
            ("PATCH", "/applications/a-1", {"custom_fields": {"f7": 86}}),
        ]


@mechanism(47)
def test_an_option_is_written_as_its_id_and_made_where_it_is_missing(acme: Acme) -> None:
    acme.server.on("GET", "/fields", Reply(json=[{"id": "f1", "label": "Source", "type": "select"}]))
    acme.server.on("GET", "/fields/f1/options", Reply(json=[{"id": "o1", "label": "Other"}]))
    acme.server.on("POST", "/fields/f1/options", Reply(json={"id": "o2"}))
    acme.server.on("PATCH", "/applications/a-1", Reply(json={}))
    text = (
        """
operations:
  list_options: {get: "/fields/{{ field.id }}/options", records: "@"}
  create_option: {post: "/fields/{{ field.id }}/options", json: {label: "{{ name }}"}}
  set_fields: {patch: "/applications/{{ application.id }}", json: "{{ fields | keyed }}"}
"""
        + LIST_FIELDS
        + """
write_back:
  places:
    field:
      write: set_fields
      directory: {operation: list_fields, id: id, name: label, type: type}
      options: {operation: list_options, id: id, name: label, create: create_option, created_id: id}
      types: {select: option}
  outputs:
    source_channel: {value: Referral, rungs: [{field: Source}]}
"""
    )
    with writing(acme, text) as tenant:
        tenant.score()
        assert tenant.written() == [
            ("POST", "/fields/f1/options", {"label": "Referral"}),
            ("PATCH", "/applications/a-1", {"f1": "o2"}),
        ]


INSIDE = (
    """
operations:
  set_fields: {patch: "/applications/{{ application.id }}", json: "{{ fields | keyed }}"}
  add_note: {post: /notes, json: {text: "{{ note.text }}"}}
"""
    + LIST_FIELDS
    + """
write_back:
  places:
    field:
      write: set_fields
      directory: {operation: list_fields, id: id, name: label, type: type}
      options: {in: of, id: key, name: text}
      types: {select: option}
    note: {write: add_note}
  notes: {evaluation: {text: "{{ outputs.source_channel }}"}}
  outputs:
    source_channel: {value: Referral, rungs: [{field: Source}, {note: evaluation}]}
"""
)


@mechanism(46, 47)
def test_an_option_is_found_in_the_field_s_own_record_without_a_call(acme: Acme) -> None:
    choices = [{"key": "o1", "text": "Other"}, {"key": "o2", "text": "Referral"}]
    acme.server.on("GET", "/fields", Reply(json=[{"id": "f1", "label": "Source", "type": "select", "of": choices}]))
    acme.server.on("PATCH", "/applications/a-1", Reply(json={}))
    with writing(acme, INSIDE) as tenant:
        event = tenant.score()
        assert tenant.written() == [("PATCH", "/applications/a-1", {"f1": "o2"})]
        assert tenant.places(event) == {"source_channel": "field"}
        assert tenant.calls("GET", "/fields") == 1


@mechanism(46, 47)
@pytest.mark.parametrize("record", [{"of": [{"key": "o1", "text": "Other"}]}, {"of": None}, {}])
def test_what_is_no_option_in_the_field_s_record_goes_to_the_next_place(acme: Acme, record: dict[str, Any]) -> None:
    acme.server.on("GET", "/fields", Reply(json=[{"id": "f1", "label": "Source", "type": "select", **record}]))
    acme.server.on("POST", "/notes", Reply(json={"id": 1}))
    with writing(acme, INSIDE) as tenant:
        event = tenant.score()
        assert tenant.places(event) == {"source_channel": "note"}


@mechanism(47, 12)
def test_the_acting_user_is_looked_up_by_the_address_in_the_settings_once(acme: Acme) -> None:
    acme.server.on(
        "GET", "/users", Reply(json=[{"id": 7, "email": "a@x.example"}, {"id": 8, "email": "b@x.example"}])
    )
    acme.server.on("POST", "/notes", Reply(json={"id": 1}))
    text = (
        """
settings:
  api_key: {type: secret, required: true, description: The key.}
  author: {type: text, description: Whose notes they are.}
operations:
  list_users: {get: /users, records: "@"}
  add_note: {post: /notes, headers: {On-Behalf-Of: "{{ lookup.author }}"}, json: {user: "{{ lookup.author }}"}}
lookups:
  author: {operation: list_users, where: record.email == settings.author, give: record.id, cache: 24h}
write_back:
  places: {note: {write: add_note}}
"""
        + NOTES
    )
    with writing(acme, text, settings={"author": "b@x.example"}) as tenant:
        tenant.score()
        assert tenant.written() == [("POST", "/notes", {"user": 8})]
        assert acme.server.requests[-1].headers["on-behalf-of"] == "8"
        assert tenant.calls("GET", "/users") == 1


@mechanism(47)
def test_a_lookup_that_finds_nothing_moves_the_output_to_its_next_place(acme: Acme) -> None:
    acme.server.on("GET", "/users", Reply(json=[]))
    text = (
        """
operations:
  list_users: {get: /users, records: "@"}
  add_note: {post: /notes, json: {user: "{{ lookup.author }}"}}
lookups:
  author: {operation: list_users, where: record.admin, give: record.id}
write_back:
  places: {note: {write: add_note}}
"""
        + NOTES
    )
    with writing(acme, text) as tenant:
        event = tenant.score()
        outcome = tenant.outcome(event)
        assert outcome is not None
        assert "the lookup author finds nothing" in outcome.why
        assert tenant.written() == []


MADE_LOOKUP = (
    """
operations:
  list_sources: {get: /sources, records: "@"}
  make_source: {post: /sources, json: {name: Fieldwright}}
  add_note: {post: /notes, json: {source: "{{ lookup.source }}"}}
lookups:
  source: {operation: list_sources, where: record.name == 'Fieldwright', give: record.id, create: make_source, created: id}
write_back:
  places: {note: {write: add_note}}
"""
    + NOTES
)


@mechanism(47)
def test_what_a_lookup_makes_is_made_once_by_many_workers_even_where_the_list_shows_it_late(acme: Acme) -> None:
    acme.server.on("GET", "/sources", Reply(json=[]))
    acme.server.on("POST", "/sources", Reply(json={"id": "s1"}))
    with writing(acme, MADE_LOOKUP) as tenant:
        caller, starting = tenant.route.caller, threading.Barrier(4)
        lookups = Lookups(tenant.route.connection, tenant.store)

        def want(_: int) -> Any:
            starting.wait()
            return lookups(caller, "source")

        with ThreadPoolExecutor(4) as workers:
            assert set(workers.map(want, range(4))) == {"s1"}
        assert tenant.calls("POST", "/sources") == 1


@mechanism(47)
def test_a_record_that_is_meant_and_lacks_what_the_lookup_gives_is_not_made_again(acme: Acme) -> None:
    acme.server.on("GET", "/sources", Reply(json=[{"name": "Fieldwright", "uuid": "s1"}]))
    acme.server.on("POST", "/sources", Reply(json={"id": "s2"}))
    with writing(acme, MADE_LOOKUP) as tenant:
        event = tenant.score()
        outcome = tenant.outcome(event)
        assert outcome is not None
        assert "`record.id`" in outcome.why
        assert tenant.written() == []


# ── 48 tags ──────────────────────────────────────────────────────────────────────────────────────────────────


def _tags(acme: Acme, operations: str, place: str, **more: Any) -> Any:
    return writing(acme, f"operations:\n{operations}\nwrite_back:\n  places:\n    tag: {place}\n{TAG_OUTPUT}", **more)


@mechanism(48)
def test_tags_are_added_by_name(acme: Acme) -> None:
    acme.server.on("POST", "/candidates/c-1/addTags", Reply(json={}))
    operations = '  add_tags: {post: "/candidates/{{ candidate.id }}/addTags", json: {tags: "{{ tags }}"}}'
    with _tags(acme, operations, "{write: add_tags}") as tenant:
        tenant.score()
        assert tenant.written() == [("POST", "/candidates/c-1/addTags", {"tags": ["Screened"]})]


@mechanism(48)
def test_a_list_of_tags_is_read_added_to_and_replaced(acme: Acme) -> None:
    acme.server.on("GET", "/tags/c-1", Reply(json={"tags": ["Mine", "Forklift"]}))
    acme.server.on("PUT", "/tags/c-1", Reply(json={}))
    operations = """
  read_tags: {get: "/tags/{{ candidate.id }}"}
  set_tags: {put: "/tags/{{ candidate.id }}", json: {tags: "{{ tags }}"}}"""
    with _tags(acme, operations, "{write: set_tags, read: read_tags, current: tags}") as tenant:
        tenant.score()
        assert tenant.written() == [("PUT", "/tags/c-1", {"tags": ["Mine", "Forklift", "Screened"]})]


@mechanism(48)
def test_tags_in_one_text_are_parted_by_commas(acme: Acme) -> None:
    acme.server.on("GET", "/tags/c-1", Reply(json={"tagText": "Mine, Forklift"}))
    acme.server.on("PUT", "/tags/c-1", Reply(json={}))
    operations = """
  read_tags: {get: "/tags/{{ candidate.id }}"}
  set_tags: {put: "/tags/{{ candidate.id }}", json: {tagText: "{{ tags | join(', ') }}"}}"""
    with _tags(acme, operations, "{write: set_tags, read: read_tags, current: tagText}") as tenant:
        tenant.score()
        assert tenant.written() == [("PUT", "/tags/c-1", {"tagText": "Mine, Forklift, Screened"})]


@mechanism(48, 47)
def test_a_tag_is_associated_by_its_id_in_the_path(acme: Acme) -> None:
    acme.server.on("GET", "/categories", Reply(json=[{"id": 31, "name": "SCREENED"}]))
    acme.server.on("PUT", "/entity/Candidate/c-1/categories/31", Reply(json={}))
    operations = """
  list_categories: {get: /categories, records: "@"}
  associate: {put: "/entity/Candidate/{{ candidate.id }}/categories/{{ tag.id }}"}"""
    directory = "{operation: list_categories, id: id, name: name}"
    with _tags(acme, operations, f"{{write: associate, batch: 1, directory: {directory}}}") as tenant:
        tenant.score()
        assert tenant.written() == [("PUT", "/entity/Candidate/c-1/categories/31", None)]


@mechanism(48, 47)
def test_a_tag_that_is_not_in_the_list_and_is_not_made_goes_nowhere_with_the_cause(acme: Acme) -> None:
    acme.server.on("GET", "/categories", Reply(json=[]))
    operations = """
  list_categories: {get: /categories, records: "@"}
  associate: {put: "/entity/Candidate/{{ candidate.id }}/categories/{{ tag.id }}"}"""
    directory = "{operation: list_categories, id: id, name: name}"
    with _tags(acme, operations, f"{{write: associate, batch: 1, directory: {directory}}}") as tenant:
        outcome = tenant.outcome(tenant.score())
        assert outcome is not None
        assert "there is no tag of this name" in outcome.why


# ── 49 attachments ───────────────────────────────────────────────────────────────────────────────────────────

FILE_OUTPUT = """
  outputs:
    match_score: {value: "{{ score.match }}", rungs: [{attachment: evidence_pdf}]}
"""


@mechanism(49)
def test_a_file_goes_as_base64_in_the_body(acme: Acme) -> None:
    acme.server.on("POST", "/files", Reply(json={}))
    text = """
operations:
  attach: {post: /files, json: {filename: "{{ file.name }}", content: "{{ file.base64 }}", size: "{{ file.size }}"}}
write_back:
  places: {attachment: {write: attach}}
"""
    with writing(acme, text + FILE_OUTPUT) as tenant:
        tenant.score()
        ((_, _, body),) = tenant.written()
        data = base64.b64decode(body["content"])
        assert data.startswith(b"%PDF-")
        assert body["size"] == len(data)


@mechanism(49)
def test_a_file_goes_as_a_part_of_a_form(acme: Acme) -> None:
    acme.server.on("POST", "/files", Reply(json={}))
    text = """
operations:
  attach: {post: /files, multipart: {fields: {kind: other}, file: upload}}
write_back:
  places: {attachment: {write: attach}}
"""
    with writing(acme, text + FILE_OUTPUT) as tenant:
        tenant.score()
        sent = acme.server.requests[-1]
        assert sent.headers["content-type"].startswith("multipart/form-data")
        assert b'name="upload"' in sent.body
        assert b"%PDF-" in sent.body


# ── 50 stages ────────────────────────────────────────────────────────────────────────────────────────────────

MOVE = {"stage_move": {"to": "Interview"}}
STAGE_OUTPUT = """
  outputs:
    stage: {value: "{{ stage_move.to }}", rungs: [{stage: value}]}
"""
STAGES = [
    {"id": 3, "name": "Interview", "priority": 2},
    {"id": 1, "name": "New", "priority": 0},
    {"id": 2, "name": "Screen", "priority": 1},
]


@mechanism(50, 47)
def test_a_stage_is_moved_from_the_present_id_to_the_named_one_and_the_list_says_what_is_forward(acme: Acme) -> None:
    acme.server.on("GET", "/jobs/j-1/stages", Reply(json=STAGES))
    acme.server.on("POST", "/applications/a-1/move", Reply(json={}))
    text = """
operations:
  list_stages: {get: "/jobs/{{ job.id }}/stages", records: "@"}
  move: {post: "/applications/{{ application.id }}/move", json: {from: "{{ stage.from.id }}", to: "{{ stage.id }}"}}
write_back:
  places:
    stage:
      write: move
      current: application.stage
      directory: {operation: list_stages, id: id, name: name, order: priority}
"""
    with writing(acme, text + STAGE_OUTPUT, application={"stage": "Screen"}, **MOVE) as tenant:
        tenant.score()
        assert tenant.written() == [("POST", "/applications/a-1/move", {"from": "2", "to": "3"})]


@mechanism(50)
def test_a_stage_is_never_moved_back_by_the_order_of_the_list(acme: Acme) -> None:
    acme.server.on("GET", "/stages", Reply(json=STAGES))
    text = """
operations:
  list_stages: {get: /stages, records: "@"}
  move: {post: /move, json: {to: "{{ stage.id }}"}}
write_back:
  places:
    stage:
      write: move
      current: application.stage
      directory: {operation: list_stages, id: id, name: name, order: priority}
"""
    given = {"stage_move": {"to": "New"}}
    with writing(acme, text + STAGE_OUTPUT, application={"stage": "Screen"}, **given) as tenant:
        outcome = tenant.outcome(tenant.score())
        assert outcome is not None
        assert "further on, at “Screen”" in outcome.why
        assert tenant.written() == []


@mechanism(50)
@pytest.mark.parametrize(
    ("call", "sent"),
    [
        ('{put: "/applications/{{ application.id }}", json: {status: "{{ stage.name }}"}}', {"status": "Interview"}),
        (
            '{put: "/applications/{{ application.id }}", json: {data: {stage: {type: stages, id: "{{ stage.id }}"}}}}',
            {"data": {"stage": {"type": "stages", "id": "Interview"}}},
        ),
    ],
)
def test_a_stage_is_a_text_or_a_relation_where_the_ats_lists_none(acme: Acme, call: str, sent: Any) -> None:
    acme.server.on("PUT", "/applications/a-1", Reply(json={}))
    text = f"""
operations:
  move: {call}
write_back:
  places:
    stage: {{write: move, order: [active, Interview]}}
"""
    with writing(acme, text + STAGE_OUTPUT, **MOVE) as tenant:
        tenant.score()
        assert tenant.written() == [("PUT", "/applications/a-1", sent)]


# ── 51 recipes ───────────────────────────────────────────────────────────────────────────────────────────────

THREE_STEPS = (
    """
operations:
  create: {post: /notes, json: {text: "{{ note.text }}"}}
  list_notes: {get: /notes, records: "@"}
  link: {post: "/notes/{{ captured.note_id }}/links", json: {person: "{{ candidate.id }}"}}
  publish: {put: "/notes/{{ captured.note_id }}/published", json: {by: "{{ captured.by }}"}}
write_back:
  places:
    note:
      write:
        - call: create
          capture: {note_id: id, by: author}
          found_by:
            operation: list_notes
            when: contains(record.text, marker)
            capture: {note_id: record.id, by: record.author}
        - {call: link}
        - {call: publish}
"""
    + NOTES
)


def _steps(tenant: Tenant) -> list[str]:
    return [f"{method} {path}" for method, path, _ in tenant.written()]


@mechanism(51)
def test_what_a_step_captures_the_next_ones_use(acme: Acme) -> None:
    acme.server.on("POST", "/notes", Reply(json={"id": "n1", "author": 5}))
    acme.server.on("POST", "/notes/n1/links", Reply(json={}))
    acme.server.on("PUT", "/notes/n1/published", Reply(json={}))
    with writing(acme, THREE_STEPS) as tenant:
        event = tenant.score()
        assert _steps(tenant) == ["POST /notes", "POST /notes/n1/links", "PUT /notes/n1/published"]
        assert tenant.written()[-1][2] == {"by": 5}
        assert tenant.places(event) == {"match_score": "note"}


@mechanism(51)
def test_a_recipe_goes_on_behind_the_step_that_was_made(acme: Acme) -> None:
    acme.server.on("POST", "/notes", Reply(json={"id": "n1", "author": 5}))
    acme.server.on("POST", "/notes/n1/links", Reply(429), Reply(json={}))
    acme.server.on("PUT", "/notes/n1/published", Reply(503), Reply(json={}))
    with writing(acme, THREE_STEPS) as tenant:
        event = tenant.score()
        tenant.wait()
        tenant.wait(7200)
        made = ["POST /notes", *["POST /notes/n1/links"] * 2, *["PUT /notes/n1/published"] * 2]
        assert _steps(tenant) == made
        assert tenant.places(event) == {"match_score": "note"}


@mechanism(46, 51)
def test_what_was_only_read_is_read_anew_before_a_collection_is_replaced_on_a_later_try(acme: Acme) -> None:
    acme.server.on("GET", "/fields", Reply(json=FIELDS[:1]))
    held = {"notice": {"name": "Notice", "value": "4 weeks"}, "f1": {"name": "Match Score", "value": 3}}
    later = {**held, "notice": {"name": "Notice", "value": "2 weeks"}}
    acme.server.on("GET", "/people/c-1/values", Reply(json=held), Reply(json=later))
    acme.server.on("PATCH", "/people/c-1/values", Reply(503), Reply(json={}))
    text = (
        """
operations:
  get_values: {get: "/people/{{ candidate.id }}/values"}
  set_values:
    patch: "/people/{{ candidate.id }}/values"
    json: "{{ captured.there | overlaid(fields) }}"
    idempotent: true
"""
        + LIST_FIELDS
        + """
write_back:
  places:
    field:
      write: [{call: get_values, capture: {there: "@"}}, {call: set_values}]
      directory: {operation: list_fields, id: id, name: label}
      item: {id: "{{ field.id }}", value: "{{ field.value }}"}
  outputs:
    match_score: {value: "{{ score.match }}", rungs: [{field: Match Score}]}
"""
    )
    with writing(acme, text) as tenant:
        tenant.score()
        tenant.wait()
        ours = {"id": "f1", "value": 86}
        assert [sent for _, _, sent in tenant.written()] == [
            [{"id": "notice", "value": "4 weeks"}, ours],
            [{"id": "notice", "value": "2 weeks"}, ours],
        ]


@mechanism(51, 54)
def test_a_step_whose_answer_was_lost_is_looked_for_and_its_captures_are_had_from_what_is_found(acme: Acme) -> None:
    notes: list[dict[str, Any]] = []

    def create(seen: Seen) -> Reply:
        notes.append({"id": f"n{len(notes) + 1}", "author": 5, "text": seen.json["text"]})
        return Reply(drop="before")

    acme.server.on("POST", "/notes", create)
    acme.server.on("GET", "/notes", lambda _: Reply(json=list(notes)))
    acme.server.on("POST", "/notes/n1/links", Reply(json={}))
    acme.server.on("PUT", "/notes/n1/published", Reply(json={}))
    with writing(acme, THREE_STEPS) as tenant:
        event = tenant.score()
        tenant.wait()
        assert _steps(tenant) == ["POST /notes", "POST /notes/n1/links", "PUT /notes/n1/published"]
        assert tenant.places(event) == {"match_score": "note"}


@mechanism(51, 54)
def test_a_step_whose_answer_was_lost_and_cannot_be_looked_for_is_not_made_again(acme: Acme) -> None:
    acme.server.on("POST", "/notes", Reply(json={"id": "n1", "author": 5}))
    acme.server.on("POST", "/notes/n1/links", Reply(drop="before"))
    with writing(acme, THREE_STEPS) as tenant:
        event = tenant.score()
        tenant.wait()
        outcome = tenant.outcome(event)
        assert outcome is not None
        assert outcome.kind is OutcomeKind.DEAD
        assert "shows no way to look" in outcome.why
        assert _steps(tenant) == ["POST /notes", "POST /notes/n1/links"]


@mechanism(51, 53)
def test_a_recipe_that_is_refused_half_way_moves_its_output_on(acme: Acme) -> None:
    acme.server.on("POST", "/uploads", Reply(json={"handle": "h1"}))
    acme.server.on("POST", "/files", Reply(403))
    acme.server.on("POST", "/notes", Reply(json={}))
    text = """
operations:
  create_upload: {post: /uploads, json: {name: "{{ file.name }}"}}
  attach: {post: /files, json: {handle: "{{ captured.handle }}"}}
  add_note: {post: /notes, json: {text: "{{ note.text }}"}}
write_back:
  places:
    attachment:
      write:
        - {call: create_upload, capture: {handle: handle}}
        - {call: attach}
    note: {write: add_note}
  notes: {evaluation: {text: "{% for cause in causes %}{{ cause.place }}: {{ cause.why }}{% endfor %}"}}
  outputs:
    match_score: {value: "{{ score.match }}", rungs: [{attachment: evidence_pdf}, {note: evaluation}]}
"""
    with writing(acme, text) as tenant:
        event = tenant.score()
        assert _steps(tenant) == ["POST /uploads", "POST /files", "POST /notes"]
        assert tenant.written()[-1][2]["text"].startswith("evidence PDF: 403")
        assert tenant.places(event) == {"match_score": "note"}


# ── 54, 55 not twice ─────────────────────────────────────────────────────────────────────────────────────────

FOUND_NOTE = (
    """
operations:
  add_note: {post: /notes, json: {text: "{{ note.text }}"}}
  list_notes: {get: /notes, records: "@"}
write_back:
  places:
    note:
      write: add_note
      found_by: {operation: list_notes, when: "contains(record.text, marker)"}
"""
    + NOTES
)


@mechanism(54)
def test_a_note_whose_answer_was_lost_is_looked_for_by_its_marker(acme: Acme) -> None:
    notes: list[dict[str, str]] = []

    def create(seen: Seen) -> Reply:
        notes.append(seen.json)
        return Reply(drop="before")

    acme.server.on("POST", "/notes", create)
    acme.server.on("GET", "/notes", lambda _: Reply(json=list(notes)))
    with writing(acme, FOUND_NOTE) as tenant:
        event = tenant.score()
        tenant.wait()
        assert len(notes) == 1
        assert tenant.places(event) == {"match_score": "note"}


@mechanism(55)
def test_our_own_write_that_comes_back_writes_nothing_again(acme: Acme) -> None:
    acme.server.on("POST", "/notes", Reply(json={}))
    with writing(acme, FOUND_NOTE) as tenant:
        tenant.score()
        outcome = tenant.outcome(tenant.score())
        assert outcome is not None
        assert outcome.kind is OutcomeKind.UNCHANGED
        assert outcome.why == "our own write came back"
        assert len(tenant.written()) == 1


# ── 53, 56 ───────────────────────────────────────────────────────────────────────────────────────────────────


@mechanism(53)
def test_outputs_go_to_their_first_usable_place_and_move_on_when_they_are_refused(acme: Acme) -> None:
    acme.server.on("GET", "/fields", Reply(json=FIELDS[:1]))
    acme.server.on("PATCH", "/applications/a-1", Reply(403))
    acme.server.on("POST", "/notes", Reply(json={}))
    text = (
        """
operations:
  set_fields: {patch: "/applications/{{ application.id }}", json: {custom_fields: "{{ fields }}"}}
  add_note: {post: /notes, json: {text: "{{ note.text }}"}}
"""
        + LIST_FIELDS
        + """
write_back:
  notes: {evaluation: {text: "{{ outputs.match_score }} {{ outputs.reasons }}"}}
  places:
    note: {write: add_note}
    field:
      write: set_fields
      directory: {operation: list_fields, id: id, name: label}
  outputs:
    match_score: {value: "{{ score.match }}", rungs: [{field: Match Score}, {note: evaluation}]}
    reasons: {value: "{{ score.reasons[0].text }}", rungs: [{field: Reasons}, {note: evaluation}]}
"""
    )
    with writing(acme, text) as tenant:
        event = tenant.score()
        assert tenant.places(event) == {"match_score": "note", "reasons": "note"}
        assert _steps(tenant) == ["PATCH /applications/a-1", "POST /notes"]


@mechanism(56)
def test_a_note_in_html_is_escaped_and_shortened_with_its_tags_counted(acme: Acme) -> None:
    acme.server.on("POST", "/notes", Reply(json={}))
    text = """
operations:
  add_note: {post: /notes, json: {body: "{{ note.text }}", visibility: private}}
write_back:
  places: {note: {write: add_note, format: html, longest: 150}}
  notes: {evaluation: {text: "Score <86>\\n{{ outputs.reasons }}"}}
  outputs:
    reasons: {value: "{{ score.reasons }}", rungs: [{note: evaluation}]}
"""
    reasons = [f"Reason & number {number}" for number in range(20)]
    with writing(acme, text, score={"match": 86, "reasons": reasons}) as tenant:
        tenant.score()
        ((_, _, body),) = tenant.written()
        assert body["body"].startswith("Score &lt;86&gt;<ul><li>Reason &amp; number 0</li>")
        assert len(body["body"]) <= 150
        assert body["visibility"] == "private"


# ── 49 a public URL ──────────────────────────────────────────────────────────────────────────────────────────

BY_ADDRESS = """
operations:
  upload: {post: /uploads, json: {candidate: "{{ candidate.id }}", name: "{{ file.name }}", url: "{{ file.url }}"}}
  add_note: {post: /notes, json: {text: "{{ note.text }}"}}
capabilities:
  public_files: {says: files by address, when: engine.public_url, otherwise: this engine has no public address}
write_back:
  places:
    attachment: {write: upload, needs: [public_files], link_lasts: 2h}
    note: {write: add_note}
  notes: {evaluation: {text: "{% for cause in causes %}{{ cause.place }}: {{ cause.why }}{% endfor %}"}}
  outputs:
    match_score: {value: "{{ score.match }}", rungs: [{attachment: evidence_pdf}, {note: evaluation}]}
"""


@mechanism(49)
def test_a_file_is_fetched_from_a_public_address_of_ours_as_long_as_it_lasts(acme: Acme) -> None:
    acme.server.on("POST", "/uploads", Reply(json={}))
    with writing(acme, BY_ADDRESS, public_url="https://fw.example") as tenant:
        event = tenant.score()
        ((_, _, body),) = tenant.written()
        assert tenant.places(event) == {"match_score": "attachment"}
        address, _, token = body["url"].rpartition("/")
        assert address == "https://fw.example/files"
        assert len(token) >= 40
        file = tenant.store.published.get(token)
        assert file is not None
        assert file.data.startswith(b"%PDF-")
        assert file.name == body["name"]
        acme.clock.advance(7201)
        assert tenant.store.published.get(token) is None


@mechanism(49, 53)
def test_where_the_engine_has_no_public_address_the_result_goes_to_the_next_place(acme: Acme) -> None:
    acme.server.on("POST", "/notes", Reply(json={}))
    with writing(acme, BY_ADDRESS) as tenant:
        event = tenant.score()
        assert tenant.places(event) == {"match_score": "note"}
        assert tenant.written()[0][2]["text"].startswith("evidence PDF: this engine has no public address")


# ── 52 the address that the event brought ────────────────────────────────────────────────────────────────────

SLOT = """
apis:
  main:
    base_url: https://api.acme.example
    hosts: ["*.acme.example"]
    auth: [{headers: {X-Key: "{{ settings.api_key }}"}}]
operations:
  put_result:
    put: "{{ event.data.result_url }}"
    json: {score: "{{ outputs.match_score }}", reasons: "{{ outputs.reasons }}", of: "{{ score.match }}"}
  add_note: {post: /notes, json: {text: "{{ note.text }}"}}
write_back:
  places:
    slot: {write: put_result, when: event.data.result_url, otherwise: the event asks for no result}
    note: {write: add_note}
  notes: {evaluation: {text: "{% for cause in causes %}{{ cause.place }}: {{ cause.why }}{% endfor %}"}}
  outputs:
    match_score: {value: "{{ score.match }}", rungs: [{slot: result}, {note: evaluation}]}
    reasons: {value: "{{ score.reasons[0].text }}", rungs: [{slot: result}, {note: evaluation}]}
"""
SLOT_7, SLOT_8 = "https://partner.acme.example/results/7", "https://partner.acme.example/results/8"


@mechanism(52, 53)
def test_a_result_goes_in_one_request_to_the_address_that_the_event_brought_without_the_credential(
    acme: Acme,
) -> None:
    acme.server.on("PUT", "/results/7", Reply(json={}))
    with writing(acme, SLOT) as tenant:
        event = tenant.score(result_url=SLOT_7)
        assert tenant.written() == [("PUT", "/results/7", {"score": 86, "reasons": "Cash handling", "of": 86})]
        assert "x-key" not in acme.server.requests[-1].headers
        assert tenant.places(event) == {"match_score": "slot", "reasons": "slot"}


@mechanism(52, 53)
def test_an_event_that_asks_for_no_result_leaves_it_to_the_next_place(acme: Acme) -> None:
    acme.server.on("POST", "/notes", Reply(json={}))
    with writing(acme, SLOT) as tenant:
        event = tenant.score()
        assert tenant.places(event) == {"match_score": "note", "reasons": "note"}
        assert tenant.written()[0][2]["text"].startswith("result slot: the event asks for no result")


@mechanism(52, 55)
def test_the_slot_is_remembered_and_filled_again_only_when_another_one_is_asked_for(acme: Acme) -> None:
    acme.server.on("PUT", "/results/7", Reply(json={}))
    acme.server.on("PUT", "/results/8", Reply(json={}))
    with writing(acme, SLOT) as tenant:
        tenant.score(result_url=SLOT_7)
        tenant.score()
        tenant.score(result_url=SLOT_8)
        assert [path for _, path, _ in tenant.written()] == ["/results/7", "/results/8"]


# ── 54 read after the write ──────────────────────────────────────────────────────────────────────────────────

VERIFIED = """
operations:
  set_tags: {post: "/tags/c-1", json: {tags: "{{ tags }}"}, ok: [204]}
  read_tags: {get: "/tags/{{ candidate.id }}", records: "@"}
  add_note: {post: /notes, json: {text: "{{ note.text }}"}}
write_back:
  places:
    tag:
      write: set_tags
      verify: {operation: read_tags, when: "contains(record.tags, value)"}
    note: {write: add_note}
  notes: {evaluation: {text: "{% for cause in causes %}{{ cause.place }}: {{ cause.why }}{% endfor %}"}}
  outputs:
    screened: {value: Screened, rungs: [{tag: value}, {note: evaluation}]}
"""


@mechanism(54)
def test_a_write_that_was_accepted_is_read_and_counts_when_it_is_there(acme: Acme) -> None:
    acme.server.on("POST", "/tags/c-1", Reply(204))
    acme.server.on("GET", "/tags/c-1", Reply(json=[{"tags": ["Screened"]}]))
    with writing(acme, VERIFIED) as tenant:
        assert tenant.places(tenant.score()) == {"screened": "tag"}


@mechanism(54, 18)
def test_a_write_that_was_accepted_and_not_applied_counts_as_refused(acme: Acme) -> None:
    acme.server.on("POST", "/tags/c-1", Reply(204))
    acme.server.on("GET", "/tags/c-1", Reply(json=[{"tags": []}]))
    acme.server.on("POST", "/notes", Reply(json={}))
    with writing(acme, VERIFIED) as tenant:
        assert tenant.places(tenant.score()) == {"screened": "note"}
        assert tenant.written()[-1][2]["text"].startswith("tag “Screened”: accepted, but not applied")


@mechanism(54)
def test_reading_that_fails_for_now_is_tried_again_and_the_write_is_not(acme: Acme) -> None:
    acme.server.on("POST", "/tags/c-1", Reply(204))
    acme.server.on("GET", "/tags/c-1", *[Reply(503)] * 4, Reply(json=[{"tags": ["Screened"]}]))
    with writing(acme, VERIFIED) as tenant:
        event = tenant.score()
        tenant.wait()
        assert tenant.places(event) == {"screened": "tag"}
        assert tenant.calls("POST", "/tags/c-1") == 1


# ── 49, 51 a presigned upload ────────────────────────────────────────────────────────────────────────────────

PRESIGNED = (
    """
apis:
  main:
    base_url: https://api.acme.example
    hosts: ["*.store.example"]
    auth: [{headers: {X-Key: "{{ settings.api_key }}"}}]
operations:
  create_handle: {post: /file.createUploadHandle, json: {filename: "{{ file.name }}", contentLength: "{{ file.size }}"}}
  send_bytes: {put: "{{ captured.url }}", bytes: file}
  attach: {post: /candidate.uploadFile, json: {candidateId: "{{ candidate.id }}", handle: "{{ captured.handle }}"}}
write_back:
  places:
    attachment:
      write:
        - {call: create_handle, capture: {handle: results.handle, url: results.url}}
        - {call: send_bytes}
        - {call: attach}
"""
    + FILE_OUTPUT
)
UPLOAD_URL = "https://eu.store.example/put/h1?X-Signature=abc%2Fd"


@mechanism(49, 51)
def test_a_presigned_upload_takes_three_steps_and_the_storage_sees_no_credential(acme: Acme) -> None:
    handle = {"results": {"handle": "h1", "url": UPLOAD_URL}}
    acme.server.on("POST", "/file.createUploadHandle", Reply(json=handle))
    acme.server.on("PUT", "/put/h1", Reply(503), Reply(200))
    acme.server.on("POST", "/candidate.uploadFile", Reply(json={}))
    with writing(acme, PRESIGNED) as tenant:
        event = tenant.score()
        tenant.wait()
        steps = ["POST /file.createUploadHandle", "PUT /put/h1", "PUT /put/h1", "POST /candidate.uploadFile"]
        assert _steps(tenant) == steps
        sent = next(seen for seen in acme.server.requests if seen.method == "PUT")
        assert sent.body.startswith(b"%PDF-")
        assert sent.target.endswith("?X-Signature=abc%2Fd")
        assert "x-key" not in sent.headers
        assert tenant.written()[-1][2] == {"candidateId": "c-1", "handle": "h1"}
        assert tenant.places(event) == {"match_score": "attachment"}


@mechanism(51)
@pytest.mark.parametrize("step", [0, 1, 2])
def test_a_recipe_survives_the_end_of_its_process_at_any_step_and_makes_none_twice(acme: Acme, step: int) -> None:
    """The process ends just after a step's answer came, before anything of it was kept."""
    notes: list[dict[str, Any]] = []
    links: list[str] = []

    def create(seen: Seen) -> Reply:
        notes.append({"id": "n1", "author": 5, "text": seen.json["text"]})
        return Reply(json=notes[0])

    def link(_: Seen) -> Reply:
        links.append("c-1")
        return Reply(json={})

    acme.server.on("POST", "/notes", create)
    acme.server.on("GET", "/notes", lambda _: Reply(json=list(notes)))
    acme.server.on("POST", "/notes/n1/links", link)
    acme.server.on("GET", "/notes/n1/links", lambda _: Reply(json=[{"person": person} for person in links]))
    acme.server.on("PUT", "/notes/n1/published", Reply(json={}))
    linked = """        - call: link
          found_by: {operation: list_links, when: record.person == candidate.id}
"""
    text = THREE_STEPS.replace("        - {call: link}\n", linked).replace(
        "  link:", '  list_links: {get: "/notes/{{ captured.note_id }}/links", records: "@"}\n  link:'
    )
    with writing(acme, text) as tenant:
        called, made = tenant.route.caller.call, 0

        def dying(*given: Any) -> Any:
            nonlocal made
            answer = called(*given)
            made += 1
            if made == step + 1:
                raise SystemExit
            return answer

        tenant.route.caller.call = dying  # type: ignore[method-assign]
        with pytest.raises(SystemExit):
            tenant.score()
        tenant.route.caller.call = called  # type: ignore[method-assign]
        tenant.wait()
        assert len(notes) == 1
        assert links == ["c-1"]
        done = tenant.store.outbox.list(state="delivered")
        assert [one.operation for one in done] == ["publish"]
