"""Jinja, fenced in: syntax trees that passed ``template_checks`` in, functions of a context out.

Beside Jinja's own sandbox: attributes are read from plain mappings only, no name is global, what can grow is
bounded before it is made, and a meter ends a rendering that works too long or makes too much.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import jinja2
from jinja2 import nodes, pass_context
from jinja2.runtime import Context, LoopContext, StrictUndefined, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from engine.errors import ExpressionError
from engine.manifest.language.template_filters import FILTERS, TESTS, concatenated, kind_of, text_of
from engine.model import Json

FLOOR = (3, 1, 6)
LIMIT_OUTPUT = 64 * 1024
LIMIT_CPU_S = 0.2
LIMIT_ROUNDS = 10_000

_METER = " meter"
_RESULT = "_result"
_LOOP_NAMES = frozenset({"index", "index0", "first", "last", "length"})

if tuple(int(part) for part in jinja2.__version__.split(".")[:3]) < FLOOR:  # pragma: no cover
    raise ImportError(f"jinja2 {jinja2.__version__} has known sandbox escapes: {'.'.join(map(str, FLOOR))} is needed")


class Meter:
    """What one rendering may still use: this thread's processor time and rounds of loops."""

    __slots__ = ("_checks", "_end_s", "_rounds")

    def __init__(self) -> None:
        self._end_s = time.thread_time() + LIMIT_CPU_S
        self._rounds = LIMIT_ROUNDS
        self._checks = 0

    def check(self) -> None:
        self._checks += 1
        # Asking for the time costs more than most of what is timed.
        if self._checks % 16 == 0 and time.thread_time() > self._end_s:
            raise ExpressionError("the template works too long")

    def count_round(self) -> None:
        self._rounds -= 1
        if self._rounds < 0:
            raise ExpressionError(f"the template's loops make more than {LIMIT_ROUNDS} rounds")
        self.check()


class NotDefined(StrictUndefined):
    """A name that is not there: its parts are not there either, and any use but a test or ``default`` fails."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, *_: Any) -> Any:
        return self

    @property
    def _undefined_message(self) -> str:
        return f"`{self._undefined_name or 'a part of it'}` is not defined"


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        if isinstance(obj, LoopContext) and attribute in _LOOP_NAMES:
            return getattr(obj, attribute)
        return obj if isinstance(obj, Undefined) else NotDefined(name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Undefined):
            return obj
        try:
            if isinstance(obj, (dict, list, tuple, str)):
                return obj[argument]
        except (LookupError, TypeError):
            pass
        return NotDefined()

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        _meter(context).check()
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return concatenated([left, right])
        for side in (left, right):
            if isinstance(side, Undefined):
                str(side)
            if not isinstance(side, (int, float)) or isinstance(side, bool):
                raise ExpressionError(f"`{operator}` expects numbers, found {kind_of(side)}")
        result = super().call_binop(context, operator, left, right)
        if isinstance(result, int) and result.bit_length() > 1024:
            raise ExpressionError(f"`{operator}` gives a number that is too large")
        return result


def _meter(context: Context) -> Meter:
    return cast(Meter, context.parent[_METER])


def _metered(name: str, function: Callable[..., Json]) -> Callable[..., Json]:
    @pass_context
    @functools.wraps(function)
    def run(context: Context, value: Json, *arguments: Json, **options: Json) -> Json:
        _meter(context).check()
        if isinstance(value, Undefined) and name != "default":
            str(value)
        return function(value, *arguments, **options)

    return run


@pass_context
def _each(context: Context, value: Json) -> Iterator[Json]:
    if isinstance(value, Undefined):
        str(value)
    if value is not None and not isinstance(value, (list, tuple)):
        raise ExpressionError(f"a loop expects a list, found {kind_of(value)}")
    meter = _meter(context)
    return _rounds(list(value or ()), meter)


def _rounds(items: list[Json], meter: Meter) -> Iterator[Json]:
    for item in items:
        meter.count_round()
        yield item


@pass_context
def _concat(context: Context, parts: list[Json]) -> str:
    _meter(context).check()
    return concatenated([text_of(part) for part in parts])


@pass_context
def _timed(context: Context, value: Json) -> Json:
    _meter(context).check()
    return value


def _environment(**options: Any) -> _Environment:
    environment = _Environment(
        undefined=NotDefined, autoescape=False, optimized=False, keep_trailing_newline=True, cache_size=0, **options
    )
    environment.globals.clear()
    environment.filters.clear()
    environment.filters.update({name: _metered(name, function) for name, function in FILTERS.items()})
    environment.filters.update({"_each": _each, "_concat": _concat, "_timed": _timed})
    environment.tests.clear()
    environment.tests.update(TESTS)
    environment.finalize = text_of
    return environment


PLAIN = _environment()
NOTES = _environment(trim_blocks=True, lstrip_blocks=True)


def evaluator(expression: nodes.Expr) -> Callable[[Mapping[str, Json]], Any]:
    """A function of a context that gives the expression's value, or an ``Undefined``."""
    assignment = nodes.Assign(nodes.Name(_RESULT, "store", lineno=1), _fenced(expression), lineno=1)
    template = PLAIN.from_string(nodes.Template([assignment], lineno=1))

    def evaluate(context: Mapping[str, Json]) -> Any:
        running = template.new_context({**context, _METER: Meter()})
        for _ in template.root_render_func(running):
            pass
        return running.vars[_RESULT]

    return evaluate


def renderer(tree: nodes.Template) -> Callable[[Mapping[str, Json]], str]:
    """A function of a context that gives the text of a whole note."""
    template = NOTES.from_string(_fenced(tree))

    def render(context: Mapping[str, Json]) -> str:
        meter = Meter()
        chunks, size = [], 0
        for chunk in template.root_render_func(template.new_context({**context, _METER: meter})):
            meter.check()
            size += len(chunk)
            check_output(size)
            chunks.append(chunk)
        return "".join(chunks)

    return render


def check_output(length: int) -> None:
    """Raises ExpressionError when a rendered text of ``length`` characters is too long."""
    if length > LIMIT_OUTPUT:
        raise ExpressionError(f"the text is longer than {LIMIT_OUTPUT // 1024} KiB")


def _fenced(node: Any) -> Any:
    """``node`` with its loops counted, its ``~`` bounded and its comparisons timed."""
    for name, value in node.iter_fields():
        if isinstance(value, nodes.Node):
            setattr(node, name, _fenced(value))
        elif isinstance(value, list):
            setattr(node, name, [_fenced(item) if isinstance(item, nodes.Node) else item for item in value])
    if isinstance(node, nodes.For):
        node.iter = _through("_each", cast(nodes.Expr, node.iter))
    elif isinstance(node, nodes.Concat):
        return _through("_concat", nodes.List(node.nodes, lineno=node.lineno))
    elif isinstance(node, nodes.Compare):
        node.expr = _through("_timed", node.expr)
    return node


def _through(name: str, node: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)
