"""Reading YAML: what becomes data, what is refused, and where each thing stands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import SpecError
from engine.manifest.findings import Finding, did_you_mean, nearest
from engine.manifest.yaml.source import read, read_text


def codes(text: str) -> list[tuple[int, int, str]]:
    with pytest.raises(SpecError) as refused:
        read_text(text, "m.yaml")
    return [(finding.line, finding.column, finding.code) for finding in refused.value.findings]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *[(word, word) for word in ("NO", "on", "off", "yes", "True", "~", "Null", "y", "n")],
        *[
            (word, word)
            for word in ("02134", "007", "12:30", "2024-01-02", "0x1F", "0o17", "1_000", ".inf", ".5", "1e5", "+4479")
        ],
        *[("true", True), ("false", False), ("null", None), ("", None)],
        *[("0", 0), ("-12", -12), ("1.50", 1.5), ("-0.25", -0.25)],
        ("9" * 30, "9" * 30),
        ("0." + "1" * 30, "0." + "1" * 30),
        ("${env:ACME_TOKEN}", "${env:ACME_TOKEN}"),
        ("'true'", "true"),
        ('"12"', "12"),
    ],
)
def test_plain_scalars_are_typed_as_json_would_and_everything_else_is_text(written, meant):
    value = read_text(f"key: {written}\n", "m.yaml").data["key"]
    assert value == meant
    assert type(value) is type(meant)


def test_keys_are_text_as_written():
    assert read_text("404: a\ntrue: b\non: c\n", "m.yaml").data == {"404": "a", "true": "b", "on": "c"}


def test_every_value_and_key_knows_its_position():
    source = read_text("ats:\n  id: acme\n  list: [1, {b: '{{ x }}'}]\n", "m.yaml")
    assert source.mark(("ats", "id")) == (2, 7)
    assert source.mark(("ats", "id"), key=True) == (2, 3)
    assert source.mark(("ats", "list", 1, "b")) == (3, 17)
    assert source.mark(("ats", "list", 1, "b", "deeper", 4)) == (3, 17)
    assert source.mark(("nowhere",)) == (1, 1)
    assert source.mark(()) == (1, 1)


def test_scalars_keep_the_text_they_were_written_as():
    source = read_text("a: 1.50\nb: '1.50'\nc: [x]\n", "m.yaml")
    assert source.raw(("a",)) == "1.50"
    assert source.style_plain(("a",))
    assert not source.style_plain(("b",))
    assert source.raw(("c",)) is None


def test_an_empty_file_holds_nothing():
    assert read_text("", "m.yaml").data is None
    assert read_text("# only a comment\n", "m.yaml").data is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: &x 1\nb: *x\n", [(1, 4, "anchor"), (2, 4, "alias")]),
        ("a: 1\n<<: {b: 2}\n", [(2, 1, "merge-key")]),
        ("a: !!python/object:os.system x\n", [(1, 4, "tag")]),
        ("a: !local x\n", [(1, 4, "tag")]),
        ("a: 1\nb:\n  c: 1\n  c: 2\n", [(4, 3, "duplicate-key")]),
        ("'a': 1\n\"a\": 2\n", [(2, 1, "duplicate-key")]),
        ("a: 1\n---\nb: 2\n", [(2, 1, "second-document")]),
        ("%YAML 1.1\n---\na: 1\n", [(1, 1, "directive")]),
        ("? [a]\n: b\n", [(1, 3, "key-not-text")]),
        ("a: {{ x }}\n", [(1, 5, "key-not-text")]),
        ("a: {'': 1}\n", [(1, 5, "key-not-text")]),
        ("a: b\x07\n", [(1, 5, "control-character")]),
        ("a: b\u2028c: d\n", [(1, 5, "control-character")]),
        ("a: \u202eb\n", [(1, 4, "control-character")]),
        ('a: "b\\0"\n', [(1, 4, "control-character")]),
        ("a:\n\t- b\n", [(2, 1, "syntax")]),
        ("a: 'b\nc: d\n", [(1, 4, "syntax")]),
        ("a: [1, 2\nb: 3\n", [(1, 4, "syntax")]),
        ("a: b: c\n", [(1, 5, "syntax")]),
        ("a: @b\n", [(1, 4, "syntax")]),
        ("a:\n  b: 1\n c: 2\n", [(3, 2, "syntax")]),
        ("a: 1\na: 2\nb: &x 3\nc: !t 4\n", [(2, 1, "duplicate-key"), (3, 4, "anchor"), (4, 4, "tag")]),
    ],
)
def test_what_is_refused_is_refused_with_its_position_and_all_at_once(text, found):
    assert codes(text) == found


def test_a_quoted_merge_sign_is_a_text_like_any_other():
    assert read_text("'<<': 1\n", "m.yaml").data == {"<<": 1}


def test_an_unquoted_template_gets_the_right_advice():
    with pytest.raises(SpecError) as refused:
        read_text("path: {{ id }}\n", "m.yaml")
    assert "a template needs quotes" in str(refused.value)


def test_a_file_that_is_not_utf8_is_refused_where_it_stops_being(tmp_path: Path):
    file = tmp_path / "m.yaml"
    file.write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(SpecError) as refused:
        read(file)
    assert str(refused.value).startswith(f"{file}:2:4 not-utf8")


def test_a_file_that_is_not_there_is_a_finding(tmp_path: Path):
    with pytest.raises(SpecError, match="unreadable"):
        read(tmp_path / "absent.yaml")
    with pytest.raises(SpecError, match="unreadable"):
        read(tmp_path)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path):
    file = tmp_path / "m.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert read(file).data == {"a": 1, "b": 2}


_texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Co", "Cn", "Zl", "Zp", "Cf"]), max_size=12
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | _texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts.filter(bool), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(_json)
def test_json_written_as_yaml_reads_as_the_same_data(data):
    assert read_text(json.dumps(data, ensure_ascii=False), "m.yaml").data == data


@settings(deadline=None)
@given(st.text(max_size=80) | st.text("{}[]:,-?&*!|>'\"%@`#~<= \n\tab01", max_size=80))
def test_any_text_gives_data_or_findings_and_nothing_else(text):
    findings = findings_of(text)
    assert all(finding.line >= 1 and finding.column >= 1 for finding in findings)


def findings_of(text: str) -> Sequence[Finding]:
    try:
        read_text(text, "m.yaml")
    except SpecError as refused:
        return refused.findings
    return ()


def test_a_finding_reads_as_file_line_column_code_and_message():
    finding = Finding("m.yaml", 3, 5, "unknown-key", "unknown key `emial`", did_you_mean("emial", ["email", "id"]))
    assert str(finding) == "m.yaml:3:5 unknown-key unknown key `emial`\n  did you mean `email`?"
    assert finding.as_json()["line"] == 3


def test_findings_sort_by_their_place_in_the_file():
    late, early = Finding("m.yaml", 10, 1, "a", "x"), Finding("m.yaml", 2, 9, "z", "x")
    assert sorted([late, early]) == [early, late]


@pytest.mark.parametrize(
    ("name", "right"),
    [("emial", "email"), ("Email", "email"), ("first-name", "first_name"), ("xyz", None), ("", None)],
)
def test_the_nearest_right_name_is_found(name, right):
    assert nearest(name, ["email", "first_name", "id"]) == right


def test_a_few_names_are_listed_when_none_is_near_and_many_are_not():
    assert did_you_mean("zzz", ["b", "a"]) == "one of: a, b"
    assert did_you_mean("zzz", [f"name{number}" for number in range(20)]) == ""
