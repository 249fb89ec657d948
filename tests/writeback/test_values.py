"""Which outputs have a value, and when two values are the same."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model import Score, as_plain
from engine.writeback.values import digest, output_values
from tests.writeback.manifests import manifest, output

CONTEXT = {
    "score": as_plain(Score(match=86, exact=86.1, audit_id="a1")),
    "candidate": {"first_name": "Ana"},
    "application": {},
    "job": {},
    "settings": {"link": "", "empty": None},
}
NOTE = ("note", "evaluation")


def test_a_value_keeps_its_type():
    assert output_values(manifest(output("match_score", NOTE)), CONTEXT) == {"match_score": 86}


@pytest.mark.parametrize(
    "value", ["{{ feedback.verdict }}", "{{ shortlist.url }}", "{{ settings.empty }}", "{{ settings.link }}", "  "]
)
def test_undefined_null_and_empty_are_no_value(value):
    assert output_values(manifest(output("hm_feedback", NOTE, value=value)), CONTEXT) == {}


def test_an_empty_list_is_no_value():
    assert output_values(manifest(output("automated_tags", NOTE, value="{{ score.tags }}")), CONTEXT) == {}


def test_zero_and_no_are_values():
    context = {**CONTEXT, "score": {"match": 0, "flag": False}}
    made = manifest(output("match_score", NOTE), output("screened", NOTE, value="{{ score.flag }}"))
    assert output_values(made, context) == {"match_score": 0, "screened": False}


def test_an_output_that_is_off_has_no_value():
    off = dataclasses.replace(output("match_score", NOTE), enabled=False)
    assert output_values(manifest(off), CONTEXT) == {}


@pytest.mark.parametrize(
    ("when", "there"), [("score.match > `80`", True), ("score.match > `90`", False), ("no.such", False)]
)
def test_a_condition_decides(when, there):
    values = output_values(manifest(output("match_score", NOTE, when=when)), CONTEXT)
    assert ("match_score" in values) is there


def test_a_whole_float_is_the_same_value_as_the_integer():
    assert digest({"a": [86.0, 1]}) == digest({"a": [86, 1]})
    assert digest(1) != digest(True)
    assert digest("86") != digest(86)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_a_digest_does_not_depend_on_the_order_of_keys(value):
    turned = dict(reversed(value.items())) if isinstance(value, dict) else value
    assert digest(turned) == digest(value)
    assert len(digest(value)) == 64


@given(json_values, json_values)
def test_a_digest_tells_values_apart_and_nothing_else(one, other):
    assert (digest([one]) == digest([other])) == (_tagged(one) == _tagged(other))


def _tagged(value):
    """``value`` in a form in which True is not 1, and 1.0 is."""
    if isinstance(value, dict):
        return {key: _tagged(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_tagged(item) for item in value]
    return (isinstance(value, bool), value)
