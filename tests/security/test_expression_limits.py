"""Hostile JMESPath: refused when compiled where that can be seen, else while running; quickly and in little memory."""

from __future__ import annotations

import contextlib
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ExpressionError
from engine.manifest.language.expressions import ExpressionSyntaxError, compile_path

STATIC = {
    "doubling texts by 28 pipes": "@" + "|join('',[@,@])" * 28,
    "brackets": "[" * 2_000,
    "short brackets": "[" * 400,
    "negations": "!" * 5_000 + "a",
    "spaced negations": "! " * 200 + "a",
    "parentheses": "(" * 240 + "a" + ")" * 240,
    "hashes": "{a:" * 150,
    "filters": "a[?" * 150,
    "calls": "abs(" * 120,
    "pipes": "|".join("@" * 200),
    "alternatives": "||".join("a" * 160),
    "comparisons": "==".join("a" * 160),
    "many parts": "[" + ",".join("a" * 240) + "]",
    "expressions": "&" * 300 + "a",
    "zero step": "[::0]",
    "not a number": "`NaN`",
    "infinite": "`-Infinity`",
    "long": "a" * 501,
    "large index": "[" + "9" * 5_000 + "]",
}
RUNNING = {
    "doubling lists": "@" + "|[@,@]" * 22,
    "doubling flat lists": "@" + "|[@,@][]" * 25,
    "doubling texts": "@" + "|join('',[@,@])" * 22,
    "powers of texts": "@" + "|join(@,[@,@,@])" * 20,
    "texts of texts": "[@]" + "|to_string([@,@])" * 20,
    "comparing doubled lists": "(@" + "|[@,@]" * 24 + ")==(@" + "|[@,@]" * 24 + ")",
    "searching doubled lists": "contains([@" + "|[@,@]" * 20 + "], @" + "|[@,@]" * 20 + ")",
    "doubled text of lists": "to_string(@" + "|[@,@]" * 24 + ")",
    "doubling objects": "@" + "|{a:@,b:@}" * 25,
    "ordering": "@" + "|[@,@][]" * 17 + "|sort(@)|sort(@)|sort(@)|sort(@)|sort(@)",
    "maps of maps": "@" + "|[@,@][]" * 14 + "|map(&[@,@,@,@], @)[]|map(&[@,@,@,@], @)[]|map(&[@,@,@,@], @)[]",
}


@pytest.mark.parametrize("name", STATIC)
def test_what_can_be_seen_in_the_text_is_refused_when_compiled(name):
    started = time.thread_time()
    with pytest.raises(ExpressionSyntaxError):
        compile_path(STATIC[name])
    assert time.thread_time() - started < 0.5


@pytest.mark.parametrize("name", RUNNING)
def test_what_grows_is_stopped_while_it_runs(name):
    path = compile_path(RUNNING[name])
    started = time.thread_time()
    with pytest.raises(ExpressionError):
        path("abcdefghij")
    assert time.thread_time() - started < 1
    tracemalloc.start()
    with pytest.raises(ExpressionError):
        path("abcdefghij")
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 64 * 1024 * 1024


def test_picking_from_large_data_is_no_growth():
    """What is only picked out of an answer is as large as the answer, which its reader has bounded."""
    data = {"content": "x" * 5_000_000, "list": [{"id": number} for number in range(100_000)]}
    assert len(compile_path("content")(data)) == 5_000_000
    assert len(compile_path("list[?id > `10`].id")(data)) == 99_989
    with pytest.raises(ExpressionError, match="larger than"):
        compile_path("[content]")(data)


_steps = st.sampled_from(
    [
        "[@,@]",
        "[@,@,@][]",
        "{a:@,b:@}",
        "join('',[@,@])",
        "to_string(@)",
        "@[]",
        "map(&[@,@],@)",
        "reverse(@)",
        "*",
        "merge(@,{c:@})",
        "[@==@]",
        "contains(@,@)",
        "sort(@)",
        "values(@)",
        "to_array(@)",
        "not_null(@,@)",
        "[*][]",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_steps, min_size=1, max_size=28), st.sampled_from(["abc", ["a", "b"], {"a": "x"}, 7, [[1], [2]]]))
def test_any_pipeline_ends_quickly_with_a_result_or_an_expression_error(steps, data):
    started = time.thread_time()
    with contextlib.suppress(ExpressionError):
        compile_path("@|" + "|".join(steps))(data)
    assert time.thread_time() - started < 1
