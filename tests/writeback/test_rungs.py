"""After a refusal for good: each output moves on with the cause, and one note stays one note."""

from __future__ import annotations

import pytest

from engine.errors import Refused
from engine.model import Cause
from engine.writeback.grouping import Landed
from engine.writeback.known import Known
from engine.writeback.places import AlreadyThere
from engine.writeback.planner import Undeliverable, plan
from engine.writeback.rungs import fall, regroup, split
from tests.writeback.manifests import manifest, output, place

NOTE, FILE = ("note", "evaluation"), ("attachment", "evidence_pdf")
FOUR = (("field", "Score"), ("tag", "value"), NOTE, FILE)
FREE = place("field", batch=10)


PLACES = ("custom field “Score”", "tag “Screened”", "activity note", "evidence PDF")


@pytest.mark.parametrize("refused", range(5))
def test_each_refusal_moves_an_output_one_rung_and_its_cause_goes_along(refused):
    """After the last of four rungs there is nowhere left."""
    made = manifest(output("screened", *FOUR), field=FREE)
    (request,) = plan(made, {"screened": "Screened"}, Known()).deliveries
    (write,) = request.writes
    found = Landed(write)
    for number in range(refused):
        found = fall(made, found.write, f"403 DENIED {number}", Known())
    causes = tuple(Cause(place, f"403 DENIED {number}") for number, place in enumerate(PLACES[:refused]))
    if refused == 4:
        assert found == Undeliverable("screened", "Screened", causes)
    else:
        assert (found.write.rung, found.write.causes) == (refused, causes)


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
