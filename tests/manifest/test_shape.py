"""Shapes: each mistake is told once, where it is, with what was expected and the nearest right name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import SpecError
from engine.manifest.schema.shape import check
from engine.manifest.yaml.source import read_text

TEXT = {"type": "string"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "fields"],
    "properties": {
        "name": TEXT,
        "fields": {"type": "array", "items": TEXT},
        "count": {"type": "integer", "minimum": 1, "maximum": 5},
        "on": {"type": "boolean"},
        "kind": {"enum": ["alpha", "beta"]},
        "switch": {"enum": ["true", "maybe"]},
        "every": {"type": "string", "pattern": "^[0-9]+s$", "x-expected": "a duration such as 30s"},
        "token": {
            "type": "string",
            "pattern": "^\\$\\{",
            "x-secret": True,
            "description": "A reference such as ${env:NAME}.",
        },
        "rung": {"oneOf": [{"$ref": "#/$defs/field"}, {"$ref": "#/$defs/note"}]},
        "auth": {
            "oneOf": [
                {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["type", "user"],
                    "properties": {"type": {"const": "basic"}, "user": TEXT},
                },
                {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["type", "lifetime"],
                    "properties": {"type": {"const": "bearer"}, "lifetime": {"type": "integer"}},
                },
            ]
        },
        "either": {"anyOf": [TEXT, {"type": "array", "items": TEXT}]},
        "calls": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": "^[a-z]+$", "description": "Lower-case words."},
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"get": {"type": "string", "minLength": 1}, "post": TEXT},
                "x-one-of-keys": ["get", "post"],
            },
        },
    },
    "$defs": {
        "field": {
            "type": "object",
            "additionalProperties": False,
            "required": ["field"],
            "properties": {"field": {"type": "object", "required": ["name"], "properties": {"name": TEXT}}},
        },
        "note": {
            "type": "object",
            "additionalProperties": False,
            "required": ["note"],
            "properties": {"note": TEXT},
        },
    },
}
RIGHT = "name: a\nfields: [b]\n"


def told(text: str, schema: dict[str, Any] = SCHEMA) -> list[str]:
    return [str(finding) for finding in check(read_text(text, "m.yaml"), schema)[1]]


def data_of(text: str) -> Any:
    data, findings = check(read_text(text, "m.yaml"), SCHEMA)
    assert findings == []
    return data


def test_what_fits_gives_no_finding():
    assert data_of(RIGHT) == {"name": "a", "fields": ["b"]}


def test_text_as_written_comes_back_where_text_is_declared():
    data = data_of("name: 2024\nfields: [1.50, true, null, -7]\nswitch: true\nrung: {note: 12}\n")
    assert data == {
        "name": "2024",
        "fields": ["1.50", "true", "null", "-7"],
        "switch": "true",
        "rung": {"note": "12"},
    }


def test_the_deciding_key_says_whether_a_number_stays_a_number():
    assert data_of(RIGHT + "auth: {type: bearer, lifetime: 60}\n")["auth"]["lifetime"] == 60
    assert data_of(RIGHT + "auth: {type: basic, user: 60}\n")["auth"]["user"] == "60"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "nmae: x\nflds: [a]\n",
            [
                "m.yaml:1:1 unknown-key unknown key `nmae`\n  did you mean `name`?",
                "m.yaml:2:1 unknown-key unknown key `flds`\n  did you mean `fields`?",
            ],
        ),
        ("name: x\n", ["m.yaml:1:1 missing-key the key `fields` is missing"]),
        ("", ["m.yaml:1:1 wrong-type expected a mapping, found nothing"]),
        ("name:\nfields: []\n", ["m.yaml:1:6 wrong-type expected text, found nothing"]),
        (
            "name: x\nfields: a\n",
            ["m.yaml:2:9 wrong-type expected a list, found text `a`\n  a list of one: [ … ]"],
        ),
        (RIGHT + "count: 9\n", ["m.yaml:3:8 out-of-range expected at most 5, found a whole number `9`"]),
        (
            RIGHT + "count: '3'\n",
            ["m.yaml:3:8 wrong-type expected a whole number, found text `3`\n  write the number without quotes"],
        ),
        (
            RIGHT + "on: yes\n",
            [
                "m.yaml:3:5 wrong-type expected true or false, found text `yes`\n"
                "  write true or false, in small letters and without quotes"
            ],
        ),
        (
            RIGHT + "kind: alfa\n",
            ["m.yaml:3:7 unknown-value expected one of `alpha`, `beta`, found text `alfa`\n  did you mean `alpha`?"],
        ),
        (RIGHT + "every: 30\n", ["m.yaml:3:8 wrong-form expected a duration such as 30s, found text `30`"]),
        (RIGHT + "rung: {}\n", ["m.yaml:3:1 missing-key one of these keys is missing in `rung`: field, note"]),
        (RIGHT + "rung: {feld: {name: x}}\n", ["m.yaml:3:8 unknown-key unknown key `feld`\n  did you mean `field`?"]),
        (RIGHT + "rung: {field: {}}\n", ["m.yaml:3:8 missing-key the key `name` is missing in `field`"]),
        (RIGHT + "rung: 5\n", ["m.yaml:3:7 wrong-type expected a mapping, found a whole number `5`"]),
        (
            RIGHT + "auth: {type: basc, user: x}\n",
            ["m.yaml:3:14 unknown-value `type` has no such value: text `basc`\n  did you mean `basic`?"],
        ),
        (
            RIGHT + "auth: {type: bearer, lifetime: x}\n",
            ["m.yaml:3:32 wrong-type expected a whole number, found text `x`"],
        ),
        (RIGHT + "either: {a: 1}\n", ["m.yaml:3:9 wrong-type expected text or a list, found a mapping"]),
        (RIGHT + "either: [a, [b]]\n", ["m.yaml:3:13 wrong-type expected text, found a list"]),
        (RIGHT + "calls: {}\n", ["m.yaml:3:8 empty a mapping must not be empty here"]),
        (
            RIGHT + "calls: {A1: {get: x}}\n",
            ["m.yaml:3:9 wrong-name the name `A1` is not allowed here\n  expected Lower-case words"],
        ),
        (RIGHT + "calls: {b: {}}\n", ["m.yaml:3:9 missing-key one of these keys is missing in `b`: get, post"]),
        (
            RIGHT + "calls: {b: {get: x, post: y}}\n",
            ["m.yaml:3:21 exclusive-keys `get` and `post` exclude each other in `b`\n  keep one of them"],
        ),
        (RIGHT + "calls: {b: {gett: x}}\n", ["m.yaml:3:13 unknown-key unknown key `gett`\n  did you mean `get`?"]),
        (RIGHT + "calls: {b: {get: ''}}\n", ["m.yaml:3:18 empty text must not be empty here"]),
    ],
)
def test_each_mistake_is_told_once_with_its_place_and_what_was_expected(text, expected):
    assert told(text) == expected


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file():
    lines = [text.split(":")[1] for text in told("nmae: x\nfields: [a, {}]\ncount: 0\nkind: q\nevery: q\n")]
    assert lines == ["1", "2", "3", "4", "5"]


def test_a_secrets_value_and_a_long_value_are_never_shown():
    told_of_secret = told(RIGHT + "token: fake-secret-value\n")
    assert told_of_secret == ["m.yaml:3:8 wrong-form expected A reference such as ${env:NAME}, found text"]
    assert "qqq" not in "".join(told(RIGHT + f"kind: {'q' * 60}\n"))


@pytest.mark.parametrize("extra", ["token: 12345", "token: [fake-secret-value]", "token: {a: fake-secret-value}"])
def test_a_secret_of_any_shape_is_not_shown(extra):
    text = "".join(told(RIGHT + extra + "\n"))
    assert text
    assert "12345" not in text
    assert "fake-secret" not in text


_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["a", "alpha", "basic", "30s", "yes"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "fields", "field", "note", "type", "user", "get", "x", "rung", "auth", "calls"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*SCHEMA["properties"], "other"]), _values, max_size=6))
def test_any_data_gets_findings_in_order_and_never_the_validators_own_words(data):
    source = read_text(json.dumps(data), "m.yaml")
    _, findings = check(source, SCHEMA)
    assert findings == sorted(findings)
    for finding in findings:
        assert "given schemas" not in finding.message
        assert "is not of type" not in finding.message
        assert finding.line >= 1


def test_a_choice_by_type_names_all_the_types():
    schema = {"properties": {"a": {"anyOf": [{"type": "integer"}, {"type": "boolean"}]}}}
    assert told("a: [x]\n", schema) == [
        "m.yaml:1:4 wrong-type expected a whole number or true or false, found a list"
    ]


def test_findings_of_reading_and_of_shape_share_one_error():
    with pytest.raises(SpecError):
        read_text("a: *b", "m.yaml")
