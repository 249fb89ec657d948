"""An ATS named Acme: manifest text in, a caller over real loopback HTTP to a scripted server out.

    caller = acme.caller('''
    operations:
      list_people: {get: /people, records: data, key: id, paging: {link: true}}
    ''')
    acme.server.on("GET", "/people", Reply(json={"data": []}))
    caller.records("list_people", {})

The text holds the top-level blocks that matter to the case; the others are filled in so that the manifest loads.
Operations are indented by two spaces below ``operations:``.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from connectors.calls import Caller
from connectors.transport import HttpTransport
from engine.clock import ManualClock
from engine.errors import SpecError
from engine.manifest.build import examine
from engine.manifest.connection import Connection
from engine.manifest.findings import Finding
from engine.manifest.model import Manifest
from engine.manifest.yaml.source import read_text
from engine.redaction import Secret
from engine.store import Store
from tests.fake_server import FakeServer

ORIGIN = "https://api.acme.example"
_BLOCKS: Mapping[str, str] = {
    "manifest": "manifest: 1\n",
    "ats": "ats: {id: acme, name: Acme}\n",
    "settings": "settings: {api_key: {type: secret, required: true, description: The key.}}\n",
    "apis": f"""apis:
  main: {{base_url: "{ORIGIN}", auth: [{{headers: {{X-Key: "{{{{ settings.api_key }}}}"}}}}]}}
""",
    "operations": "operations:\n",
    "objects": """objects:
  candidate: {read: acme_candidate, fields: {id: id}}
  job: {read: acme_job, fields: {id: id}}
  resume: [{text: resume}]
""",
    "events": """events:
  truth: poll
  poll:
    every: 10m
    streams: {people: {operation: acme_changed, event: candidate.updated, ids: {candidate: record.id}, overlap: 1m}}
""",
    "write_back": """write_back:
  notes: {evaluation: {text: "{{ score.match }}"}}
  places: {note: {write: acme_note}}
  outputs: {match_score: {value: "{{ score.match }}", rungs: [{note: evaluation}]}}
""",
}
_OPERATIONS = """  acme_candidate: {get: "/candidates/{{ candidate.id }}"}
  acme_job: {get: "/jobs/{{ job.id }}"}
  acme_changed: {get: /changed, query: {since: "{{ since }}"}, records: "@", key: id}
  acme_note: {post: "/notes", json: {text: "{{ note.text }}"}}
"""


def whole(text: str) -> str:
    """``text`` with the blocks and operations that a manifest needs beside it."""
    text = textwrap.dedent(text).lstrip("\n")
    if not text.endswith("\n"):
        text += "\n"
    lines = text.splitlines(keepends=True)
    missing = [block for name, block in _BLOCKS.items() if not any(line.startswith(f"{name}:") for line in lines)]
    text = text + "".join(missing)
    added = "".join(
        line for line in _OPERATIONS.splitlines(keepends=True) if f"\n{line.partition(':')[0]}:" not in text
    )
    return text.replace("operations:\n", f"operations:\n{added}", 1)


def examined(text: str) -> tuple[Manifest | None, list[Finding]]:
    """The manifest made of ``text`` and all findings about it."""
    try:
        return examine(read_text(whole(text), "acme.yaml"))
    except SpecError as error:
        return None, list(error.findings)


def manifest(text: str) -> Manifest:
    """The manifest made of ``text``; the test fails with the findings where it has errors."""
    made, findings = examined(text)
    errors = [str(finding) for finding in findings if finding.severity == "error"]
    assert made is not None, errors
    assert not errors, errors
    return made


class Acme:
    """The scripted server and the callers that were made for it. ``clock`` stands still unless it is moved."""

    def __init__(self, server: FakeServer) -> None:
        self.server, self.clock = server, ManualClock()
        self._open = ExitStack()

    def connection(self, text: str, settings: Mapping[str, Any] | None = None) -> Connection:
        """A tenant of the manifest; without ``settings`` it has a key."""
        given = {"api_key": Secret("not-a-real-key")} if settings is None else settings
        return Connection("tenant", manifest(text), given)

    def caller(
        self, text: str, settings: Mapping[str, Any] | None = None, *, tenant: str = "tenant", **given: Any
    ) -> Caller:
        """What makes the manifest's calls; ``given`` goes to ``Caller``. All https origins lead to the server."""
        transport = HttpTransport(sandbox_origin=self.server.origin)
        connection = replace(self.connection(text, settings), name=tenant)
        caller = Caller(connection, transport=transport, clock=self.clock, **given)
        self._open.callback(caller.close)
        return caller

    def holding(self, store: Store) -> Store:
        """``store``, closed with the server."""
        self._open.callback(store.close)
        return store

    def close(self) -> None:
        self._open.close()
