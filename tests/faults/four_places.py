"""An ATS with four places for one result, each answering the first request in a way of its own, and a tenant of it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from tests.conformance.acme import Acme
from tests.conformance.writing import Tenant, writing
from tests.fake_server import FakeServer, Reply, Seen

Answer = Literal["ok", "transient", "permanent", "ambiguous", "reset", "applied 500", "late"]
"""``ambiguous`` applies and ends the connection, ``reset`` breaks it off in the answer, ``late`` answers too late."""

PLACES = ("field", "tag", "note", "attachment")
TEXT = """
apis:
  main:
    base_url: "https://api.acme.example"
    timeout: TIMEOUT
    auth: [{headers: {X-Key: "{{ settings.api_key }}"}}]
operations:
  list_fields: {get: /fields, records: "@"}
  list_notes: {get: /notes, records: "@"}
  list_files: {get: /files, records: "@"}
  set_field: {put: /field, json: {value: "{{ field.value }}"}}
  add_tag: {put: /tag, json: {name: "{{ tag }}"}}
  add_note: {post: /note, json: {text: "{{ note.text }}"}}
  add_file: {post: /attachment, json: {name: "{{ file.name }}", data: "{{ file.base64 }}"}}
write_back:
  notes: {evaluation: {text: "{{ outputs.screened }}"}}
  places:
    field: {write: set_field, batch: 1, directory: {operation: list_fields, id: id, name: label}}
    tag: {write: add_tag, batch: 1}
    note: {write: add_note, found_by: {operation: list_notes, when: "contains(record.text, marker)"}}
    attachment: {write: add_file, found_by: {operation: list_files, when: "contains(record.name, marker)"}}
  outputs:
    screened:
      value: Screened
      rungs: [{field: Match Score}, {tag: value}, {note: evaluation}, {attachment: evidence_pdf}]
"""


class Ats:
    """What each place was asked to keep, with its own way of answering the first request."""

    def __init__(self, server: FakeServer, answers: Sequence[Answer]) -> None:
        self.never = threading.Event()
        self.asked: Counter[str] = Counter()
        self.kept: dict[str, list[Any]] = {place: [] for place in PLACES}
        server.on("GET", "/fields", Reply(json=[{"id": "f1", "label": "Match Score"}]))
        server.on("GET", "/notes", lambda _: Reply(json=self.kept["note"]))
        server.on("GET", "/files", lambda _: Reply(json=self.kept["attachment"]))
        for place, answer in zip(PLACES, answers, strict=True):
            method = "PUT" if place in ("field", "tag") else "POST"
            server.on(method, f"/{place}", lambda seen, place=place, answer=answer: self._answer(seen, place, answer))

    def _answer(self, seen: Seen, place: str, answer: Answer) -> Reply:
        self.asked[place] += 1
        if answer == "permanent":
            return Reply(422, json={"code": "NOT_HERE"})
        first = self.asked[place] == 1
        if answer == "transient" and first:
            return Reply(503)
        self._keep(place, seen.json)
        return self._lost(answer) if first else Reply(json={})

    def _lost(self, answer: Answer) -> Reply:
        """The answer to a request that was applied."""
        lost = {"ambiguous": Reply(drop="before"), "reset": Reply(json={"id": "x" * 99}, drop="during")}
        lost |= {"applied 500": Reply(500), "late": Reply(json={}, hold=self.never)}
        return lost.get(answer, Reply(json={}))

    def _keep(self, place: str, body: Any) -> None:
        if place in ("field", "tag"):
            self.kept[place] = [body]
        else:
            self.kept[place].append(body)


@contextmanager
def four_places(answers: Sequence[Answer], timeout: str = "30s") -> Iterator[tuple[Tenant, Ats]]:
    """``answers`` of the four places in the order of the rungs; ``timeout`` of each call."""
    with FakeServer() as server:
        acme = Acme(server)
        ats = Ats(server, answers)
        try:
            with writing(acme, TEXT.replace("TIMEOUT", timeout)) as tenant:
                yield tenant, ats
        finally:
            ats.never.set()
            acme.close()
