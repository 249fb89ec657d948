"""JMESPath's functions and comparisons within a budget: what they read and build is paid for before it is done.

A budget is a one-element list holding the steps that are left; every element read costs a step, text costs one
per ``TEXT_PER_STEP`` characters. Results and errors are those of ``jmespath`` itself; messages never hold data.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from jmespath.exceptions import JMESPathTypeError
from jmespath.functions import Functions

from engine.errors import ExpressionError
from engine.model import Json

LIMIT_STEPS = 1_000_000
LIMIT_TEXT = 1024 * 1024
TEXT_PER_STEP = 8

Budget = list[int]
Step = Callable[[Json, Budget], Json]

SIGNATURES: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    name: spec["signature"] for name, spec in Functions.FUNCTION_TABLE.items()
}
"""Name → its parameters, each a dict of ``types`` and perhaps ``variadic``."""

EXPRESSION_ARGUMENT = {"map": 0, "sort_by": 1, "min_by": 1, "max_by": 1}
"""Functions that take an ``&expression``, and at which place."""

_FUNCTIONS = Functions()
_BUILT_IN: Mapping[str, Callable[..., Json]] = {
    name: spec["function"] for name, spec in Functions.FUNCTION_TABLE.items()
}


def spend(budget: Budget, steps: int) -> None:
    """Takes ``steps`` from the budget. Raises ExpressionError when it is used up."""
    budget[0] -= steps
    if budget[0] < 0:
        raise ExpressionError("the expression does too much work on this data")


def spend_walk(value: Json, budget: Budget) -> int:
    """Pays for walking through the whole of ``value``, shared parts each time; the number of values in it."""
    total, waiting = 1, [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, (dict, list)):
            total += len(item)
            if 2 * total > budget[0]:
                break
            waiting.extend(item.values() if isinstance(item, dict) else item)
    spend(budget, 2 * total)
    return total


def measure(value: Json, limit: int) -> int:
    """About how many bytes ``value`` is as JSON. Raises ExpressionError above ``limit`` or at a number not finite."""
    if isinstance(value, str) and len(value) <= limit:
        return len(value) + 2
    size, waiting = 0, [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            size += len(item) + 2
        elif isinstance(item, dict):
            size += 2 + 4 * len(item) + sum(map(len, item))
            waiting.extend(item.values())
        elif isinstance(item, list):
            size += 2 + len(item)
            waiting.extend(item)
        else:
            size += _size_of_number(item)
        if size > limit:
            raise ExpressionError(f"the result is larger than {limit // 1024} KiB")
    return size


def _size_of_number(item: Json) -> int:
    if isinstance(item, float) and not math.isfinite(item):
        raise ExpressionError("the result holds a number that is not finite")
    return 1 + item.bit_length() // 3 if isinstance(item, int) else 8


def is_false(value: Json) -> bool:
    """JMESPath's falsehood: null, false and what is empty; zero is true."""
    return not value and (value is None or value is False or not isinstance(value, (int, float)))


def equal(left: Json, right: Json, budget: Budget) -> bool:
    """JMESPath's ``==``: never true between a number and a boolean at the top."""
    if isinstance(left, (dict, list)) and isinstance(right, (dict, list)) and left and right:
        spend_walk(left, budget)
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    return bool(left == right)


Call = Callable[[list[Json], Budget], Json]


def function(name: str) -> Call:
    """The function ``name`` of already evaluated arguments: it raises ExpressionError or jmespath's type error."""
    if name in _DIRECT:
        return _DIRECT[name]
    accepted, signature = _ACCEPTED[name], SIGNATURES[name]
    prepare, built_in = _BEFORE.get(name), _BUILT_IN[name]

    def call(arguments: list[Json], budget: Budget) -> Json:
        if not _fit(arguments, accepted):
            _FUNCTIONS._type_check(arguments, signature, name)
        for argument in arguments:
            spend(budget, _reading_cost(argument))
        if prepare is not None:
            prepare(arguments, budget)
        return _finite(name, built_in(_FUNCTIONS, *arguments))

    return call


def _finite(name: str, result: Json) -> Json:
    if isinstance(result, float) and not math.isfinite(result):
        if name == "to_number":
            return None
        raise ExpressionError(f"{name}() gives a number that is not finite")
    return result


def _not_null(arguments: list[Json], budget: Budget) -> Json:
    spend(budget, len(arguments))
    for argument in arguments:
        if argument is not None:
            return argument
    return None


def _type(arguments: list[Json], budget: Budget) -> Json:
    spend(budget, 1)
    return type_name(arguments[0])


_PYTHON_TYPES: Mapping[str, frozenset[type]] = {
    "string": frozenset({str}),
    "number": frozenset({int, float}),
    "boolean": frozenset({bool}),
    "null": frozenset({type(None)}),
    "array": frozenset({list}),
    "object": frozenset({dict}),
}
_ANY_TYPE: frozenset[type] = frozenset({str, int, float, bool, type(None), list, dict})


def _accepted(parameter: Mapping[str, Any]) -> frozenset[type]:
    """The Python types that certainly fit; lists of one kind of element are left to jmespath's own check."""
    names = parameter["types"]
    return frozenset(kind for name in names for kind in _PYTHON_TYPES.get(name, ())) if names else _ANY_TYPE


_ACCEPTED: Mapping[str, tuple[frozenset[type], ...]] = {
    name: tuple(map(_accepted, signature)) for name, signature in SIGNATURES.items()
}


def _fit(arguments: list[Json], accepted: tuple[frozenset[type], ...]) -> bool:
    """Whether all arguments certainly fit; the last parameter stands for those beyond it."""
    last = len(accepted) - 1
    return all(type(argument) in accepted[min(place, last)] for place, argument in enumerate(arguments))


def _reading_cost(argument: Json) -> int:
    if isinstance(argument, str):
        return 1 + len(argument) // TEXT_PER_STEP
    return 1 + len(argument) if isinstance(argument, (list, dict)) else 1


def _before_join(arguments: list[Json], budget: Budget) -> None:
    separator, parts = arguments
    _text(sum(map(len, parts)) + len(separator) * max(0, len(parts) - 1), "join", budget)


def _before_to_string(arguments: list[Json], budget: Budget) -> None:
    if not isinstance(arguments[0], str):
        spend_walk(arguments[0], budget)
        _text(measure(arguments[0], LIMIT_TEXT), "to_string", budget)


def _before_contains(arguments: list[Json], budget: Budget) -> None:
    subject, search = arguments
    if isinstance(subject, list) and isinstance(search, (list, dict)):
        each = spend_walk(search, budget)
        spend(budget, each * len(subject))


def _text(length: int, name: str, budget: Budget) -> None:
    if length > LIMIT_TEXT:
        raise ExpressionError(f"{name}() makes a text longer than {LIMIT_TEXT // 1024} KiB")
    spend(budget, length // TEXT_PER_STEP)


def spend_order(keys: list[Json], budget: Budget) -> None:
    """Pays for putting ``keys`` in order."""
    rounds = len(keys).bit_length()
    text = sum(len(key) for key in keys if isinstance(key, str))
    spend(budget, len(keys) + text * rounds // 256)


def _before_order(arguments: list[Json], budget: Budget) -> None:
    spend_order(arguments[0], budget)


_DIRECT: Mapping[str, Call] = {"not_null": _not_null, "type": _type}
"""Functions that take anything and do next to nothing: checking what they are given would cost more."""

_BEFORE: Mapping[str, Callable[[list[Json], Budget], None]] = {
    "join": _before_join,
    "to_string": _before_to_string,
    "contains": _before_contains,
    "sort": _before_order,
    "min": _before_order,
    "max": _before_order,
}


def call_each(name: str, expression: Step, items: Json, budget: Budget) -> Json:
    """``map``, ``sort_by``, ``min_by`` or ``max_by`` of the list ``items`` by ``expression``."""
    if not isinstance(items, list):
        raise JMESPathTypeError(name, None, type_name(items), ["array"])
    spend(budget, 1 + len(items))
    results = [expression(item, budget) for item in items]
    if name == "map":
        return results
    _check_keys(name, results)
    if not items:
        return items if name == "sort_by" else None
    spend_order(results, budget)
    order = range(len(items))
    if name == "sort_by":
        return [items[index] for index in sorted(order, key=results.__getitem__)]
    pick = min if name == "min_by" else max
    return items[pick(order, key=results.__getitem__)]


def _check_keys(name: str, keys: list[Json]) -> None:
    allowed = {"number", "string"}
    for key in keys:
        kind = type_name(key)
        if kind not in allowed:
            raise JMESPathTypeError(name, None, kind, sorted(allowed))
        allowed = {kind}


_TYPE_NAMES: Mapping[type, str] = {type_: name for name, types in _PYTHON_TYPES.items() for type_ in types}


def type_name(value: Json) -> str:
    """JMESPath's name of the type of ``value``."""
    return _TYPE_NAMES.get(type(value)) or str(_FUNCTIONS._func_type(value) or "expref")
