"""After an attempt: only a refusal for good moves an output on, and one note stays one note."""

from __future__ import annotations

import itertools

import pytest

from engine.errors import Ambiguous, CredentialRefused, Refused, Throttled, Transient
from engine.model import Cause
from engine.writeback.grouping import Landed
from engine.writeback.known import Known
from engine.writeback.places import AlreadyThere
from engine.writeback.planner import Undeliverable, plan
from engine.writeback.rungs import fall, next_step, regroup, result_of, split
from tests.writeback.manifests import manifest, output, place

NOTE, FILE = ("note", "evaluation"), ("attachment", "evidence_pdf")
FOUR = (("field", "Score"), ("tag", "value"), NOTE, FILE)
FREE = place("field", batch=10)


def walked(results):
    """The rung, the end and the causes of one output whose attempts come to ``results``, one for each rung."""
    made = manifest(output("screened", *FOUR), field=FREE)
    (request,) = plan(made, {"screened": "Screened"}, Known()).deliveries
    (write,) = request.writes
    while True:
        step = next_step(results[write.rung])
        if step != "fall":
            return write.rung, step, write.causes
        found = fall(made, write, "403 DENIED", Known())
        if isinstance(found, Undeliverable):
            return None, "undeliverable", found.causes
        write = found.write


PLACES = ("custom field “Score”", "tag “Screened”", "activity note", "evidence PDF")
STOPS = {"ok": "delivered", "transient": "retry", "ambiguous": "reconcile"}


@pytest.mark.parametrize(
    "results", list(itertools.product(["ok", "transient", "permanent", "ambiguous"], repeat=4)), ids="-".join
)
def test_only_a_refusal_for_good_moves_on(results):
    """All 256 ways in which four rungs can answer."""
    refused = next((number for number, result in enumerate(results) if result != "permanent"), 4)
    causes = tuple(Cause(place, "403 DENIED") for place in PLACES[:refused])
    expected = (None, "undeliverable") if refused == 4 else (refused, STOPS[results[refused]])
    assert walked(results) == (*expected, causes)


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (None, "ok"),
        (Refused("denied"), "permanent"),
        (Refused("invalid"), "permanent"),
        (Throttled(), "transient"),
        (Transient(), "transient"),
        (CredentialRefused(), "transient"),
        (Ambiguous(), "ambiguous"),
    ],
)
def test_what_an_attempt_came_to(error, result):
    assert result_of(error) == result


def fields_and_note():
    made = manifest(
        output("match_score", ("field", "Score"), NOTE, FILE),
        output("reasons", ("field", "Reasons"), NOTE, FILE),
        output("shortlist_link", NOTE),
        field=FREE,
    )
    return made, plan(
        made, {"match_score": 86, "reasons": "r", "shortlist_link": "l"}, Known(), audit_id="A1"
    ).deliveries


def test_what_falls_joins_the_note_that_still_waits():
    made, (fields, note) = fields_and_note()
    fallen = [fall(made, write, "403", Known()) for write in fields.writes]
    (joined,) = regroup(made, fallen, [note], audit_id="A1")
    assert [write.output for write in joined.writes] == ["shortlist_link", "match_score", "reasons"]
    assert joined.place == "note"
    assert joined.marker != note.marker
    assert joined.marker.startswith("A1-")


def test_what_falls_makes_one_note_where_none_waits():
    made, (fields, _) = fields_and_note()
    fallen = [fall(made, write, "403", Known()) for write in fields.writes]
    (note,) = regroup(made, fallen, [], audit_id="A1")
    assert (note.place, len(note.writes)) == ("note", 2)


def test_a_request_that_takes_nothing_in_stays_as_it_is():
    made, requests = fields_and_note()
    assert regroup(made, [], requests, audit_id="A1") == requests


def test_what_falls_past_an_unavailable_note_says_both_causes():
    made, (fields, _) = fields_and_note()
    found = fall(made, fields.writes[0], "403 DENIED", Known({"notes": "401 no access"}))
    assert isinstance(found, Landed)
    assert found.write.causes == (
        Cause("custom field “Score”", "403 DENIED"),
        Cause("activity note", "401 no access"),
    )


def test_falling_to_a_tag_that_is_there_ends_well():
    made = manifest(output("screened", ("field", "Score"), ("tag", "value")), field=FREE)
    (request,) = plan(made, {"screened": "Seen"}, Known()).deliveries
    assert fall(made, request.writes[0], "404", Known(tags=frozenset({"seen"}))) == AlreadyThere()


@pytest.mark.parametrize(
    ("kind", "parts"), [("invalid", 2), ("missing", 2), ("denied", 1), ("no_access", 1), ("conflict", 1)]
)
def test_a_refused_batch_is_sent_one_by_one_where_one_may_be_bad(kind, parts):
    _, (fields, _) = fields_and_note()
    single = split(fields, Refused(kind))
    assert len(single) == parts
    assert tuple(field for request in single for field in request.fields) == fields.fields
    assert tuple(write for request in single for write in request.writes) == fields.writes
    assert len({request.marker for request in single}) == parts


def test_a_single_write_and_a_note_are_not_split():
    _, (fields, note) = fields_and_note()
    only = split(fields, Refused("invalid"))[0]
    assert split(only, Refused("invalid")) == (only,)
    assert split(note, Refused("invalid")) == (note,)
