"""All that a JMESPath reads of what it is called with: whole chains of names, through projections and pipes.

Conditions count too: what chooses is read. An empty chain is the whole of the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.manifest.language.expressions import Chain, Path

Node = Mapping[str, Any]
Read = tuple[Chain, int]
"""A chain of names and the character of the expression at which its last name stands."""


def reads(path: Path) -> list[Read]:
    """What ``path`` reads, each chain as far as it goes."""
    found: list[Read] = []
    found += _result(path.tree, [((), 0)], found)
    return found


def _result(node: Node, at: list[Read], found: list[Read]) -> list[Read]:
    """What the result of ``node`` is made of; what it only looks at goes to ``found``."""
    kind = node["type"]
    if kind == "field":
        return [((*chain, node["value"]), node.get("at", 0)) for chain, _ in at]
    if kind == "literal":
        return []
    if kind in ("current", "identity", "index", "slice"):
        return at
    if kind in ("subexpression", "pipe", "index_expression", "projection", "value_projection"):
        for child in node["children"]:
            at = _result(child, at, found)
        return at
    if kind == "filter_projection":
        left, right, condition = node["children"]
        items = _result(left, at, found)
        found += [one for one in _result(condition, items, found) if one not in items]
        return _result(right, items, found)
    if kind == "function_expression":
        return _of_function(node, at, found)
    return [one for child in node["children"] for one in _result(child, at, found)]


def _of_function(node: Node, at: list[Read], found: list[Read]) -> list[Read]:
    given = node["children"]
    items = [one for child in given if child["type"] != "expref" for one in _result(child, at, found)]
    for child in given:
        if child["type"] == "expref":
            items = [*items, *_result(child["children"][0], items, found)]
    return items
