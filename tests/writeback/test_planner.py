"""Each output goes to its first usable place, or nowhere with every cause; nothing unchanged is sent."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model import Cause
from engine.writeback.field_values import FieldValue
from engine.writeback.grouping import Landed
from engine.writeback.known import FieldInfo, Known
from engine.writeback.places import KINDS
from engine.writeback.planner import plan
from engine.writeback.rungs import fall
from engine.writeback.values import digest
from tests.writeback.manifests import manifest, output, place

SCORE = FieldInfo("f1", "Match Score", "NUMBER")
REASONS = FieldInfo("f2", "Reasons", "TEXT")
VERDICT = FieldInfo("f3", "Verdict", "SELECT", {"👍": "o1", "👎": "o2", "Maybe": "o3"})
COUNTRY = FieldInfo("f4", "Where", "COUNTRY")
FIELDS = {field.id: field for field in (SCORE, REASONS, VERDICT, COUNTRY)}
NOTE, FILE, TAG = ("note", "evaluation"), ("attachment", "evidence_pdf"), ("tag", "value")


def one(*rungs, value=86, known=None, name="match_score", **changes):
    """Plans one output."""
    return plan(manifest(output(name, *rungs), **changes), {name: value}, known or Known(fields=FIELDS))


def landed(planned):
    (request,) = planned.deliveries
    (write,) = request.writes
    return request, write


def test_a_score_goes_to_its_field_as_a_number():
    request, write = landed(one(("field", " match  SCORE"), NOTE))
    assert (request.place, request.operation, write.rung, write.causes) == ("field", "write_field", 0, ())
    assert request.fields == (FieldValue("f1", "Match Score", "NUMBER", 86, "number"),)


def test_a_field_is_found_by_its_id():
    assert landed(one(("field", "f1")))[0].fields[0].name == "Match Score"


def test_what_looks_like_an_id_is_used_where_the_directory_cannot_be_read():
    field = place("field", id_pattern="^x[0-9]+$", directory=manifest().write_back.places["field"].directory)
    request, _ = landed(one(("field", "x12"), known=Known(fields_cause="403"), field=field))
    assert request.fields == (FieldValue("x12", "x12", None, 86, "number"),)


@pytest.mark.parametrize(
    ("target", "value", "known", "why"),
    [
        ("Score", 86, Known(fields=FIELDS), "there is no field of this name"),
        ("Match Score", 86, Known(fields_cause="403 PERMISSION_DENIED"), "403 PERMISSION_DENIED"),
        ("Match Score", "high", Known(fields=FIELDS), "the field holds numbers, and the value is not one"),
        ("Match Score", True, Known(fields=FIELDS), "the field holds numbers, and the value is not one"),
        ("Verdict", "Perhaps", Known(fields=FIELDS), "none of the field's options is this value"),
        (
            "Verdict",
            "👍",
            Known(fields={"v": FieldInfo("v", "Verdict", "SELECT")}),
            "the field's options could not be read",
        ),
        ("Where", "Lisbon", Known(fields=FIELDS), "a field of type COUNTRY cannot be written"),
        (
            "Match Score",
            86,
            Known(fields={**FIELDS, "g": FieldInfo("g", "match score")}),
            "2 fields have this name; give the id instead",
        ),
        ("Match Score", 86, Known({"fields": "switched off"}, FIELDS), "switched off"),
        ("Match Score", 86, Known({"fields": ""}, FIELDS), "not available: writing fields"),
    ],
)
def test_a_field_that_cannot_be_used_is_passed_over_with_the_cause(target, value, known, why):
    request, write = landed(one(("field", target), NOTE, value=value, known=known))
    assert request.place == "note"
    assert write.causes == (Cause(f"custom field “{target}”", why),)


def test_an_option_is_matched_whatever_its_case():
    request, _ = landed(one(("field", "Verdict"), value=" maybe ", name="hm_feedback"))
    assert request.fields[0].value == "o3"


def test_long_text_is_cut_between_bullets():
    reasons = [{"text": f"Reason {number} " + "word " * 10, "quote": ""} for number in range(8)]
    request, write = landed(one(("field", "Reasons"), value=reasons, name="reasons"))
    text = request.fields[0].value
    assert len(text) <= 200
    assert text.endswith("\n…")
    assert all(line.startswith("• Reason") and line.endswith("word") for line in text.splitlines()[:-1])
    assert write.value == reasons


def test_two_outputs_never_go_to_the_same_field():
    made = manifest(output("match_score", ("field", "Reasons")), output("reasons", ("field", "f2"), NOTE))
    result = plan(made, {"match_score": 1, "reasons": "r"}, Known(fields=FIELDS))
    assert [request.place for request in result.deliveries] == ["field", "note"]
    assert result.causes == (Cause("custom field “f2”", "the output match_score goes there"),)


def test_a_field_stays_its_outputs_when_that_is_unchanged():
    made = manifest(output("match_score", ("field", "Reasons")), output("reasons", ("field", "f2"), NOTE))
    known = Known(fields=FIELDS, written={"match_score": digest(1), "reasons": digest("old")})
    result = plan(made, {"match_score": 1, "reasons": "new"}, known)
    assert [request.place for request in result.deliveries] == ["note"]


def test_fields_travel_in_batches_and_the_rest_in_one_request_each():
    outputs = [
        output(name, ("field", f"x{number}"))
        for number, name in enumerate(["match_score", "reasons", "hm_comment", "source_channel"])
    ]
    outputs += [
        output("hm_feedback", NOTE),
        output("shortlist_link", NOTE),
        output("screened", TAG),
        output("automated_tags", TAG),
    ]
    outputs += [output("stage", ("stage", "value")), output("audit_log_id", FILE)]
    values = {item.name: "v" for item in outputs} | {"automated_tags": ["a", "b"], "stage": "Offer"}
    field = place("field", batch=3)
    result = plan(manifest(*outputs, field=field), values, Known(stage="New"), audit_id="A1")
    shape = [(request.place, len(request.writes)) for request in result.deliveries]
    assert shape == [("field", 3), ("field", 1), ("tag", 2), ("stage", 1), ("note", 2), ("attachment", 1)]
    assert len({request.marker for request in result.deliveries}) == 6
    assert all(request.marker.startswith("A1-") for request in result.deliveries)


def test_a_tag_that_is_there_is_not_added_again():
    known = Known(tags=frozenset({"screened by AI", "other"}))
    assert one(TAG, value="Screened by AI", known=known).unchanged == ("match_score",)
    request, _ = landed(one(TAG, value=["other", "new"], known=known))
    assert request.target == "other, new"


@pytest.mark.parametrize(
    ("to", "now", "order", "why"),
    [
        ("Screen", "Offer", None, "the application is further on, at “Offer”"),
        ("Screen", None, None, "the current stage is not known"),
        ("Screen", "Elsewhere", None, "the current stage “Elsewhere” is not in the order of stages"),
        ("Elsewhere", "New", None, "the stage is not in the order of stages, so forward cannot be told"),
        ("Screen", "New", (), "the stage is not in the order of stages, so forward cannot be told"),
        ("Rejected", "New", ("New", "Rejected"), "only a person rejects"),
        ("Candidate withdrew", "New", ("New", "Candidate withdrew"), "only a person rejects"),
        ("Not a fit", "New", ("New", "Not a fit"), "only a person rejects"),
    ],
)
def test_a_stage_is_only_ever_moved_forward_and_never_to_a_rejection(to, now, order, why):
    changes = {} if order is None else {"stage": place("stage", order=order)}
    result = one(("stage", "value"), value=to, known=Known(stage=now), name="stage", **changes)
    assert result.nowhere[0].causes == (Cause(f"stage “{to}”", why),)


def test_a_stage_forward_is_moved_and_the_same_stage_is_left():
    rung = ("stage", "value")
    assert landed(one(rung, value="interview", known=Known(stage="NEW"), name="stage"))[0].target == "interview"
    assert one(rung, value="Screen", known=Known(stage="screen "), name="stage").unchanged == ("stage",)


def test_the_audit_id_alone_is_no_news():
    made = manifest(output("match_score", NOTE), output("audit_log_id", FILE))
    values = {"match_score": 86, "audit_log_id": "new"}
    same = Known(written={"match_score": digest(86), "audit_log_id": digest("old")})
    assert plan(made, values, same).deliveries == ()
    assert set(plan(made, values, same).unchanged) == {"match_score", "audit_log_id"}
    changed = Known(written={"match_score": digest(85), "audit_log_id": digest("old")})
    assert len(plan(made, values, changed).deliveries) == 2
    assert len(plan(made, {"audit_log_id": "new"}, Known()).deliveries) == 1


def test_a_place_that_the_manifest_does_not_have_is_passed_over():
    whole = manifest(output("match_score", ("field", "Match Score"), NOTE))
    places = {kind: place for kind, place in whole.write_back.places.items() if kind != "field"}
    made = replace(whole, write_back=replace(whole.write_back, places=places))
    _, write = landed(plan(made, {"match_score": 1}, Known()))
    assert write.causes[0].why == "Test ATS has no such place"


NAMES = ("match_score", "reasons", "hm_feedback", "shortlist_link", "automated_tags", "audit_log_id")
RUNGS = [
    *(("field", name) for name in ("Match Score", "f2", "Verdict", "Where", "Absent")),
    TAG,
    ("stage", "value"),
    NOTE,
    ("note", "feedback"),
    FILE,
]
values_st = st.one_of(
    st.integers(0, 100),
    st.sampled_from(["👍", "maybe", "Offer", "text"]),
    st.lists(st.text(min_size=1), min_size=1),
    st.booleans(),
)
known_st = st.builds(
    Known,
    unavailable=st.dictionaries(st.sampled_from([f"{kind}s" for kind in KINDS]), st.sampled_from(["403 DENIED", ""])),
    fields=st.none()
    | st.lists(st.sampled_from(list(FIELDS.values())), unique_by=lambda field: field.id).map(
        lambda all_: {f.id: f for f in all_}
    ),
    fields_cause=st.sampled_from(["", "403 DENIED"]),
    tags=st.none() | st.frozensets(st.sampled_from(["maybe", "text"])),
    stage=st.none() | st.sampled_from(["New", "Offer", "Elsewhere"]),
)
outputs_st = st.dictionaries(
    st.sampled_from(NAMES), st.tuples(st.lists(st.sampled_from(RUNGS), min_size=1, max_size=4), values_st), min_size=1
)


def made(chosen):
    return manifest(*(output(name, *rungs) for name, (rungs, _) in chosen.items())), {
        name: value for name, (_, value) in chosen.items()
    }


@given(outputs_st, known_st)
def test_every_output_ends_on_one_place_or_nowhere_with_every_cause(chosen, known):
    declared, values = made(chosen)
    result = plan(declared, values, known, audit_id="A1")
    writes = [write for request in result.deliveries for write in request.writes]
    ends = Counter(
        [*(write.output for write in writes), *result.unchanged, *(item.output for item in result.nowhere)]
    )
    assert ends == Counter(list(values))
    for write in writes:
        rungs = declared.write_back.outputs[write.output].rungs
        assert write.place == rungs[write.rung].place
        assert len(write.causes) == write.rung
        assert f"{write.place}s" not in known.unavailable
    for item in result.nowhere:
        assert len(item.causes) == len(declared.write_back.outputs[item.output].rungs)
    assert all(cause.place and cause.why for cause in result.causes)


@given(outputs_st, known_st)
def test_requests_are_few_and_in_order(chosen, known):
    declared, values = made(chosen)
    requests = plan(declared, values, known).deliveries
    assert [request.place for request in requests] == sorted((request.place for request in requests), key=KINDS.index)
    per_place = Counter(
        (request.place, request.target) for request in requests if request.place in ("note", "attachment")
    )
    assert all(count == 1 for count in per_place.values())
    assert Counter(request.place for request in requests)["tag"] <= 1
    fields = [field.id for request in requests for field in request.fields]
    assert len(fields) == len(set(fields))
    assert all(len(request.writes) == len(request.fields) <= 3 for request in requests if request.place == "field")
    assert all(
        len({write.target for write in request.writes}) == 1 for request in requests if request.place == "note"
    )


@given(outputs_st, known_st)
def test_what_was_written_is_not_written_again(chosen, known):
    declared, values = made(chosen)
    first = plan(declared, values, known)
    written = {write.output: digest(write.value) for request in first.deliveries for write in request.writes}
    again = plan(
        declared, values, Known(known.unavailable, known.fields, known.fields_cause, known.tags, written, known.stage)
    )
    assert again.deliveries == ()
    assert set(written) <= set(again.unchanged)


@given(outputs_st, known_st)
def test_the_same_plan_has_the_same_markers(chosen, known):
    declared, values = made(chosen)
    assert plan(declared, values, known, audit_id="A1") == plan(declared, values, known, audit_id="A1")


@given(outputs_st, known_st)
def test_falling_ends_and_keeps_every_cause(chosen, known):
    declared, values = made(chosen)
    for request in plan(declared, values, known).deliveries:
        for write in request.writes:
            found = fall(declared, write, "404 GONE", known)
            while isinstance(found, Landed):
                assert found.write.rung > write.rung
                assert found.write.causes[: len(write.causes)] == write.causes
                assert found.write.causes[len(write.causes)].why == "404 GONE"
                write = found.write
                found = fall(declared, write, "404 GONE", known)
