"""A JMESPath and the type of what it is called with in; the type of what it gives, and the names not there, out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from typing import Any

from jmespath.parser import Parser

from engine.manifest.expressions import Chain, Path
from engine.manifest.types import ANY, Kind, Type, union

Node = Mapping[str, Any]

_RESULTS: Mapping[str, Kind] = {
    **dict.fromkeys(("contains", "starts_with", "ends_with"), "boolean"),
    **dict.fromkeys(("abs", "avg", "ceil", "floor", "length", "sum", "to_number"), "number"),
    **dict.fromkeys(("join", "to_string", "type"), "text"),
    **dict.fromkeys(("keys", "values", "to_array"), "list"),
}
_SAME = frozenset({"sort", "sort_by", "reverse"})
_ONE_OF = frozenset({"max_by", "min_by", "max", "min"})


@dataclass(frozen=True, slots=True)
class Absent:
    """A name that is never there. ``chain`` are the names read in a row up to it; ``known`` those that are there.

    ``instead`` says what stands in place of an object, where it is none. ``optional``: another alternative of an
    ``||`` is there.
    """

    chain: Chain
    known: tuple[str, ...]
    instead: frozenset[Kind] = frozenset()
    optional: bool = False


def type_given(path: Path, root: Type) -> tuple[Type, list[Absent]]:
    """What ``path`` gives when called with data of the type ``root``, and which of its names cannot be there."""
    reading = _Reading()
    return reading.of(_tree(path.text), root, ()), reading.absent


@lru_cache(maxsize=1024)
def _tree(text: str) -> Node:
    tree: Node = Parser().parse(text).parsed
    return tree


class _Reading:
    """Follows one expression; ``chain`` are the names read in a row on the way to where a node is evaluated."""

    def __init__(self) -> None:
        self.absent: list[Absent] = []

    def of(self, node: Node, at: Type, chain: Chain) -> Type:
        return _FOLLOWERS.get(node["type"], _Reading._unknown)(self, node, at, chain)

    def _unknown(self, node: Node, at: Type, chain: Chain) -> Type:
        for child in () if node["type"] in ("slice", "literal") else node["children"]:
            self.of(child, at, chain)
        return ANY

    def _itself(self, _: Node, at: Type, __: Chain) -> Type:
        return at

    def _field(self, node: Node, at: Type, chain: Chain) -> Type:
        name = node["value"]
        if at.kinds is not None and "object" not in at.kinds:
            if at.kinds != {"null"}:
                self.absent.append(Absent((*chain, name), (), at.kinds - {"null"}))
            return ANY
        if at.keys is None or (at.open and name not in at.keys):
            return ANY
        if name not in at.keys:
            self.absent.append(Absent((*chain, name), tuple(at.keys)))
            return ANY
        return at.keys[name]

    def _chain(self, node: Node, at: Type, chain: Chain) -> Type:
        for child in node["children"]:
            at = self.of(child, at, chain)
            chain = (*chain, child["value"]) if child["type"] == "field" else ()
        return at

    def _element(self, at: Type) -> Type:
        return at.items or ANY

    def _index(self, _: Node, at: Type, __: Chain) -> Type:
        return self._element(at)

    def _flatten(self, node: Node, at: Type, chain: Chain) -> Type:
        base = self.of(node["children"][0], at, chain)
        element = self._element(base)
        if element.kinds is None or "list" not in element.kinds:
            return Type(frozenset({"list"}), element)
        below, kinds = self._element(element), element.kinds - {"list"}
        return Type(frozenset({"list"}), union(replace(element, kinds=kinds, items=None), below) if kinds else below)

    def _projection(self, node: Node, at: Type, chain: Chain) -> Type:
        left, right, *condition = node["children"]
        base = self.of(left, at, chain)
        element = ANY if node["type"] == "value_projection" else self._element(base)
        for child in condition:
            self.of(child, element, ())
        return Type(frozenset({"list"}), self.of(right, element, ()))

    def _either(self, node: Node, at: Type, _: Chain) -> Type:
        before = len(self.absent)
        one = self.of(node["children"][0], at, ())
        between = len(self.absent)
        other = self.of(node["children"][1], at, ())
        if (between > before) != (len(self.absent) > between):
            self.absent[before:] = [replace(absent, optional=True) for absent in self.absent[before:]]
        return ANY if ANY in (one, other) else union(one, other)

    def _last(self, node: Node, at: Type, _: Chain) -> Type:
        return [self.of(child, at, ()) for child in node["children"]][-1]

    def _truth(self, node: Node, at: Type, _: Chain) -> Type:
        self._last(node, at, ())
        return Type(frozenset({"boolean"}))

    def _mapping(self, node: Node, at: Type, _: Chain) -> Type:
        keys = {pair["value"]: self.of(pair["children"][0], at, ()) for pair in node["children"]}
        return Type(frozenset({"object"}), keys=keys)

    def _list(self, node: Node, at: Type, _: Chain) -> Type:
        elements = [self.of(child, at, ()) for child in node["children"]]
        return Type(frozenset({"list"}), ANY if ANY in elements else reduce(union, elements))

    def _function(self, node: Node, at: Type, _: Chain) -> Type:
        name, given = node["value"], node["children"]
        types = [ANY if child["type"] == "expref" else self.of(child, at, ()) for child in given]
        element = next((type_.items for type_ in types if type_.items is not None), None) or ANY
        for child in given:
            if child["type"] == "expref":
                self.of(child["children"][0], element, ())
        if name in _SAME:
            return types[0]
        if name in _ONE_OF:
            return element
        return Type(frozenset({_RESULTS[name]})) if name in _RESULTS else ANY


_FOLLOWERS: Mapping[str, Callable[[_Reading, Node, Type, Chain], Type]] = {
    "field": _Reading._field,
    "current": _Reading._itself,
    "identity": _Reading._itself,
    "slice": _Reading._itself,
    "index": _Reading._index,
    "flatten": _Reading._flatten,
    **dict.fromkeys(("subexpression", "pipe", "index_expression"), _Reading._chain),
    **dict.fromkeys(("projection", "filter_projection", "value_projection"), _Reading._projection),
    "or_expression": _Reading._either,
    "and_expression": _Reading._last,
    **dict.fromkeys(("comparator", "not_expression"), _Reading._truth),
    "multi_select_dict": _Reading._mapping,
    "multi_select_list": _Reading._list,
    "function_expression": _Reading._function,
}
