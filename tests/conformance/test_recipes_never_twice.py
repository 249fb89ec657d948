"""Whatever answers get lost and however often: each step of a recipe is applied exactly once, in its order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.pipeline import isolation
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


ONE_BY_ONE = """
operations:
  read_tags: {get: "/candidates/{{ candidate.id }}/tags"}
  add_tag: {post: "/candidates/{{ candidate.id }}/tags", json: {tag: "{{ tag.name }}"}, idempotent: true}
write_back:
  places: {tag: {write: add_tag, read: read_tags, current: "@", batch: 1}}
  outputs:
    screened: {value: Screened, rungs: [{tag: value}]}
"""
ALL_TOGETHER = ONE_BY_ONE.replace(
    "batch: 1}", "verify: {operation: list_tags, when: record.name == 'Screened'}}"
).replace("  add_tag", '  list_tags: {get: /tags, records: "@"}\n  add_tag')


@mechanism(48, 51)
@settings(max_examples=12, deadline=None)
@given(faults=st.lists(st.sampled_from(["none", "busy", "lost", "lost before it was applied"]), max_size=4))
def test_each_of_several_tags_arrives_whatever_is_read_of_them_meanwhile(faults: list[str]) -> None:
    tags: list[str] = ["Mine"]

    def add(seen: Seen) -> Any:
        tags.append(seen.json["tag"])
        return {}

    with FakeServer() as server:
        server.on("POST", "/candidates/c-1/tags", faulty(faults, add))
        server.on("GET", "/candidates/c-1/tags", lambda _: Reply(json=list(tags)))
        acme = Acme(server)
        text = ONE_BY_ONE.replace("value: Screened", 'value: ["A", "B", "C"]')
        with writing(acme, text) as tenant:
            event = tenant.score()
            for _ in range(8):
                tenant.wait(100_000)
            assert tenant.places(event) == {"screened": "tag"}
        acme.close()
    assert sorted(tags) == ["A", "B", "C", "Mine"]


@mechanism(48, 54)
def test_tags_that_are_all_there_when_it_goes_on_have_arrived() -> None:
    tags: list[str] = []
    looking = [Reply(503)]

    def add(_: Seen) -> Reply:
        tags.append("Screened")
        return Reply(json={})

    with FakeServer() as server:
        server.on("GET", "/candidates/c-1/tags", lambda _: Reply(json=list(tags)))
        server.on("POST", "/candidates/c-1/tags", add)
        server.on("GET", "/tags", lambda _: looking[-1])
        acme = Acme(server)
        with writing(acme, ALL_TOGETHER) as tenant:
            event = tenant.score()
            looking.append(Reply(json=[{"name": "Screened"}]))
            tenant.wait()
            assert tenant.places(event) == {"screened": "tag"}
            assert tags == ["Screened"]
        acme.close()


REPLACED = """
operations:
  read_tags: {get: "/tags/{{ candidate.id }}"}
  set_tags: {put: "/tags/{{ candidate.id }}", json: {tags: "{{ tags }}"}}
write_back:
  places: {tag: {write: set_tags, read: read_tags, current: tags}}
  outputs:
    screened: {value: Screened, rungs: [{tag: value}]}
"""


@mechanism(48)
def test_a_worker_that_looked_up_for_so_long_that_another_took_over_sends_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Both workers are this one thread: the second must not wait for the first to end.
    monkeypatch.setattr(isolation, "WAIT_S", 0.1)
    with FakeServer() as server:
        acme = Acme(server)
        with writing(acme, REPLACED) as tenant:

            def slow(_: Seen) -> Reply:
                server.on("GET", "/tags/c-1", Reply(json={"tags": []}))
                acme.clock.advance(200)
                tenant.store.outbox.recover()
                tenant.deliveries.deliver_once()
                return Reply(json={"tags": []})

            server.on("GET", "/tags/c-1", slow)
            server.on("PUT", "/tags/c-1", Reply(json={}))
            event = tenant.score()
            assert tenant.places(event) == {"screened": "tag"}
            assert tenant.calls("PUT", "/tags/c-1") == 1
        acme.close()
