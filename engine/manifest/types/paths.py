"""A JMESPath and the type of what it is called with in; the type of what it gives, and what cannot be right, out.

Two things are told: names that are not there (``Absent``), and values of which something is asked that they cannot
do (``Clash``). Behind either, nothing is known, so that one mistake is told once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from engine.manifest.findings import nearest
from engine.manifest.language.expressions import Chain, Path
from engine.manifest.types import ANY, BOOLEAN, Kind, Type, all_of, constant, list_of, or_null, record, union
from engine.manifest.types.clashes import Clash, compared
from engine.manifest.types.path_functions import argument_clashes, result_of

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Absent:
    """A name that is never there. ``chain`` are the names read in a row up to it; ``known`` those that are there.

    ``instead`` says what stands in place of an object, where it is none. ``optional``: another alternative of an
    ``||`` is there. ``at`` is the character of the expression at which the name stands; ``origin`` is where the
    names that are there are known from.
    """

    chain: Chain
    known: tuple[str, ...]
    instead: frozenset[Kind] = frozenset()
    optional: bool = False
    at: int = 0
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Followed:
    """What an expression gives, and what is wrong with it."""

    type: Type
    absent: tuple[Absent, ...]
    clashes: tuple[Clash, ...]


def follow(path: Path, root: Type) -> Followed:
    """What ``path`` gives when it is called with data of the type ``root``."""
    reading = _Reading()
    given = reading.of(path.tree, root, ())
    return Followed(given, tuple(reading.absent), tuple(reading.clashes))


class _Reading:
    """Follows one expression; ``chain`` are the names read in a row on the way to where a node is evaluated."""

    def __init__(self) -> None:
        self.absent: list[Absent] = []
        self.clashes: list[Clash] = []

    def of(self, node: Node, at: Type, chain: Chain = ()) -> Type:
        return _FOLLOWERS[node["type"]](self, node, at, chain)

    def _itself(self, _: Node, at: Type, __: Chain) -> Type:
        return at

    def _field(self, node: Node, at: Type, chain: Chain) -> Type:
        name, place = node["value"], node.get("at", 0)
        if at.is_nothing or at.kinds is None:
            return ANY
        if "object" not in at.kinds:
            kinds = at.kinds - {"null"}
            self.absent.append(Absent((*chain, name), (), kinds, at=place, origin=at.origin))
            return ANY
        if name not in (at.keys or {}):
            if at.keys and not at.open:
                self.absent.append(Absent((*chain, name), tuple(at.keys), at=place, origin=at.origin))
            return ANY
        found = at.key(name)
        return found if at.kinds == {"object"} else or_null(found)

    def _chain(self, node: Node, at: Type, chain: Chain) -> Type:
        for child in node["children"]:
            at = self.of(child, at, chain)
            chain = (*chain, child["value"]) if child["type"] == "field" else ()
        return at

    def _pipe(self, node: Node, at: Type, chain: Chain) -> Type:
        left, right = node["children"]
        return self.of(right, self.of(left, at, chain))

    def _index(self, _: Node, at: Type, __: Chain) -> Type:
        return or_null(at.element) if at.may_be("list") else ANY

    def _slice(self, _: Node, at: Type, __: Chain) -> Type:
        return at if at.may_be("list") else ANY

    def _flatten(self, node: Node, at: Type, chain: Chain) -> Type:
        element = self.of(node["children"][0], at, chain).element
        if element.kinds is None or "list" not in element.kinds:
            return list_of(element.present)
        below, kinds = element.element, element.kinds - {"list", "null"}
        return list_of(union(replace(element, kinds=kinds, items=None), below).present if kinds else below.present)

    def _projection(self, node: Node, at: Type, chain: Chain) -> Type:
        base = self.of(node["children"][0], at, chain)
        return list_of(self.of(node["children"][1], base.element.present).present)

    def _values(self, node: Node, at: Type, chain: Chain) -> Type:
        base = self.of(node["children"][0], at, chain)
        known = all_of(map(base.key, base.keys or ())) if not base.open else None
        return list_of(self.of(node["children"][1], (known or ANY).present).present)

    def _filter(self, node: Node, at: Type, chain: Chain) -> Type:
        left, right, condition = node["children"]
        if left["type"] == "multi_select_list" and condition["type"] == "current":
            # `[a, b][?@]` is a list of what is there of several: like the alternatives of an `||`.
            element = self._alternatives(left["children"], at, chain)
        else:
            element = self.of(left, at, chain).element.present
        self.of(condition, element)
        return list_of(self.of(right, element).present)

    def _or(self, node: Node, at: Type, chain: Chain) -> Type:
        return self._alternatives(_operands(node), at, chain)

    def _alternatives(self, nodes: list[Node], at: Type, chain: Chain) -> Type:
        """The union; a name that is absent is no mistake where another alternative is there."""
        outcomes: list[tuple[Type, list[Absent]]] = []
        before, self.absent = self.absent, []
        for child in nodes:
            given = self.of(child, at, chain)
            outcomes.append((given, self.absent))
            self.absent = []
        failed = [absent for _, absent in outcomes if any(not one.optional for one in absent)]
        some = len(failed) < len(outcomes)
        told = [replace(one, optional=True) for absent in failed for one in absent] if some else _nearest(failed)
        self.absent = before + told + [one for _, absent in outcomes if absent not in failed for one in absent]
        # A name that is absent within a filter leaves an alternative that gives something all the same.
        return _either([given for given, absent in outcomes if absent not in failed or given.kinds is not None])

    def _and(self, node: Node, at: Type, chain: Chain) -> Type:
        left, right = (self.of(child, at, chain) for child in node["children"])
        return union(left, right)

    def _not(self, node: Node, at: Type, chain: Chain) -> Type:
        # What is asked is whether it is there: that it is not is an answer.
        before, self.absent = self.absent, []
        self.of(node["children"][0], at, chain)
        self.absent = before + [replace(one, optional=True) for one in self.absent]
        return BOOLEAN

    def _comparator(self, node: Node, at: Type, chain: Chain) -> Type:
        left, right = node["children"]
        one, other = self.of(left, at, chain), self.of(right, at, chain)
        clash = compared(one, other, ordered=node["value"] not in ("eq", "ne"), at=_start(left))
        self.clashes += [clash] if clash else []
        return BOOLEAN

    def _literal(self, node: Node, _: Type, __: Chain) -> Type:
        return constant(node["value"])

    def _mapping(self, node: Node, at: Type, chain: Chain) -> Type:
        return record({pair["value"]: self.of(pair["children"][0], at, chain) for pair in node["children"]})

    def _list(self, node: Node, at: Type, chain: Chain) -> Type:
        return list_of(all_of([self.of(child, at, chain) for child in node["children"]]) or ANY)

    def _function(self, node: Node, at: Type, chain: Chain) -> Type:
        name, given = node["value"], node["children"]
        if name == "not_null":
            return self._alternatives(list(given), at, chain)
        types = [ANY if child["type"] == "expref" else self.of(child, at, chain) for child in given]
        element = next((type_.element for type_ in types if type_.items is not None), ANY).present
        each = [self.of(child["children"][0], element) for child in given if child["type"] == "expref"]
        self.clashes += argument_clashes(name, types, [_start(child) for child in given])
        return result_of(name, types, each[0] if each else ANY)

    def _reference(self, *_: object) -> Type:
        return ANY


def _operands(node: Node) -> list[Node]:
    """All alternatives of a chain of ``||``."""
    left, right = node["children"]
    return [*(_operands(left) if left["type"] == "or_expression" else [left]), right]


def _either(given: list[Type]) -> Type:
    """What one of the alternatives gives: one that is null is passed over, but for the last."""
    return reduce(union, [*(one.present for one in given[:-1]), given[-1]]) if given else ANY


def _nearest(failed: list[list[Absent]]) -> list[Absent]:
    """Of several alternatives none of which is there, the one that was most likely meant to be."""
    near = (absent for absent in failed if any(nearest(one.chain[-1], one.known) for one in absent))
    return next(near, failed[0] if failed else [])


def _start(node: Node) -> int:
    """The first character at which something of ``node`` stands."""
    below = [] if node["type"] in ("slice", "literal") else node["children"]
    return min([node["at"]] if "at" in node else [_start(child) for child in below if child], default=0)


_FOLLOWERS: Mapping[str, Callable[[_Reading, Node, Type, Chain], Type]] = {
    "field": _Reading._field,
    "current": _Reading._itself,
    "identity": _Reading._itself,
    "slice": _Reading._slice,
    "index": _Reading._index,
    "flatten": _Reading._flatten,
    "subexpression": _Reading._chain,
    "index_expression": _Reading._chain,
    "pipe": _Reading._pipe,
    "projection": _Reading._projection,
    "value_projection": _Reading._values,
    "filter_projection": _Reading._filter,
    "or_expression": _Reading._or,
    "and_expression": _Reading._and,
    "not_expression": _Reading._not,
    "comparator": _Reading._comparator,
    "literal": _Reading._literal,
    "multi_select_dict": _Reading._mapping,
    "multi_select_list": _Reading._list,
    "function_expression": _Reading._function,
    "expref": _Reading._reference,
}
