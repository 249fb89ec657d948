"""Whatever answers get lost and however often: each step of a recipe is applied exactly once, in its order."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conformance.acme import Acme
from tests.conformance.mechanisms import mechanism
from tests.conformance.writing import writing
from tests.fake_server import FakeServer, Reply, Seen

RECIPE = """
operations:
  create: {post: /notes, json: {text: "{{ note.text }}"}}
  list_notes: {get: /notes, records: "@"}
  link: {post: "/notes/{{ captured.id }}/links", json: {person: "{{ candidate.id }}"}}
  list_links: {get: "/notes/{{ captured.id }}/links", records: "@"}
write_back:
  places:
    note:
      write:
        - call: create
          capture: {id: id}
          found_by: {operation: list_notes, when: "contains(record.text, marker)", capture: {id: record.id}}
        - call: link
          found_by: {operation: list_links, when: record.person == candidate.id}
  notes: {evaluation: {text: "Score {{ outputs.match_score }}"}}
  outputs:
    match_score: {value: "{{ score.match }}", rungs: [{note: evaluation}]}
"""
FAULTS = st.lists(st.sampled_from(["busy", "broken", "lost", "lost before it was applied"]), max_size=3)


def faulty(faults: list[str], apply: Any) -> Any:
    """Answers with the faults in turn, then well; ``apply`` is what happens in the ATS."""
    left = list(faults)

    def answer(seen: Seen) -> Reply:
        fault = left.pop(0) if left else "none"
        if fault == "busy":
            return Reply(429)
        if fault == "broken":
            return Reply(500)
        if fault == "lost before it was applied":
            return Reply(drop="before")
        made = apply(seen)
        return Reply(drop="before") if fault == "lost" else Reply(json=made)

    return answer


@mechanism(51, 54)
@settings(max_examples=12, deadline=None)
@given(creating=FAULTS, linking=FAULTS)
def test_each_step_is_applied_exactly_once(creating: list[str], linking: list[str]) -> None:
    notes: list[dict[str, Any]] = []
    links: list[dict[str, Any]] = []

    def create(seen: Seen) -> Any:
        notes.append({"id": f"n{len(notes) + 1}", "text": seen.json["text"]})
        return notes[-1]

    def link(seen: Seen) -> Any:
        links.append(seen.json)
        return seen.json

    with FakeServer() as server:
        server.on("POST", "/notes", faulty(creating, create))
        server.on("GET", "/notes", lambda _: Reply(json=list(notes)))
        server.on("POST", "/notes/n1/links", faulty(linking, link))
        server.on("GET", "/notes/n1/links", lambda _: Reply(json=list(links)))
        acme = Acme(server)
        with writing(acme, RECIPE) as tenant:
            event = tenant.score()
            for _ in range(8):
                tenant.wait(100_000)
            assert tenant.places(event) == {"match_score": "note"}
        acme.close()
    assert len(notes) == 1
    assert links == [{"person": "c-1"}]
