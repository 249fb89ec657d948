"""Compiled expressions give what jmespath itself gives, errors included, on generated expressions and data."""

from __future__ import annotations

import json
import math
from typing import Any

import jmespath
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.errors import ExpressionError
from engine.manifest.language.expressions import ExpressionSyntaxError, compile_path

FAILED = object()
_names = st.sampled_from(["a", "b", "c", "d"])
_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 12)
    | st.sampled_from(["", "a", "b", "x y", "12", "-1.5", "nan", "1e999"])
)
_data = st.recursive(
    _scalars | st.floats(allow_nan=False, allow_infinity=False, width=16),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_names, inner, max_size=4),
    max_leaves=25,
)
_literals = _data.map(lambda value: "`" + json.dumps(value).replace("`", "\\`") + "`") | st.sampled_from(
    ["'a'", "''", "'12'"]
)
_one = [
    "abs",
    "avg",
    "ceil",
    "floor",
    "keys",
    "length",
    "max",
    "min",
    "not_null",
    "reverse",
    "sort",
    "sum",
    "to_array",
    "to_number",
    "to_string",
    "type",
    "values",
    "merge",
]
_two = ["contains", "starts_with", "ends_with", "join", "not_null", "merge"]


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    part = st.one_of(
        _names.map(lambda name: f".{name}"),
        st.integers(-3, 3).map(lambda index: f"[{index}]"),
        st.sampled_from(["[*]", "[]", ".*", "[1:]", "[::-1]", "[:2]", "[-1:0:-1]"]),
        inner.map(lambda condition: f"[?{condition}]"),
        st.tuples(inner, inner).map(lambda pair: f".[{pair[0]}, {pair[1]}]"),
        st.tuples(_names, inner).map(lambda pair: f".{{{pair[0]}: {pair[1]}}}"),
    )
    return st.one_of(
        st.tuples(inner, st.lists(part, min_size=1, max_size=3).map("".join)).map("".join),
        st.tuples(inner, st.sampled_from(["||", "&&", "|", "==", "!=", "<", "<=", ">", ">="]), inner).map(" ".join),
        inner.map(lambda text: f"!{text}"),
        inner.map(lambda text: f"({text})"),
        st.tuples(st.sampled_from(_one), inner).map(lambda call: f"{call[0]}({call[1]})"),
        st.tuples(st.sampled_from(_two), inner, inner).map(lambda call: f"{call[0]}({call[1]}, {call[2]})"),
        st.tuples(st.sampled_from(["sort_by", "min_by", "max_by"]), inner, inner).map(
            lambda call: f"{call[0]}({call[1]}, &{call[2]})"
        ),
        st.tuples(inner, inner).map(lambda call: f"map(&{call[0]}, {call[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"[{pair[0]}, {pair[1]}]"),
        st.tuples(inner, inner).map(lambda pair: f"{{a: {pair[0]}, b: {pair[1]}}}"),
    )


_expressions = st.recursive(_names | st.just("@") | _literals, _larger, max_leaves=6)


def _theirs(expression: str, data: Any) -> Any:
    try:
        return jmespath.search(expression, data)
    except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError):
        return FAILED


def _ours(expression: str, data: Any) -> Any:
    try:
        return compile_path(expression)(data)
    except ExpressionError:
        return FAILED


def _is_finite(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


def _written(value: Any) -> Any:
    return value if value is FAILED else json.dumps(value)


@settings(max_examples=1500, deadline=None)
@given(_expressions, _data)
@example("sort_by(@, &a)", [{"a": 2, "b": 0}, {"a": 1}, {"a": 2, "b": 1}])
@example("max_by(@, &a)", [{"a": 2, "b": 0}, {"a": 2, "b": 1}])
@example("a == b", {"a": 1, "b": True})
@example("a == b", {"a": [1], "b": [True]})
@example("!a", {"a": 0})
@example("a && b", {"a": 0.0, "b": 1})
@example("a.*.b[] | [0]", {"a": {"c": {"b": [[3]]}}})
@example("contains(a, b)", {"a": "abc", "b": 1})
@example("sort_by(@, &a)", [])
@example("a[].b[].c", {"a": [[{"b": [{"c": 1}]}], {"b": [[{"c": 2}]]}]})
def test_compiled_and_interpreted_agree(expression, data):
    theirs, ours = _theirs(expression, data), _ours(expression, data)
    if theirs is not FAILED and not _is_finite(theirs):
        return
    if "to_number" in expression and any(word in json.dumps([expression, data]) for word in ("nan", "1e999")):
        return
    assert _written(ours) == _written(theirs)


@pytest.mark.filterwarnings("ignore:deprecated string literal syntax")
@settings(max_examples=500, deadline=None)
@given(st.text("ab.[]*?|&!@`'\"{}():,<>=0123 -\\", max_size=40), _data)
def test_any_text_is_an_expression_or_a_syntax_error_as_it_is_for_jmespath(text, data):
    try:
        compile_path(text)
    except ExpressionSyntaxError as refused:
        position, readable = refused.offset, False
    else:
        position, readable = 0, True
    assert 0 <= position <= len(text)
    if readable:
        jmespath.compile(text)
        result = _ours(text, data)
        assert result is FAILED or not isinstance(result, float) or math.isfinite(result)
