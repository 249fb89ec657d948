"""Jinja text in, a checked and compiled ``Template`` out; ``Tree`` does so for nested mappings and lists.

Kinds: ``value`` (a leaf that is exactly one ``{{ expression }}`` keeps its type, and is UNSET where it is
undefined; anything else is text), ``text``, ``path`` (each output is one percent-encoded path segment), ``address``
(the same, but the first output is the beginning of an address, taken as it is) and ``note`` (text for people; ``if``
and ``for`` are allowed). Simple templates run without Jinja.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from jinja2 import TemplateError, TemplateSyntaxError, Undefined, UndefinedError, nodes

from engine.errors import ExpressionError
from engine.manifest.language.expressions import Chain, ExpressionSyntaxError
from engine.manifest.language.template_checks import Kind, chain_of, check, offset_in_line, references
from engine.manifest.language.template_engine import NOTES, PLAIN, check_output, evaluator, renderer
from engine.manifest.language.template_filters import text_of
from engine.model import Json

LIMIT_BYTES = 4 * 1024


class Unset(enum.Enum):
    """The type of UNSET."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET
"""What an undefined value renders to: it is left out. Not null, which is sent."""

Context = Mapping[str, Json]
_Evaluate = Callable[[Context], Json]


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template. ``references`` are the chains of names it reads from its context."""

    text: str
    kind: Kind
    references: tuple[Chain, ...] = field(compare=False)
    _render: _Evaluate = field(compare=False, repr=False)

    def render(self, context: Context) -> Json:
        """What the template gives for ``context``: plain data, or UNSET. Raises ExpressionError; no data in it."""
        try:
            return self._render(context)
        except ExpressionError:
            raise
        except UndefinedError as error:
            missing = _first_missing(self.references, context)
            raise ExpressionError(f"`{missing}` is not defined" if missing else str(error.message)) from None
        except RecursionError:
            raise ExpressionError("the data is nested too deep") from None
        except (TemplateError, TypeError, ValueError, LookupError, ArithmeticError, MemoryError):
            raise ExpressionError(f"the data does not fit what `{_shown(self.text)}` does with it") from None


@lru_cache(maxsize=2048)
def compile_template(text: str, kind: Kind) -> Template:
    """``text`` as a Template. Raises ExpressionSyntaxError."""
    if len(text.encode("utf-8", "replace")) > LIMIT_BYTES:
        raise ExpressionSyntaxError(f"the template is longer than {LIMIT_BYTES // 1024} KiB")
    tree = syntax_tree(text, kind)
    check(tree, text, kind)
    chains = tuple(sorted(set(references(tree))))
    outputs = [part for node in tree.body if isinstance(node, nodes.Output) for part in node.nodes]
    is_expression = len(tree.body) == 1 and len(outputs) == 1 and not isinstance(outputs[0], nodes.TemplateData)
    try:
        render = _renderer(tree, outputs, kind, is_expression)
    except (RecursionError, SyntaxError, MemoryError, TemplateError):
        raise ExpressionSyntaxError("the template is nested too deep") from None
    return Template(text, kind, chains, render)


def syntax_tree(text: str, kind: Kind) -> nodes.Template:
    """The template as Jinja reads it. Raises ExpressionSyntaxError."""
    try:
        return (NOTES if kind == "note" else PLAIN).parse(text)
    except TemplateSyntaxError as error:
        message = (error.message or "the template cannot be read").rstrip(".")
        raise ExpressionSyntaxError(message, offset=offset_in_line(text, error.lineno)) from None
    except (RecursionError, MemoryError, ValueError):
        raise ExpressionSyntaxError("the template is nested too deep") from None


def _renderer(tree: nodes.Template, outputs: list[nodes.Expr], kind: Kind, is_expression: bool) -> _Evaluate:
    if any(not isinstance(node, nodes.Output) for node in tree.body):
        return renderer(tree)
    if is_expression and kind == "value":
        return _typed(outputs[0])
    parts = [_part(output, "text" if kind == "address" and not at else kind) for at, output in enumerate(outputs)]
    if kind == "address" and len(parts) > 1 and str(parts[1]).startswith("/"):
        parts[0] = _without_slash(parts[0])
    if all(isinstance(part, str) for part in parts):
        whole = "".join(part for part in parts if isinstance(part, str))
        return lambda _: whole
    return _joined(parts)


def _without_slash(beginning: str | _Evaluate) -> str | _Evaluate:
    """A base address whose own last slash is not doubled by the path written behind it."""
    return beginning if isinstance(beginning, str) else lambda context: str(beginning(context)).rstrip("/")


def _joined(parts: list[str | _Evaluate]) -> _Evaluate:
    def render(context: Context) -> str:
        texts, size = [], 0
        for part in parts:
            text = part if isinstance(part, str) else part(context)
            size += len(text)
            check_output(size)
            texts.append(text)
        return "".join(texts)

    return render


def _part(output: nodes.Expr, kind: Kind) -> str | _Evaluate:
    if isinstance(output, nodes.TemplateData):
        return output.data
    evaluate, chain = _evaluator(output)
    name = ".".join(chain) if chain else next((".".join(used) for used in references(output)), "a part")

    def as_text(context: Context) -> str:
        return text_of(_defined(evaluate(context), name))

    def as_segment(context: Context) -> str:
        return _segment(text_of(_defined(evaluate(context), name)), name)

    return as_segment if kind in ("path", "address") else as_text


def _segment(text: str, name: str) -> str:
    if not text:
        raise ExpressionError(f"`{name}` is empty: the path cannot be made")
    if text in (".", ".."):
        raise ExpressionError(f"`{name}` is no usable part of a path: the path cannot be made")
    return quote(text, safe="")


def _defined(value: Json, name: str) -> Json:
    if value is UNSET:
        raise ExpressionError(f"`{name}` is not defined")
    return value


def _typed(output: nodes.Expr) -> _Evaluate:
    evaluate, chain = _evaluator(output)
    return evaluate if chain else lambda context: _plain(evaluate(context))


def _evaluator(output: nodes.Expr) -> tuple[_Evaluate, Chain | None]:
    """What gives the value of ``output``, or UNSET; and the chain of names it is, if it is no more than that."""
    chain = chain_of(output)
    if chain is not None:
        return _by_chain(chain), chain
    run, about = evaluator(output), _about(output)
    subject = _by_chain(about) if about else None

    def evaluate(context: Context) -> Json:
        if subject is not None and subject(context) is UNSET:
            return UNSET
        value = run(context)
        return UNSET if isinstance(value, Undefined) else value

    return evaluate, None


def _about(output: nodes.Expr) -> Chain | None:
    """The chain of names that ``output`` puts through filters: where it is undefined, so is what they would give."""
    node: nodes.Expr | None = output
    while isinstance(node, nodes.Filter) and node.name != "default":
        node = node.node
    return chain_of(node) if node is not None else None


def _by_chain(chain: Chain) -> _Evaluate:
    root, rest = chain[0], chain[1:]

    def evaluate(context: Context) -> Json:
        value = context.get(root, UNSET)
        for name in rest:
            if not isinstance(value, dict):
                return UNSET
            value = value.get(name, UNSET)
        return value

    return evaluate


def _plain(value: Json) -> Json:
    if value is UNSET or value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, dict):
        return {text_of(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, Undefined):
        str(value)
    raise ExpressionError("the template gives a value that is no plain data")


def _first_missing(chains: tuple[Chain, ...], context: Context) -> str | None:
    for chain in chains:
        if _by_chain(chain)(context) is UNSET:
            return ".".join(chain)
    return None


def _shown(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


@dataclass(frozen=True, slots=True)
class Tree:
    """Nested mappings and lists of templates and constants. ``references`` are those of all its templates."""

    references: tuple[Chain, ...]
    _root: Json = field(repr=False)

    @property
    def written(self) -> Json:
        """The tree as it stands in the file."""
        return _written(self._root)

    def render(self, context: Context) -> Json:
        """The tree with each leaf rendered; leaves that are UNSET are left out. Raises ExpressionError.

        A mapping of which nothing is left is left out too, but for the outermost.
        """
        rendered = _rendered(self._root, context)
        return {} if rendered is UNSET and isinstance(self._root, dict) else rendered


def compile_tree(node: Json, kind: Kind) -> Tree:
    """``node``, as read from YAML, as a Tree: its texts are templates, keys and other scalars stay as they are.

    Raises ExpressionSyntaxError at the first bad leaf.
    """
    found: set[Chain] = set()

    def build(item: Json) -> Json:
        if isinstance(item, dict):
            return {key: build(value) for key, value in item.items()}
        if isinstance(item, list):
            return [build(value) for value in item]
        if not isinstance(item, str):
            return item
        template = compile_template(item, kind)
        found.update(template.references)
        return template

    root = build(node)
    return Tree(tuple(sorted(found)), root)


def _written(node: Json) -> Json:
    if isinstance(node, dict):
        return {key: _written(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_written(value) for value in node]
    return node.text if isinstance(node, Template) else node


def _rendered(node: Json, context: Context) -> Json:
    if isinstance(node, Template):
        return node.render(context)
    if isinstance(node, dict):
        pairs = ((key, _rendered(value, context)) for key, value in node.items())
        left = {key: value for key, value in pairs if value is not UNSET}
        return left if left or not node else UNSET
    if isinstance(node, list):
        return [value for item in node if (value := _rendered(item, context)) is not UNSET]
    return node
