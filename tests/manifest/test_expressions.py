"""JMESPath: what is read, which names it needs, and how it fails."""

from __future__ import annotations

import pytest

from engine.errors import ExpressionError
from engine.manifest.language.expressions import ExpressionSyntaxError, compile_path

DATA = {
    "candidate": {"email": "a@example.test", "phone": None, "tags": ["x", "y"]},
    "jobs": [{"id": 1, "open": True}, {"id": 2, "open": False}],
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("candidate.email", "a@example.test"),
        ("candidate.phone || 'none'", "none"),
        ("jobs[?open].id | [0]", 1),
        ("jobs[].{job: id}", [{"job": 1}, {"job": 2}]),
        ("length(candidate.tags)", 2),
        ("nothing.at.all", None),
        ("to_number('12abc')", None),
        ("to_number('1e999')", None),
        ("sort_by(jobs, &id)[-1].id", 2),
    ],
)
def test_a_path_selects(text, value):
    assert compile_path(text)(DATA) == value


@pytest.mark.parametrize(
    ("text", "chains"),
    [
        ("candidate.email", [("candidate", "email")]),
        ("candidate.emails[0].value", [("candidate", "emails")]),
        ('a.b || c."d-e"', [("a", "b"), ("c", "d-e")]),
        ("a.b[*].c", [("a", "b")]),
        ("a[?b == c].d", [("a",)]),
        ("a | b.c", [("a", "b", "c")]),
        ("{x: a.b, y: [c]}", [("a", "b"), ("c",)]),
        ("a.{x: b}", [("a", "b")]),
        ("sort_by(a.b, &c)", [("a", "b")]),
        ("join('-', [a, b.c])", [("a",), ("b", "c")]),
        ("@", []),
        ("`1`", []),
    ],
)
def test_the_names_read_from_the_root_are_known(text, chains):
    assert list(compile_path(text).references) == chains


def test_a_name_can_be_found_in_the_text():
    path = compile_path("jobs[0].id || candidate.emial")
    assert path.offset_of(("candidate", "emial")) == 14
    assert path.offset_of(("absent",)) == 0


@pytest.mark.filterwarnings("ignore:deprecated string literal syntax")
@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("", 0, "the expression is empty"),
        ("  ", 0, "the expression is empty"),
        ("a.", 2, "ends too early"),
        ("a..b", 2, "`.` is not expected here"),
        ("a b", 2, "`b` is not expected here"),
        ("a == 5", 5, "a number stands between backticks"),
        ("'abc", 0, "the ' that is opened here is not closed"),
        ("x || lenght(a)", 5, "did you mean `length`?"),
        ("length()", 0, "takes 1 argument"),
        ("a[::0]", 2, "cannot be 0"),
        ("`NaN`", 0, "finite"),
        ("`[1e999]`", 0, "finite"),
        ("&a", 0, "`&` is not expected here"),
        ("to_array(&a)", 9, "`&` is not expected here"),
        ("map(a, b)", 0, "takes an expression with `&`"),
        ("`{`", 0, "must be JSON"),
        ("a == `NEW`", 5, "a text stands between single quotes"),
        ("`\\u12`", 0, "must be JSON"),
    ],
)
def test_a_mistake_is_explained_where_it_stands(text, offset, message):
    with pytest.raises(ExpressionSyntaxError) as refused:
        compile_path(text)
    assert refused.value.offset == offset
    assert message in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "length(number)",
        "join(',', mixed)",
        "abs(text)",
        "contains(text, number)",
        "text < number",
        "sort(mixed)",
        "sum([big, big])",
        "to_number(text) | ceil(@)",
        "max_by(list, &@)",
        "merge(text)",
        "map(&@, text)",
    ],
)
def test_a_failure_names_the_expression_and_never_the_data(text):
    data = {
        "number": 4242,
        "text": "SSN 123-45-6789",
        "mixed": ["SSN 123-45-6789", 4242],
        "big": 1e308,
        "list": [None, "4242"],
    }
    with pytest.raises(ExpressionError) as failed:
        compile_path(text)(data)
    assert text in str(failed.value)
    assert "123-45" not in str(failed.value)
    assert "4242" not in str(failed.value)
    assert failed.value.__suppress_context__


def test_a_literal_in_a_result_can_be_changed_without_changing_the_expression():
    path = compile_path("`[1]`")
    path({}).append(2)
    assert path({}) == [1]


def test_an_infinite_number_in_the_data_does_not_come_out():
    with pytest.raises(ExpressionError, match="not finite"):
        compile_path("a")({"a": float("inf")})
    with pytest.raises(ExpressionError, match="not finite"):
        compile_path("[a]")({"a": float("nan")})


def deep_list() -> list[object]:
    deep: list[object] = []
    for _ in range(50_000):
        deep = [deep]
    return deep


def test_deep_data_is_an_expression_error():
    with pytest.raises(ExpressionError):
        compile_path("to_string(@)")(deep_list())
    with pytest.raises(ExpressionError):
        compile_path("[0] == [1]")([deep_list(), deep_list()])
