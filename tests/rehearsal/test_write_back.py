"""Ways of writing back in mapping tests: recipes, lookups, slots, files by address and reading after a write."""

from __future__ import annotations

from pathlib import Path

from engine.rehearsal.rehearse import Rehearsals
from engine.rehearsal.running import run_suite
from engine.rehearsal.suite import load_suite
from tests.conformance.acme import whole

MANIFEST = """
settings:
  api_key: {type: secret, required: true, description: The key.}
  author: {type: text, description: Whose notes they are.}
operations:
  list_users: {get: /users, records: "@"}
  put_result: {put: "/results/{{ event.data.result }}", json: {score: "{{ outputs.match_score }}"}}
  create_upload: {post: /uploads, json: {url: "{{ file.url }}"}}
  attach: {post: /files, json: {upload: "{{ captured.id }}", by: "{{ lookup.author }}"}}
  list_files: {get: /files, records: "@"}
lookups:
  author: {operation: list_users, where: record.name == settings.author, give: record.id}
capabilities:
  public: {says: files by address, when: engine.public_url, otherwise: no public address}
write_back:
  places:
    slot: {write: put_result, when: event.data.result, otherwise: no result is asked for}
    attachment:
      write: [{call: create_upload, capture: {id: id}}, {call: attach}]
      needs: [public]
      verify: {operation: list_files, when: record.upload == captured.id}
    note: {write: acme_note}
  notes: {evaluation: {text: "{{ outputs.match_score }}"}}
  outputs:
    match_score:
      value: "{{ score.match }}"
      rungs: [{slot: result}, {attachment: evidence_pdf}, {note: evaluation}]
"""
TESTS = """
settings: {author: Bo}
score: {match: 86, reasons: [Sells]}
answers:
  acme_candidate: {json: {id: c-1, resume: "Sold things for years"}}
  acme_job: {json: {id: j-1}}
  acme_application: {json: {id: a-1}}
  list_users: {json: [{id: 7, name: Bo}]}
  put_result: {status: 204}
  create_upload: {json: {id: u-1}}
  attach: {status: 201}
  list_files: {json: [{upload: u-1}]}
  acme_note: {status: 201}
cases:
  - name: the slot that the event brought
    event: {event: application.created, ids: {candidate: c-1, job: j-1}, data: {result: r-1}}
    expect:
      requests: [{operation: put_result, path: /results/r-1, json: {score: 86}}]
      places: {match_score: slot}
  - name: a file by its address, in two steps, and seen there
    event: {event: application.created, ids: {candidate: c-1, job: j-1}}
    expect:
      requests:
        - {operation: create_upload, json: {url: "https://fieldwright.example/files/placeholder-link"}}
        - {operation: attach, json: {upload: u-1, by: 7}}
      places: {match_score: {place: attachment, rung: 2, cause: no result is asked for}}
  - name: accepted, but not applied
    event: {event: application.created, ids: {candidate: c-1, job: j-1}}
    answers: {list_files: {json: []}}
    expect:
      requests: [create_upload, attach, acme_note]
      places: {match_score: {place: note, cause: "accepted, but not applied"}}
  - name: no public address
    public_url: null
    event: {event: application.created, ids: {candidate: c-1, job: j-1}}
    expect:
      requests: [acme_note]
      places: {match_score: {place: note, cause: no public address}}
"""
APPLICATION = """
objects:
  candidate: {read: acme_candidate, fields: {id: id}}
  application: {read: acme_application, fields: {id: id}}
  job: {read: acme_job, fields: {id: id}}
  resume: [{text: resume}]
"""


def test_a_mapping_test_shows_every_step_and_where_the_result_went(tmp_path: Path) -> None:
    operations = 'operations:\n  acme_application: {get: "/jobs/{{ job.id }}/candidates/{{ candidate.id }}"}'
    text = whole(MANIFEST.replace("operations:", operations, 1) + APPLICATION)
    (tmp_path / "acme.yaml").write_text(text, "utf-8")
    file = tmp_path / "acme.test.yaml"
    file.write_text(TESTS, "utf-8")
    with Rehearsals() as rehearsals:
        results = list(run_suite(load_suite(file), rehearsals))
    assert [(result.case.name, result.failures) for result in results if not result.passed] == []
    assert len(results) == 4
