"""JMESPath text in, a checked and compiled ``Path`` out: the only place that evaluates JMESPath.

Bounds: 500 characters, 30 deep, 200 nodes; a budget of steps while running; a result that was built (not merely
picked out of the data) is at most 1 MiB as JSON and holds finite numbers only. Messages hold no data.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from jmespath.exceptions import JMESPathTypeError, LexerError, ParseError
from jmespath.lexer import Lexer

from engine.errors import ExpressionError
from engine.manifest.findings import did_you_mean
from engine.manifest.language.expression_compiler import Node, children, compiled
from engine.manifest.language.expression_functions import (
    EXPRESSION_ARGUMENT,
    LIMIT_STEPS,
    SIGNATURES,
    Step,
    is_false,
    measure,
)
from engine.manifest.language.expression_parser import LocatedParser
from engine.model import Json

LIMIT_CHARACTERS = 500
LIMIT_DEPTH = 30
LIMIT_NODES = 200
LIMIT_RESULT_BYTES = 1024 * 1024

Chain = tuple[str, ...]

# These give parts of what they are given, each at most once: their result cannot outgrow the data.
_PICKING = frozenset(
    {
        *("field", "subexpression", "index", "index_expression", "slice", "projection", "value_projection"),
        *("filter_projection", "flatten", "pipe", "identity", "current", "or_expression", "and_expression"),
    }
)

_LITERAL = re.compile(r"`((?:\\.|[^`\\])*)`", re.DOTALL)
_OPENING = frozenset({"lbracket", "filter", "lbrace", "lparen"})
_CLOSING = frozenset({"rbracket", "rbrace", "rparen"})


class ExpressionSyntaxError(ExpressionError):
    """The expression cannot be read.

    ``offset`` is the character it stumbles at, from 0.
    """

    def __init__(self, message: str, *, offset: int = 0, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Path:
    """A compiled JMESPath expression. Call it with plain data.

    ``references`` are the chains of names it reads from the root, such as ``("candidate", "email")``, each up to
    its first index, projection or function. ``tree`` is its syntax tree (``expression_parser``).
    """

    text: str
    references: tuple[Chain, ...] = field(compare=False)
    tree: Node = field(compare=False, repr=False)
    _step: Step = field(compare=False, repr=False)
    _builds: bool = field(compare=False, repr=False)

    def __call__(self, data: Json) -> Json:
        """What the expression selects from ``data``; None where there is nothing. Raises ExpressionError."""
        try:
            result = self._step(data, [LIMIT_STEPS])
            if self._builds:
                measure(result, LIMIT_RESULT_BYTES)
        except ExpressionError as error:
            raise ExpressionError(f"{error.message} (in `{self.text}`)") from None
        except JMESPathTypeError as error:
            raise ExpressionError(f"{_type_problem(error)} (in `{self.text}`)") from None
        except RecursionError:
            raise ExpressionError(f"the data is nested too deep (for `{self.text}`)") from None
        except (TypeError, ValueError, ArithmeticError, MemoryError):
            raise ExpressionError(f"the data does not fit what `{self.text}` does with it") from None
        if isinstance(result, float) and not math.isfinite(result):
            raise ExpressionError(f"`{self.text}` gives a number that is not finite")
        return result

    def offset_of(self, chain: Chain) -> int:
        """The character (from 0) at which ``chain`` stands in the text; 0 where it cannot be told."""
        tokens = [token for token in Lexer().tokenize(self.text) if token["type"] != "dot"]
        names = [token["value"] if token["type"].endswith("identifier") else None for token in tokens]
        for index in range(len(names)):
            if tuple(names[index : index + len(chain)]) == chain:
                return int(tokens[index]["start"])
        return 0


def holds(result: Json) -> bool:
    """Whether a condition that gave ``result`` holds: JMESPath's own truth, where the number 0 is true."""
    return not is_false(result)


@lru_cache(maxsize=1024)
def compile_path(text: str) -> Path:
    """``text`` as a Path. Raises ExpressionSyntaxError."""
    if not text.strip():
        raise ExpressionSyntaxError("the expression is empty")
    if len(text) > LIMIT_CHARACTERS:
        raise ExpressionSyntaxError(f"the expression is longer than {LIMIT_CHARACTERS} characters")
    tree = _parsed(text)
    _check(tree, text)
    references = tuple(sorted(set(_references(tree))))
    return Path(text, references, tree, compiled(tree), not _picks(tree))


def negates_too_early(path: Path) -> bool:
    """Whether ``path`` picks something out of a negation: ``!a.b`` is ``(!a).b``, which is never there."""
    waiting = [path.tree]
    while waiting:
        node = waiting.pop()
        below = list(children(node))
        further = node["type"] in ("subexpression", "index_expression", "flatten") or "projection" in node["type"]
        if further and below and below[0]["type"] == "not_expression":
            return True
        waiting.extend(below)
    return False


def _parsed(text: str) -> Node:
    try:
        _check_tokens(text)
        tree: Node = LocatedParser().parse(text).parsed
    except LexerError as error:
        raise ExpressionSyntaxError(_lexing_problem(error), offset=error.lex_position) from None
    except ParseError as error:
        raise _parsing_problem(error, text) from None
    except (RecursionError, ValueError, Warning):
        raise ExpressionSyntaxError("the expression cannot be read") from None
    return tree


def _check_tokens(text: str) -> None:
    """Before parsing, because the parser recurses: brackets and prefixes may open 30 times, no more."""
    depth = prefixes = 0
    for token in Lexer().tokenize(text):
        kind, start = token["type"], token["start"]
        depth += (kind in _OPENING) - (kind in _CLOSING)
        prefixes = prefixes + 1 if kind in ("not", "expref") else 0
        if depth > LIMIT_DEPTH or prefixes > LIMIT_DEPTH:
            raise _too_deep(start)
        if kind == "literal" and text[start] == "`" and not _is_json_literal(text, start):
            hint = "a text stands between single quotes: 'text'"
            raise ExpressionSyntaxError("what stands between backticks must be JSON", offset=start, hint=hint)


def _is_json_literal(text: str, start: int) -> bool:
    """Whether the literal at ``start`` is JSON; where it is not, jmespath would quietly take it as text."""
    literal = _LITERAL.match(text, start)
    try:
        json.loads(literal[1].replace("\\`", "`") if literal else "")
    except ValueError:
        return False
    return True


def _too_deep(offset: int = 0) -> ExpressionSyntaxError:
    return ExpressionSyntaxError(f"the expression is nested more than {LIMIT_DEPTH} deep", offset=offset)


def _lexing_problem(error: LexerError) -> str:
    if "Unclosed" in error.message:
        return f"the {str(error.message)[9:10]} that is opened here is not closed"
    if "Bad token" in error.message:
        return "what stands between backticks must be JSON"
    if "escape" in error.message:
        return "an unknown escape stands between the double quotes"
    return f"`{str(error.lexer_value)[:20]}` is not expected here"


def _parsing_problem(error: ParseError, text: str) -> ExpressionSyntaxError:
    if error.token_type in ("EOF", None) or error.lex_position >= len(text):
        return ExpressionSyntaxError("the expression ends too early", offset=len(text))
    hint = None
    if error.token_type == "NUMBER":
        hint = "a number stands between backticks: `5`"
    elif "{{" in text:
        hint = "JMESPath stands without braces: no `{{ }}` around it"
    shown = str(error.token_value)[:40]
    return ExpressionSyntaxError(f"`{shown}` is not expected here", offset=error.lex_position, hint=hint)


def _check(tree: Node, text: str) -> None:
    if tree["type"] == "expref":
        raise _misplaced_reference(text)
    waiting, nodes = [(tree, 1)], 0
    while waiting:
        node, depth = waiting.pop()
        nodes += 1
        if depth > LIMIT_DEPTH:
            raise _too_deep()
        if nodes > LIMIT_NODES:
            raise ExpressionSyntaxError(f"the expression has more than {LIMIT_NODES} parts")
        _check_node(node, text)
        waiting.extend((child, depth + 1) for child in children(node))


def _check_node(node: Node, text: str) -> None:
    kind = node["type"]
    if kind == "slice" and node["children"][2] == 0:
        raise ExpressionSyntaxError("the step of a slice cannot be 0", offset=text.find(":"))
    if kind == "literal" and not _is_finite(node["value"]):
        raise ExpressionSyntaxError("a number must be finite", offset=text.find("`"))
    if kind == "function_expression":
        _check_function(node, text)
    allowed = EXPRESSION_ARGUMENT.get(node["value"]) if kind == "function_expression" else None
    for place, child in enumerate(children(node)):
        if child["type"] == "expref" and place != allowed:
            raise _misplaced_reference(text)


def _misplaced_reference(text: str) -> ExpressionSyntaxError:
    hint = f"only {', '.join(sorted(EXPRESSION_ARGUMENT))} take an expression with `&`"
    return ExpressionSyntaxError("`&` is not expected here", offset=text.find("&"), hint=hint)


def _check_function(node: Node, text: str) -> None:
    name, given = node["value"], node["children"]
    offset = max(0, text.find(f"{name}("))
    if name not in SIGNATURES:
        raise ExpressionSyntaxError(f"unknown function `{name}`", offset=offset, hint=did_you_mean(name, SIGNATURES))
    signature = SIGNATURES[name]
    variadic = bool(signature[-1].get("variadic"))
    if len(given) < len(signature) or (len(given) > len(signature) and not variadic):
        wanted = f"at least {len(signature)}" if variadic else str(len(signature))
        raise ExpressionSyntaxError(f"{name}() takes {wanted} argument(s), {len(given)} given", offset=offset)
    place = EXPRESSION_ARGUMENT.get(name)
    if place is not None and given[place]["type"] != "expref":
        raise ExpressionSyntaxError(f"{name}() takes an expression with `&` as argument {place + 1}", offset=offset)


def _is_finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    if isinstance(value, list):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def _type_problem(error: JMESPathTypeError) -> str:
    expected = " or ".join(str(kind) for kind in error.expected_types)
    return f"{error.function_name}() expects {expected}, found {error.actual_type}"


def _picks(node: Node) -> bool:
    if node["type"] not in _PICKING:
        return False
    # A filter's condition (its third child) decides, and is not part of the result.
    return all(_picks(child) for child in children(node)[:2])


def _references(tree: Node) -> Iterator[Chain]:
    found: list[Chain] = []
    _use(_follow(tree, (), found), found)
    return iter(found)


def _use(chain: Chain | None, found: list[Chain]) -> None:
    if chain:
        found.append(chain)


def _follow(node: Node, at: Chain | None, found: list[Chain]) -> Chain | None:
    """The chain that ``node`` selects when evaluated at chain ``at``; None where it is no plain chain any more."""
    kind = node["type"]
    if kind == "field":
        return None if at is None else (*at, node["value"])
    if kind in ("current", "identity"):
        return at
    if kind in ("subexpression", "pipe", "index_expression"):
        for child in node["children"]:
            at = _follow(child, at, found)
        return at
    if kind in ("index", "slice"):
        _use(at, found)
        return None
    for place, child in enumerate(children(node)):
        elsewhere = kind == "expref" or ("projection" in kind and place > 0)
        _use(_follow(child, None if elsewhere else at, found), found)
    return None
