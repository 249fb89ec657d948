"""Templates: what each kind gives, what stays typed, what is left out, and how mistakes are told."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ExpressionError
from engine.manifest.language.expressions import ExpressionSyntaxError
from engine.manifest.language.templates import UNSET, compile_template, compile_tree

CONTEXT: dict[str, Any] = {
    "candidate": {"id": "a/b c", "email": "a@example.test", "phone": None, "items": [1, 2], "years": 7, "up": ".."},
    "score": {"match": 82.5, "reasons": [{"text": "first"}, {"text": "second"}]},
    "headers": {"x-time": "12"},
    "flag": True,
    "zero": 0,
}


def value(text: str, **more: Any) -> Any:
    return compile_template(text, "value").render({**CONTEXT, **more})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ candidate.items }}", [1, 2]),
        ("{{ candidate.years }}", 7),
        ("{{ candidate.phone }}", None),
        ("{{ score.match }}", 82.5),
        ("{{ flag }}", True),
        ("{{ headers['x-time'] }}", "12"),
        ("{{ candidate.absent }}", UNSET),
        ("{{ candidate.absent.deeper }}", UNSET),
        ("{{ absent }}", UNSET),
        ("{{ candidate.email if absent is defined }}", UNSET),
        ("{{ candidate.absent | default(3) }}", 3),
        ("{{ candidate.phone | default('none', true) }}", "none"),
        ("{{ candidate.phone | default('none') }}", None),
        ("{{ candidate.years + 1 }}", 8),
        ("{{ candidate.items[0] }}", 1),
        ("{{ candidate.items[5] }}", UNSET),
        ("{{ [candidate.years, 'x'] }}", [7, "x"]),
        ("{{ ('a', 'b') }}", ["a", "b"]),
        ("{{ {'id': candidate.years} }}", {"id": 7}),
        ("{{ candidate.years in [7, 8] }}", True),
        ("{{ 'a' ~ candidate.phone ~ candidate.years ~ flag }}", "a7true"),
        ("{{ 'yes' if score.match >= 80 else 'no' }}", "yes"),
        ("", ""),
        ("plain", "plain"),
        (" {{ candidate.years }}", " 7"),
        ("{{ candidate.years }}{{ zero }}", "70"),
        ("phone: {{ candidate.phone }}.", "phone: ."),
        ("flag is {{ flag }}", "flag is true"),
        ("{# nothing #}x", "x"),
    ],
)
def test_a_lone_expression_keeps_its_type_and_anything_else_is_text(text, expected):
    result = value(text)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize("name", ["[1,2]", "007", "{{ candidate }}", "NO", "null", "{% if %}"])
def test_a_value_is_never_read_again(name):
    assert value("{{ name }}", name=name) == name
    assert value("Dear {{ name }}", name=name) == f"Dear {name}"


def test_a_lone_expression_of_kind_text_is_text():
    template = compile_template("{{ candidate.years }}", "text")
    assert template.render(CONTEXT) == "7"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ [1, none, 'b'] | join(', ') }}", "1, b"),
        ("{{ 'Abc' | upper }}", "ABC"),
        ("{{ 'Abc' | lower }}", "abc"),
        ("{{ ' a ' | trim }}", "a"),
        ("{{ 'a-b' | replace('-', '+') }}", "a+b"),
        ("{{ 82.5 | round }}", 83),
        ("{{ 2.345 | round(2) }}", 2.35),
        ("{{ '12' | int }}", 12),
        ("{{ '1.5' | float }}", 1.5),
        ("{{ 12 | string }}", "12"),
        ("{{ 'abc' | length }}", 3),
        ("{{ candidate.items | first }}", 1),
        ("{{ candidate.items | last }}", 2),
        ("{{ 'a long sentence here' | truncate(10) }}", "a long…"),
        ("{{ {'a': [1, none]} | tojson }}", '{"a":[1,null]}'),
        ("{{ 'user:pass' | b64encode }}", "dXNlcjpwYXNz"),
        ("{{ '2024-01-02T03:04:05+01:00' | date('%d.%m.%Y %H:%M') }}", "02.01.2024 02:04"),
        ("{{ 0 | date }}", "1970-01-01"),
        ("{{ '1970-01-01T00:00:01.5Z' | epoch_ms }}", 1500),
        ("{{ score.reasons | bullets }}", "• first\n• second"),
        ("{{ none | bullets }}", ""),
        ("{{ [{'id': 7, 'value': 86}, {'id': 'b', 'value': none}] | keyed }}", {"7": 86, "b": None}),
        ("{{ [{'name': 'a', 'text': 'b'}] | keyed('name', 'text') }}", {"a": "b"}),
        (
            "{{ {'a': {'value': 1, 'name': 'A'}, 'b': {'value': 2}, 'c': {'value': none}} "
            "| overlaid([{'key': 'b', 'value': 3}], by='key') }}",
            [{"key": "a", "value": 1}, {"key": "b", "value": 3}],
        ),
        (
            "{{ [{'id': 7, 'value': 1}, {'id': 8, 'value': 2}] | overlaid([{'id': '8', 'value': 3}]) }}",
            [{"id": 7, "value": 1}, {"id": "8", "value": 3}],
        ),
        ("{{ none | overlaid([{'id': 7, 'value': 1}]) }}", [{"id": 7, "value": 1}]),
    ],
)
def test_each_filter_does_what_it_says(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize("text", ["{{ since | epoch_ms }}", "{{ since | date('%Y') | upper }}", "{{ since }}"])
def test_a_leaf_about_something_undefined_is_unset_through_its_filters(text):
    assert compile_template(text, "value").render({}) is UNSET


def test_a_default_stands_for_what_is_undefined():
    assert compile_template("{{ since | default(0) | int }}", "value").render({}) == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x {{ candidate.nickname }}", "`candidate.nickname` is not defined"),
        ("x {{ candidate.nickname | upper }}", "`candidate.nickname` is not defined"),
        ("{{ absent or 1 }}", "`absent` is not defined"),
        ("{{ {'a': absent.x} }}", "`absent.x` is not defined"),
        ("x {{ candidate }}", "a mapping cannot stand in a text"),
        ("x {{ candidate.items }}", "a list cannot stand in a text"),
        ("{{ candidate.items ~ 'x' }}", "a list cannot stand in a text"),
        ("{{ candidate.email * 3 }}", "`*` expects numbers, found text"),
        ("{{ candidate.email | int }}", "`int` cannot make a whole number of this"),
        ("{{ candidate.email | date }}", "`date` cannot read this as a date"),
        ("{{ 1 / zero }}", "does not fit"),
        ("{{ candidate.email < 1 }}", "does not fit"),
        ("{{ -candidate.email }}", "does not fit"),
        ("{{ candidate.email | round }}", "`round` expects a number, found text"),
        ("{{ 5 | round(99) }}", "0 to 12"),
        ("{{ '1e999' | float }}", "`float` cannot make a number"),
        ("{{ 0 | date('%s') }}", "`date` knows the parts"),
    ],
)
def test_a_failure_names_what_is_wrong_and_shows_no_data(text, message):
    with pytest.raises(ExpressionError) as failed:
        value(text)
    assert message in str(failed.value)
    assert "example.test" not in str(failed.value)


def path(text: str, **more: Any) -> Any:
    return compile_template(text, "path").render({**CONTEXT, **more})


def test_each_output_of_a_path_is_one_encoded_segment():
    assert path("/candidates/{{ candidate.id }}/jobs/{{ candidate.years }}") == "/candidates/a%2Fb%20c/jobs/7"
    assert path("/x/{{ candidate.id | upper }}") == "/x/A%2FB%20C"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("{{ base }}/login", "https://a.example/rest/login"),
        ("{{ base }}", "https://a.example/rest/"),
        ("{{ base }}?a=1", "https://a.example/rest/?a=1"),
    ],
)
def test_the_last_slash_of_a_base_address_is_not_doubled(text, address):
    assert compile_template(text, "address").render({"base": "https://a.example/rest/"}) == address


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("/c/{{ candidate.phone }}", "`candidate.phone` is empty: the path cannot be made"),
        ("/c/{{ candidate.absent }}", "`candidate.absent` is not defined"),
        ("/c/{{ '' }}", "is empty: the path cannot be made"),
        ("/c/{{ candidate.up }}/x", "`candidate.up` is no usable part of a path"),
        ("/c/{{ candidate.items }}", "a list cannot stand"),
    ],
)
def test_a_path_that_lacks_a_part_cannot_be_made(text, message):
    with pytest.raises(ExpressionError) as failed:
        path(text)
    assert message in str(failed.value)


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda text: text not in (".", "..")))
def test_no_value_leaves_its_segment_of_a_path(segment):
    made = path("/c/{{ id }}/end", id=segment)
    assert made.isascii()
    assert made.count("/") == 3
    assert not set(made) & set("?#&\\ \r\n")
    assert unquote(made.split("/")[2]) == segment


def test_a_note_may_choose_and_repeat():
    note = compile_template(
        "Score {{ score.match }}\n"
        "{% for reason in score.reasons %}\n"
        "{{ loop.index }}. {{ reason.text }}\n"
        "{% else %}\n"
        "none\n"
        "{% endfor %}\n"
        "{% if candidate.phone %}\n"
        "Phone {{ candidate.phone }}\n"
        "{% elif flag %}\n"
        "No phone\n"
        "{% endif %}\n",
        "note",
    )
    assert note.render(CONTEXT) == "Score 82.5\n1. first\n2. second\nNo phone\n"
    assert note.references == (("candidate", "phone"), ("flag",), ("score", "match"), ("score", "reasons"))


@pytest.mark.parametrize(
    ("text", "chains"),
    [
        ("/c/{{ a.b }}/{{ c }}", [("a", "b"), ("c",)]),
        ("{{ a.b[0].c }}", [("a", "b")]),
        ("{{ a['b-c'].d | default(e.f) }}", [("a", "b-c", "d"), ("e", "f")]),
        ("{{ a if b is defined else c.d }}", [("a",), ("b",), ("c", "d")]),
        ("{{ a[b.c] }}", [("a",), ("b", "c")]),
        ("text", []),
    ],
)
def test_the_names_a_template_reads_are_known(text, chains):
    assert list(compile_template(text, "value").references) == chains


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("{{ a | uper }}", 7, "did you mean `upper`?"),
        ("{{ a | upper(1) }}", 7, "it takes: nothing"),
        ("{{ a | replace('x') }}", 7, "it takes: old, new"),
        ("{{ a is divisibleby 3 }}", 8, "unknown test"),
        ("{{ a b }}", 0, "got 'b'"),
        ("{{ a", 0, "end of template"),
        ("{% if a %}x{% endif %}", 0, "allowed in notes only"),
        ("line\n{{ a() }}", 9, "a call"),
    ],
)
def test_a_mistake_is_explained_where_it_stands(text, offset, message):
    with pytest.raises(ExpressionSyntaxError) as refused:
        compile_template(text, "value")
    assert message in str(refused.value)
    assert refused.value.offset == offset


def test_a_tree_renders_its_leaves_and_leaves_out_what_is_unset():
    tree = compile_tree(
        {
            "a": "{{ candidate.absent }}",
            "b": ["{{ candidate.absent }}", "{{ candidate.years }}", 3, None, True],
            "c": {"d": "to {{ candidate.email }}", "e": "{{ candidate.phone }}"},
        },
        "value",
    )
    assert tree.render(CONTEXT) == {"b": [7, 3, None, True], "c": {"d": "to a@example.test", "e": None}}
    assert tree.references == (
        ("candidate", "absent"),
        ("candidate", "email"),
        ("candidate", "phone"),
        ("candidate", "years"),
    )
    assert compile_tree("{{ absent }}", "value").render(CONTEXT) is UNSET


def test_a_mapping_of_which_nothing_is_left_is_left_out():
    tree = compile_tree({"a": {"b": {"c": "{{ absent }}"}}, "kept": {}}, "value")
    assert tree.render(CONTEXT) == {"kept": {}}
    assert compile_tree({"a": "{{ absent }}"}, "value").render(CONTEXT) == {}


def test_a_mistake_in_a_leaf_is_a_mistake_of_the_tree():
    with pytest.raises(ExpressionSyntaxError):
        compile_tree({"a": "{{ x"}, "value")


_plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=15,
)


@settings(deadline=None)
@given(_plain)
def test_any_plain_value_passes_through_a_lone_expression_unchanged(data):
    assert value("{{ data }}", data=data) == data
    assert value("{{ data if flag }}", data=data) == data
    assert compile_tree({"x": ["{{ data }}"]}, "value").render({"data": data}) == {"x": [data]}


@settings(deadline=None)
@given(
    st.text("{}%# |.[]()'\"ab_~+*-=<0,:\n", max_size=40), st.sampled_from(["value", "text", "path", "note"]), _plain
)
def test_any_text_renders_or_fails_as_an_expression_error(text, kind, data):
    result: Any = None
    try:
        result = compile_template(text, kind).render({"a": data, "b": "x"})
    except ExpressionError as failed:
        result = failed
    assert isinstance(result, ExpressionError) or kind == "value" or isinstance(result, str)
