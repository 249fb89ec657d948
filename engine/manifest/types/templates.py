"""A template and the types of the names it may read in; the type of what it gives, and what cannot be right, out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from jinja2 import nodes

from engine.manifest.language.template_checks import chain_of, offset_in_line
from engine.manifest.language.template_problems import offset_of
from engine.manifest.language.templates import Template, syntax_tree
from engine.manifest.types import (
    ANY,
    BOOLEAN,
    FREE_TEXT,
    INTEGER,
    NUMBER,
    Type,
    all_of,
    constant,
    describe,
    list_of,
    or_null,
    record,
    union,
)
from engine.manifest.types.clashes import Clash, compared, fits
from engine.manifest.types.paths import Absent, Followed
from engine.manifest.types.template_results import FILTER_RESULTS, unfit

_LOOP = record({"index": INTEGER, "index0": INTEGER, "first": BOOLEAN, "last": BOOLEAN, "length": INTEGER})
_CHAIN = re.compile(r"\{\{\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*\}\}")
_WORDS = frozenset({"true", "false", "none", "True", "False", "None"})
_ORDERINGS = frozenset({"lt", "lteq", "gt", "gteq"})
_NEEDS = "use `join`, `bullets` or `tojson`"


def follow_template(template: Template, scope: Type) -> Followed:
    """What ``template`` gives where its names are of the types in ``scope``."""
    reading = _Reading(template.text, dict(scope.keys or {}))
    given = _given(template, reading)
    return Followed(given, tuple(reading.absent), tuple(reading.clashes))


def _given(template: Template, reading: _Reading) -> Type:
    text, keeps_type = template.text, template.kind == "value"
    chain = _CHAIN.fullmatch(text)
    # Most templates are a name or plain text: they are not worth parsing again.
    if chain is not None and keeps_type and chain[1] not in _WORDS:
        return reading.of(_node_of(chain[1].split(".")))
    if "{" not in text:
        return constant(text)
    return reading.whole(syntax_tree(text, template.kind), keeps_type=keeps_type)


def _node_of(names: list[str]) -> nodes.Expr:
    node: nodes.Expr = nodes.Name(names[0], "load", lineno=1)
    for name in names[1:]:
        node = nodes.Getattr(node, name, "load", lineno=1)
    return node


class _Reading:
    """Follows one template; ``names`` are what stands in scope, loops' own names among them."""

    def __init__(self, text: str, names: dict[str, Type]) -> None:
        self._text, self._names = text, names
        self.absent: list[Absent] = []
        self.clashes: list[Clash] = []

    def whole(self, tree: nodes.Template, *, keeps_type: bool) -> Type:
        """What the template gives: the expression's own type where it is no more than one and ``keeps_type``."""
        outputs = [part for node in tree.body if isinstance(node, nodes.Output) for part in node.nodes]
        if keeps_type and len(tree.body) == len(outputs) == 1 and not isinstance(outputs[0], nodes.TemplateData):
            return self.of(outputs[0])
        if all(isinstance(part, nodes.TemplateData) for part in outputs) and len(outputs) == len(tree.body) == 1:
            return constant("".join(part.data for part in outputs if isinstance(part, nodes.TemplateData)))
        for node in tree.body:
            self._statement(node)
        return FREE_TEXT

    def _statement(self, node: nodes.Node) -> None:
        if isinstance(node, nodes.Output):
            for part in node.nodes:
                self._shown(part)
        elif isinstance(node, nodes.If):
            self.of(node.test)
            for below in (*node.body, *node.elif_, *node.else_):
                self._statement(below)
        elif isinstance(node, nodes.For):
            self._loop(node)

    def _loop(self, node: nodes.For) -> None:
        each = self.of(node.iter)
        if not fits(each, "list"):
            self._clash(node.iter, f"a loop goes through a list, and this is {describe(each)}")
        names = dict(self._names)
        if isinstance(node.target, nodes.Name):
            self._names |= {node.target.name: each.element, "loop": _LOOP}
        for below in (*node.body, *node.else_):
            self._statement(below)
        self._names = names

    def _shown(self, node: nodes.Expr) -> None:
        given = self.of(node)
        if not fits(given, "text", "number", "boolean"):
            self._clash(node, f"{describe(given)} cannot stand in a text", _NEEDS)

    def of(self, node: nodes.Node) -> Type:
        """The type of an expression."""
        follower = _FOLLOWERS.get(type(node))
        return follower(self, node) if follower is not None else self._unknown(node)

    def _unknown(self, node: nodes.Node) -> Type:
        for child in node.iter_child_nodes():
            self.of(child)
        return ANY

    def _name(self, node: nodes.Name) -> Type:
        return self._names.get(node.name, ANY)

    def _constant(self, node: nodes.Const) -> Type:
        return constant(node.value)

    def _attribute(self, node: nodes.Getattr) -> Type:
        return self._key(node, node.node, node.attr)

    def _item(self, node: nodes.Getitem) -> Type:
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            return self._key(node, node.node, node.arg.value)
        base = self.of(node.node)
        self.of(node.arg)
        return or_null(base.element) if base.may_be("list") else ANY

    def _key(self, node: nodes.Node, owner: nodes.Node, name: str) -> Type:
        base = self.of(owner)
        if base.kinds is None or base.is_nothing or base.open or not (base.keys or "object" not in base.kinds):
            return base.key(name) if base.keys and name in base.keys else ANY
        if name in (base.keys or {}) and "object" in base.kinds:
            return base.key(name) if base.kinds == {"object"} else or_null(base.key(name))
        chain = chain_of(node) or (name,)
        instead = frozenset() if "object" in base.kinds else base.kinds - {"null"}
        at = offset_of(self._text, chain)
        self.absent.append(Absent(chain, tuple(base.keys or ()), instead, at=at, origin=base.origin))
        return ANY

    def _list(self, node: nodes.List | nodes.Tuple) -> Type:
        return list_of(all_of([self.of(item) for item in node.items]) or ANY)

    def _mapping(self, node: nodes.Dict) -> Type:
        pairs = [(pair.key, self.of(pair.value)) for pair in node.items]
        known = {str(key.value): type_ for key, type_ in pairs if isinstance(key, nodes.Const)}
        return record(known, open=len(known) < len(pairs))

    def _filter(self, node: nodes.Filter) -> Type:
        given = self.of(node.node) if node.node is not None else ANY
        arguments = [self.of(argument) for argument in (*node.args, *(keyword.value for keyword in node.kwargs))]
        why = unfit(node.name, given)
        if why:
            self._clash(node, why, near=node.name)
        return FILTER_RESULTS[node.name](given, arguments) if node.name in FILTER_RESULTS else ANY

    def _condition(self, node: nodes.CondExpr) -> Type:
        self.of(node.test)
        chosen = self.of(node.expr1)
        return union(chosen, self.of(node.expr2)) if node.expr2 is not None else or_null(chosen)

    def _comparison(self, node: nodes.Compare) -> Type:
        one = self.of(node.expr)
        for operand in node.ops:
            other = self.of(operand.expr)
            if operand.op in ("in", "notin"):
                other = other.element if other.may_be("list") and not other.may_be("text") else ANY
            clash = compared(one, other, ordered=operand.op in _ORDERINGS)
            if clash is not None:
                self.clashes.append(replace(clash, at=self._place(node.expr)))
        return BOOLEAN

    def _test(self, node: nodes.Test) -> Type:
        before = len(self.absent)
        self.of(node.node)
        for argument in node.args:
            self.of(argument)
        if node.name in ("defined", "undefined"):
            self.absent[before:] = [replace(one, optional=True) for one in self.absent[before:]]
        return BOOLEAN

    def _either(self, node: nodes.And | nodes.Or) -> Type:
        return union(self.of(node.left), self.of(node.right))

    def _not(self, node: nodes.Not) -> Type:
        self.of(node.node)
        return BOOLEAN

    def _concatenation(self, node: nodes.Concat) -> Type:
        for part in node.nodes:
            self._shown(part)
        return FREE_TEXT

    def _arithmetic(self, node: nodes.BinExpr) -> Type:
        sides = [self.of(node.left), self.of(node.right)]
        texts = isinstance(node, nodes.Add) and all(side.may_be("text") for side in sides)
        for side, child in zip(sides, (node.left, node.right), strict=True):
            if not texts and not fits(side, "number"):
                self._clash(child, f"`{node.operator}` expects numbers, and this is {describe(side)}")
        numbers = all(side.may_be("number") for side in sides)
        return ANY if texts and numbers else FREE_TEXT if texts else NUMBER

    def _sign(self, node: nodes.UnaryExpr) -> Type:
        self.of(node.node)
        return NUMBER

    def _clash(self, node: nodes.Node, message: str, hint: str = "", near: str = "") -> None:
        self.clashes.append(Clash("wrong-kind", message, hint, self._place(node, near)))

    def _place(self, node: nodes.Node, near: str = "") -> int:
        chain = next(_chains(node), None)
        if not near and chain is not None:
            return offset_of(self._text, chain)
        return offset_in_line(self._text, node.lineno, near)


def _chains(node: nodes.Node) -> Iterator[tuple[str, ...]]:
    chain = chain_of(node)
    if chain is not None:
        yield chain
        return
    for child in node.iter_child_nodes():
        yield from _chains(child)


_FOLLOWERS: Mapping[type[nodes.Node], Callable[..., Type]] = {
    nodes.Name: _Reading._name,
    nodes.Const: _Reading._constant,
    nodes.TemplateData: lambda _reading, node: constant(node.data),
    nodes.Getattr: _Reading._attribute,
    nodes.Getitem: _Reading._item,
    nodes.List: _Reading._list,
    nodes.Tuple: _Reading._list,
    nodes.Dict: _Reading._mapping,
    nodes.Filter: _Reading._filter,
    nodes.CondExpr: _Reading._condition,
    nodes.Compare: _Reading._comparison,
    nodes.Test: _Reading._test,
    nodes.And: _Reading._either,
    nodes.Or: _Reading._either,
    nodes.Not: _Reading._not,
    nodes.Concat: _Reading._concatenation,
    **dict.fromkeys((nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod), _Reading._arithmetic),
    nodes.Neg: _Reading._sign,
    nodes.Pos: _Reading._sign,
}
