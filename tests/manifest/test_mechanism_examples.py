"""Each mechanism's example in the reference is a part of a manifest without mistakes."""

from __future__ import annotations

from typing import Any

import pytest

from engine.manifest.build import examine
from engine.manifest.schema.files import data_folder
from engine.manifest.schema.reference import Mechanism, mechanisms, page, sections
from engine.manifest.yaml.source import Source, read_text
from tests.conformance.mechanisms import NUMBERS

BASE = """
manifest: 1
ats: {id: greenjobs, name: GreenJobs}
settings:
  api_key: {type: secret, required: true, description: The key.}
  hook_secret: {type: secret, description: The signing key.}
  client_id: {type: text, description: The OAuth client.}
  client_secret: {type: secret, description: Its secret.}
  refresh_token: {type: secret, description: The first refresh token.}
  user: {type: text, description: Whose name is used.}
apis:
  main: {base_url: https://api.greenjobs.example, auth: [{headers: {X-Api-Key: "{{ settings.api_key }}"}}]}
operations:
  get_candidate: {get: "/people/{{ candidate.id }}"}
  get_candidate_list: {get: /people, records: data, key: id}
  get_field_list: {get: /fields, records: data, key: id}
  get_job: {get: "/jobs/{{ job.id }}"}
  add_note: {post: "/people/{{ candidate.id }}/notes", json: {text: "{{ note.text }}"}}
objects:
  candidate: {read: get_candidate, fields: {id: id}}
  job: {read: get_job, fields: {id: id}}
  resume: [{text: resume}]
events:
  truth: poll
  poll:
    every: 10m
    streams: {people: {operation: get_candidate_list, event: candidate.updated, ids: {candidate: record.id}, overlap: 2m}}
write_back:
  notes: {evaluation: {text: "{{ outputs.match_score | default('') }}"}}
  places: {note: {write: add_note}}
  outputs: {match_score: {value: "{{ score.match }}", rungs: [{note: evaluation}]}}
"""


def merged(base: Any, part: Any) -> Any:
    """``base`` with what ``part`` says instead: mappings joined key by key, anything else replaced."""
    if not isinstance(base, dict) or not isinstance(part, dict):
        return part
    return {key: merged(base.get(key), part[key]) if key in part else base[key] for key in {**base, **part}}


@pytest.mark.parametrize("mechanism", mechanisms(), ids=lambda one: f"{one.number} {one.name}")
def test_the_example_of_a_mechanism_is_part_of_a_good_manifest(mechanism: Mechanism) -> None:
    part = read_text(mechanism.example, "<example>").data
    whole = Source("<greenjobs>", merged(read_text(BASE, "<base>").data, part))
    manifest, findings = examine(whole)
    assert [str(finding) for finding in findings if finding.severity == "error"] == []
    assert manifest is not None


def test_every_mechanism_is_said_by_a_key_of_the_schema() -> None:
    said = {number for section in sections() for key in section.keys for number in key.mechanisms}
    assert sorted(set(NUMBERS) - said) == []


def test_the_reference_in_the_docs_is_the_one_that_the_schema_makes() -> None:
    """``make docs`` brings it up to date."""
    assert (data_folder("schemas").parent / "docs" / "manifest.md").read_text("utf-8") == page()
