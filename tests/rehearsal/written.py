"""Mapping tests written for tests: the shipped manifest copied into a folder, with a test file beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

from engine.manifest.schema.files import data_folder

ANSWERS = """
score: {match: 80, reasons: [Sells]}
answers:
  get_company: {json: {identifier: Example}}
  get_candidate: {json: {id: c, firstName: Ana, lastName: Example, createdOn: "2026-06-01T08:00:00.000Z"}}
  get_application: {json: {applicationId: a, status: NEW}}
  get_job: {json: {id: j, title: Clerk, jobAd: {sections: {jobDescription: {text: Sells}}}}}
  list_attachments: {json: {content: [{id: r, name: r.txt, type: RESUME}]}}
  download_attachment: {text: Sold things for years}
  list_candidate_properties: {json: {content: [{id: f-1, label: Skima Match Score, type: NUMBER}]}}
  set_properties: {status: 204}
  add_tags: {json: {tags: []}}
  share_note: {json: {id: n}}
  upload_attachment: {json: {id: x}}
"""
EVENT = "{headers: {event-name: application.created, event-id: e}, body: {candidate_id: c, job_id: j}}"


def written(folder: Path, cases: str, answers: str = ANSWERS) -> Path:
    """The test file ``smartrecruiters.test.yaml`` with ``cases``, beside its manifest."""
    shutil.copy(data_folder("mappings") / "smartrecruiters.yaml", folder)
    file = folder / "smartrecruiters.test.yaml"
    file.write_text(f"{answers.strip()}\ncases:\n{cases}", "utf-8")
    return file


def case(expect: str, name: str = "one", more: str = "", event: str = EVENT) -> str:
    """One case; ``more`` holds further lines of it."""
    return f"  - name: {name}\n    event: {event}\n{more}    expect:\n      {expect}\n"
