"""A JMESPath syntax tree in, one Python closure out: ``step(value, budget)`` gives what the expression selects.

The closures answer as ``jmespath``'s own interpreter does; what can grow is paid from the budget
(``expression_functions``). The tree comes from ``jmespath.parser`` and has passed the checks of ``expressions``.
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Mapping
from typing import Any

from engine.manifest.language.expression_functions import (
    EXPRESSION_ARGUMENT,
    Budget,
    Step,
    call_each,
    equal,
    function,
    is_false,
    spend,
)
from engine.model import Json

Node = Mapping[str, Any]


def compiled(node: Node) -> Step:
    """The closure of ``node``."""
    return _COMPILERS[node["type"]](node)


def weight(node: Node) -> int:
    """How many nodes the tree below ``node`` has, itself included."""
    total, waiting = 0, [node]
    while waiting:
        total += 1
        waiting.extend(children(waiting.pop()))
    return total


def children(node: Node) -> list[Node]:
    """The child nodes of ``node``; a slice's numbers are none."""
    return [] if node["type"] == "slice" else list(node["children"])


def _sequence(node: Node) -> Step:
    parts = _flat(node)
    if all(part["type"] == "field" for part in parts):
        return _fields([part["value"] for part in parts])
    steps = [compiled(part) for part in parts]
    if len(steps) == 2:
        first, second = steps
        return lambda value, budget: second(first(value, budget), budget)

    def run(value: Json, budget: Budget) -> Json:
        for step in steps:
            value = step(value, budget)
        return value

    return run


def _flat(node: Node) -> list[Node]:
    if node["type"] not in ("subexpression", "pipe", "index_expression"):
        return [node]
    return [
        part for child in node["children"] for part in _flat(child) if part["type"] not in ("identity", "current")
    ]


def _fields(names: list[str]) -> Step:
    if len(names) == 1:
        only = names[0]
        return lambda value, _: value.get(only) if isinstance(value, dict) else None

    def run(value: Json, _: Budget) -> Json:
        for name in names:
            if not isinstance(value, dict):
                return None
            value = value.get(name)
        return value

    return run


def _field(node: Node) -> Step:
    return _fields([node["value"]])


def _itself(_: Node) -> Step:
    return lambda value, _: value


def _index(node: Node) -> Step:
    index = node["value"]

    def run(value: Json, _: Budget) -> Json:
        try:
            return value[index] if isinstance(value, list) else None
        except IndexError:
            return None

    return run


def _slice(node: Node) -> Step:
    part = slice(*node["children"])

    def run(value: Json, budget: Budget) -> Json:
        spend(budget, len(value) if isinstance(value, list) else 0)
        return value[part] if isinstance(value, list) else None

    return run


def _flatten(node: Node) -> Step:
    base = compiled(node["children"][0])

    def run(value: Json, budget: Budget) -> Json:
        items = base(value, budget)
        if not isinstance(items, list):
            return None
        merged: list[Json] = []
        for item in items:
            if isinstance(item, list):
                spend(budget, len(item) + 1)
                merged.extend(item)
            else:
                merged.append(item)
        spend(budget, len(items))
        return merged

    return run


def _projected(items: list[Json], right: Step | None, budget: Budget, cost: int) -> list[Json]:
    spend(budget, len(items) * cost)
    if right is None:
        return [item for item in items if item is not None]
    return [picked for item in items if (picked := right(item, budget)) is not None]


def _right(node: Node) -> Step | None:
    return None if node["type"] == "identity" else compiled(node)


def _projection(node: Node) -> Step:
    base, right, cost = compiled(node["children"][0]), _right(node["children"][1]), weight(node["children"][1])

    def of_list(value: Json, budget: Budget) -> Json:
        items = base(value, budget)
        return _projected(items, right, budget, cost) if isinstance(items, list) else None

    def of_values(value: Json, budget: Budget) -> Json:
        record = base(value, budget)
        return _projected(list(record.values()), right, budget, cost) if isinstance(record, dict) else None

    return of_values if node["type"] == "value_projection" else of_list


def _filter_projection(node: Node) -> Step:
    left, after, condition = node["children"]
    base, right, holds = compiled(left), _right(after), compiled(condition)
    cost, check_cost = weight(after), weight(condition)

    def run(value: Json, budget: Budget) -> Json:
        items = base(value, budget)
        if not isinstance(items, list):
            return None
        spend(budget, len(items) * check_cost)
        kept = [item for item in items if not is_false(holds(item, budget))]
        return _projected(kept, right, budget, cost)

    return run


def _equality(node: Node) -> Step:
    left, right = map(compiled, node["children"])
    if node["value"] == "eq":
        return lambda value, budget: equal(left(value, budget), right(value, budget), budget)
    return lambda value, budget: not equal(left(value, budget), right(value, budget), budget)


_ORDERINGS: Mapping[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt,
    "gt": operator.gt,
    "lte": operator.le,
    "gte": operator.ge,
}


def _comparator(node: Node) -> Step:
    if node["value"] not in _ORDERINGS:
        return _equality(node)
    compare = _ORDERINGS[node["value"]]
    left, right = map(compiled, node["children"])

    def run(value: Json, budget: Budget) -> Json:
        first, second = left(value, budget), right(value, budget)
        return compare(first, second) if _is_orderable(first) and _is_orderable(second) else None

    return run


def _is_orderable(value: Json) -> bool:
    return isinstance(value, (int, float, str)) and not isinstance(value, bool)


def _or(node: Node) -> Step:
    left, right = map(compiled, node["children"])

    def run(value: Json, budget: Budget) -> Json:
        matched = left(value, budget)
        return right(value, budget) if is_false(matched) else matched

    return run


def _and(node: Node) -> Step:
    left, right = map(compiled, node["children"])

    def run(value: Json, budget: Budget) -> Json:
        matched = left(value, budget)
        return matched if is_false(matched) else right(value, budget)

    return run


def _not(node: Node) -> Step:
    operand = compiled(node["children"][0])
    return lambda value, budget: is_false(operand(value, budget))


def _literal(node: Node) -> Step:
    literal = node["value"]
    if isinstance(literal, (dict, list)):
        # The result may be changed by who asked for it; the compiled expression must not change with it.
        return lambda _value, _budget: copy.deepcopy(literal)
    return lambda _value, _budget: literal


def _multi_select_list(node: Node) -> Step:
    steps = [compiled(child) for child in node["children"]]

    def run(value: Json, budget: Budget) -> Json:
        if value is None:
            return None
        spend(budget, len(steps))
        return [step(value, budget) for step in steps]

    return run


def _multi_select_dict(node: Node) -> Step:
    steps = [(child["value"], compiled(child["children"][0])) for child in node["children"]]

    def run(value: Json, budget: Budget) -> Json:
        if value is None:
            return None
        spend(budget, len(steps))
        return {name: step(value, budget) for name, step in steps}

    return run


def _function(node: Node) -> Step:
    name, given = node["value"], node["children"]
    place = EXPRESSION_ARGUMENT.get(name)
    if place is not None:
        expression, items = compiled(given[place]["children"][0]), compiled(given[1 - place])
        return lambda value, budget: call_each(name, expression, items(value, budget), budget)
    call, arguments = function(name), [compiled(child) for child in given]
    return lambda value, budget: call([argument(value, budget) for argument in arguments], budget)


_COMPILERS: Mapping[str, Callable[[Node], Step]] = {
    "and_expression": _and,
    "comparator": _comparator,
    "current": _itself,
    "field": _field,
    "filter_projection": _filter_projection,
    "flatten": _flatten,
    "function_expression": _function,
    "identity": _itself,
    "index": _index,
    "index_expression": _sequence,
    "literal": _literal,
    "multi_select_dict": _multi_select_dict,
    "multi_select_list": _multi_select_list,
    "not_expression": _not,
    "or_expression": _or,
    "pipe": _sequence,
    "projection": _projection,
    "slice": _slice,
    "subexpression": _sequence,
    "value_projection": _projection,
}
