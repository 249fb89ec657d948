"""What a template may be made of, decided on its syntax tree before it can run; and which names it reads.

Everything not named here is refused: calls, macros, includes, imports, inheritance, assignments, and, outside
notes, every statement.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Literal

from jinja2 import nodes

from engine.manifest.findings import did_you_mean
from engine.manifest.language.expressions import Chain, ExpressionSyntaxError
from engine.manifest.language.template_filters import FILTERS, TESTS

Kind = Literal["value", "text", "path", "address", "note"]

LIMIT_DEPTH = 40
LIMIT_NODES = 1_000
LIMIT_LOOP_DEPTH = 2
NO_PROJECTION = "use `| join` or `| bullets`, or read it in JMESPath where one stands"

_EXPRESSIONS = (
    *(nodes.Name, nodes.Const, nodes.TemplateData, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair),
    *(nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Filter, nodes.Test, nodes.Keyword),
    *(nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Concat),
    *(nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Neg, nodes.Pos),
)
_ALWAYS = (nodes.Template, nodes.Output, *_EXPRESSIONS)
_IN_NOTES = (nodes.If, nodes.For)
_WORDS = {
    "Assign": "`set`",
    "AssignBlock": "`set`",
    "CallBlock": "`call`",
    "FilterBlock": "`filter`",
    "FromImport": "`import`",
    "Macro": "a macro",
    "Pow": "`**`",
    "Scope": "`autoescape`",
    "ScopedEvalContextModifier": "`autoescape`",
}
_RESERVED = frozenset({"self", "super", "caller", "varargs", "kwargs"})


def check(tree: nodes.Template, text: str, kind: Kind) -> None:
    """Raises ExpressionSyntaxError when ``tree`` holds what a template of this kind may not."""
    waiting: list[tuple[nodes.Node, int, int]] = [(tree, 1, 0)]
    count = 0
    while waiting:
        node, depth, loops = waiting.pop()
        count += 1
        if depth > LIMIT_DEPTH or count > LIMIT_NODES:
            raise ExpressionSyntaxError("the template is too large or nested too deep")
        loops += isinstance(node, nodes.For)
        if loops > LIMIT_LOOP_DEPTH:
            raise _refusal(f"loops may stand in each other {LIMIT_LOOP_DEPTH} deep, no more", node, text, "for")
        _check_node(node, text, kind)
        waiting.extend((child, depth + 1, loops) for child in node.iter_child_nodes())


def _check_node(node: nodes.Node, text: str, kind: Kind) -> None:
    if not isinstance(node, _ALWAYS):
        _check_statement(node, text, kind)
    elif isinstance(node, nodes.Filter):
        _check_filter(node, text)
    elif isinstance(node, nodes.Test) and node.name not in TESTS:
        raise _refusal(f"unknown test `is {node.name}`", node, text, node.name, did_you_mean(node.name, TESTS))
    elif isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        raise _refusal("names that begin with `_` cannot be read", node, text, node.attr)
    elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Tuple):
        raise _refusal("Jinja has no `[]`: it would give nothing", node, text, "[]", NO_PROJECTION)
    elif isinstance(node, nodes.Getitem) and _constant(node.arg).startswith("__"):
        raise _refusal("names that begin with `__` cannot be read", node, text, "__")
    elif isinstance(node, nodes.Name) and (node.name.startswith("_") or node.name in _RESERVED):
        raise _refusal(f"the name `{node.name}` cannot be read", node, text, node.name)


def _check_statement(node: nodes.Node, text: str, kind: Kind) -> None:
    name = type(node).__name__
    if isinstance(node, nodes.Call):
        raise _refusal("a call `…()` is not allowed in a template", node, text, "(", _as_filter(node))
    if not isinstance(node, _IN_NOTES):
        what = _WORDS.get(name, f"`{name.lower()}`")
        raise _refusal(f"{what} is not allowed in a template", node, text, name.lower())
    if kind != "note":
        hint = "choose with `{{ a if condition else b }}`" if isinstance(node, nodes.If) else None
        raise _refusal(f"`{{% {name.lower()} %}}` is allowed in notes only", node, text, "{%", hint or "")
    if isinstance(node, nodes.For) and (node.recursive or not isinstance(node.target, nodes.Name)):
        raise _refusal("a loop is `{% for name in list %}`", node, text, "for")


def _as_filter(node: nodes.Call) -> str:
    """The filter of the same name as what is called, written as filters are; "" where there is none."""
    name = node.node.name if isinstance(node.node, nodes.Name) else ""
    taken = chain_of(node.args[0]) if node.args else None
    return f"write `{'.'.join(taken or ('x',))} | {name}`" if name in FILTERS else ""


def _check_filter(node: nodes.Filter, text: str) -> None:
    if node.name not in FILTERS or node.node is None:
        hint = did_you_mean(node.name, FILTERS) or f"one of: {', '.join(FILTERS)}"
        raise _refusal(f"unknown filter `{node.name}`", node, text, node.name, hint)
    try:
        if node.dyn_args or node.dyn_kwargs:
            raise TypeError
        names: dict[str, None] = {str(keyword.key): None for keyword in node.kwargs}
        inspect.signature(FILTERS[node.name]).bind(None, *(None for _ in node.args), **names)
    except TypeError:
        parameters = ", ".join(list(inspect.signature(FILTERS[node.name]).parameters)[1:]) or "nothing"
        raise _refusal(
            f"`{node.name}` does not take these arguments", node, text, node.name, f"it takes: {parameters}"
        ) from None


def _refusal(message: str, node: nodes.Node, text: str, near: str, hint: str = "") -> ExpressionSyntaxError:
    return ExpressionSyntaxError(message, offset=offset_in_line(text, node.lineno, near), hint=hint or None)


def offset_in_line(text: str, line: int | None, near: str = "") -> int:
    """The character (from 0) of ``near`` in or after line ``line`` (from 1) of ``text``; else the line's first."""
    start = sum(len(part) for part in text.splitlines(keepends=True)[: max(0, (line or 1) - 1)])
    found = text.find(near, start) if near else -1
    return found if found >= 0 else start


def _constant(node: nodes.Node) -> str:
    return node.value if isinstance(node, nodes.Const) and isinstance(node.value, str) else ""


def chain_of(node: nodes.Node) -> Chain | None:
    """The chain of names that ``node`` reads, such as ``a.b["c"]``; None where it is anything else."""
    if isinstance(node, nodes.Name):
        return (node.name,)
    if isinstance(node, nodes.Getattr):
        base = chain_of(node.node)
        return None if base is None else (*base, node.attr)
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
        base = chain_of(node.node)
        return None if base is None else (*base, node.arg.value)
    return None


def references(node: nodes.Node, local: frozenset[str] = frozenset()) -> Iterator[Chain]:
    """The chains of names that ``node`` reads from its context; a loop's own names are not among them."""
    chain = chain_of(node)
    if chain is not None:
        if chain[0] not in local:
            yield chain
        return
    inner = local
    if isinstance(node, nodes.For) and isinstance(node.target, nodes.Name):
        yield from references(node.iter, local)
        inner = local | {node.target.name, "loop"}
    for child in node.iter_child_nodes(exclude=("iter", "target") if isinstance(node, nodes.For) else None):
        yield from references(child, inner)
