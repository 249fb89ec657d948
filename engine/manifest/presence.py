"""A JMESPath and data in, what it looks for in vain out. Pure; names and kinds only, never a value of the data.

Null that stands where the path leads is there. In a list it is enough that one element has the key, and an empty
list has nothing to look at; of alternatives (``a || b``) and of what a function is given, one is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jmespath.exceptions import JMESPathError

from engine.errors import ExpressionError
from engine.manifest.findings import nearest
from engine.manifest.language.expression_compiler import Node, children, compiled
from engine.manifest.language.expression_functions import LIMIT_STEPS, is_false
from engine.manifest.language.expressions import Path
from engine.model import Json

_FEW_KEYS = 12
_A_LIST = "[…]"


@dataclass(frozen=True, slots=True)
class Missing:
    """``key`` of ``path`` is not there. ``found`` says what stands in its place, ``near`` the key most like it."""

    path: str
    key: str
    found: str
    near: str | None = None

    @property
    def message(self) -> str:
        """One phrase: nothing stands at `data[].id`: no `id` is there, but an object with the keys ID, name"""
        wanted = "a list should be there" if self.key == _A_LIST else f"no `{self.key}` is there"
        return f"nothing stands at `{self.path}`: {wanted}, but {self.found}"

    @property
    def hint(self) -> str | None:
        return f"did you mean `{self.near}`?" if self.near else None


_Look = Callable[[Json], "tuple[list[Json], _Gap | None]"]
"""A value in; what the expression finds there (for a projection each element's), and what it lacks."""


@dataclass(frozen=True, slots=True)
class _Gap:
    key: str
    value: Json


def missing(path: Path, data: Json) -> Missing | None:
    """What ``path`` looks for in ``data`` and does not find; None where all of it is there."""
    gap = _looker(path)(data)[1]
    if gap is None:
        return None
    near = nearest(gap.key, map(str, gap.value)) if isinstance(gap.value, dict) else None
    return Missing(path.text, gap.key, shape_of(gap.value), near)


def shape_of(value: Json) -> str:
    """What ``value`` is, by its kind and its own keys only."""
    if isinstance(value, dict):
        keys = [str(key)[:40] for key in list(value)[:_FEW_KEYS]]
        more = ", …" if len(value) > _FEW_KEYS else ""
        return f"an object with the keys {', '.join(keys)}{more}" if keys else "an empty object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return "nothing" if value is None else "a single value"


@lru_cache(maxsize=1024)
def _looker(path: Path) -> _Look:
    return _look(path.tree)


def _look(node: Node) -> _Look:
    kind = node["type"]
    if kind == "field":
        return _field(node["value"])
    if kind in ("identity", "current"):
        return lambda value: ([value], None)
    if kind == "pipe":
        return _pipe(node)
    if kind in ("subexpression", "index_expression"):
        return _sequence([_look(child) for child in node["children"]])
    if kind in ("index", "slice"):
        return _listed(_selected(node))
    if kind == "flatten":
        return _sequence([_look(node["children"][0]), _flattened(node)])
    if "projection" in kind:
        return _projection(node)
    return _composed(node)


def _field(name: str) -> _Look:
    def look(value: Json) -> tuple[list[Json], _Gap | None]:
        if isinstance(value, dict) and name in value:
            return [value[name]], None
        return [], _Gap(name, value)

    return look


def _sequence(looks: Sequence[_Look]) -> _Look:
    def look(value: Json) -> tuple[list[Json], _Gap | None]:
        values = [value]
        for at, step in enumerate(looks):
            # Null on the way is there, and leads no further; null at the very beginning is no answer at all.
            values, gap = _any(step, values if at == 0 else [one for one in values if one is not None])
            if gap is not None:
                return [], gap
        return values, None

    return look


def _any(look: _Look, values: Sequence[Json]) -> tuple[list[Json], _Gap | None]:
    """What ``look`` finds in the values; a gap only where all of them have one."""
    found: list[Json] = []
    gaps: list[_Gap] = []
    for value in values:
        more, gap = look(value)
        found.extend(more)
        if gap is not None:
            gaps.append(gap)
    return found, gaps[0] if gaps and len(gaps) == len(values) else None


def _listed(select: Callable[[list[Json]], list[Json]]) -> _Look:
    def look(value: Json) -> tuple[list[Json], _Gap | None]:
        return (select(value), None) if isinstance(value, list) else ([], _Gap(_A_LIST, value))

    return look


def _selected(node: Node) -> Callable[[list[Json]], list[Json]]:
    if node["type"] == "slice":
        part = slice(*node["children"])
        return lambda items: items[part]
    index = node["value"]
    return lambda items: items[index : index + 1 or None]


def _flattened(node: Node) -> _Look:
    def look(value: Json) -> tuple[list[Json], _Gap | None]:
        if isinstance(value, list):
            return [one for item in value for one in (item if isinstance(item, list) else [item])], None
        # What a projection gives arrives one by one, and need not be a list itself.
        return ([value], None) if "projection" in node["children"][0]["type"] else ([], _Gap(_A_LIST, value))

    return look


def _pipe(node: Node) -> _Look:
    first, second = (_look(child) for child in node["children"])
    run = _evaluated(node["children"][0])

    def look(value: Json) -> tuple[list[Json], _Gap | None]:
        gap = first(value)[1]
        between = run(value) if gap is None else None
        return ([], gap) if between is None else second(between)

    return look


def _evaluated(node: Node) -> Callable[[Json], Json]:
    """What evaluates ``node``; where it fails on the data there is nothing, and who uses it is told elsewhere."""
    step = compiled(node)

    def run(value: Json) -> Json:
        try:
            return step(value, [LIMIT_STEPS])
        except (ExpressionError, JMESPathError, RecursionError, TypeError, ValueError, ArithmeticError):
            return None

    return run


def _projection(node: Node) -> _Look:
    base, right = node["children"][0], node["children"][1]
    looks = [_look(base)]
    if node["type"] == "value_projection":
        looks.append(_members)
    elif node["type"] == "filter_projection":
        looks.append(_filtered(node))
    elif not _gives_elements(base):
        looks.append(_listed(list))
    return _sequence([*looks, _look(right)])


def _gives_elements(node: Node) -> bool:
    """Whether looking at ``node`` gives a list's elements already: it flattens, or ends in a slice."""
    last = node["children"][-1] if node["type"] == "index_expression" else node
    return last["type"] in ("flatten", "slice")


def _members(value: Json) -> tuple[list[Json], _Gap | None]:
    return (list(value.values()), None) if isinstance(value, dict) else ([], _Gap("*", value))


def _filtered(node: Node) -> _Look:
    """The elements that pass. What the condition compares must be there in one of them; a mere flag need not."""
    condition = node["children"][2]
    holds = _evaluated(condition)
    compared = _look(condition) if condition["type"] == "comparator" else None

    def look(value: Json) -> tuple[list[Json], _Gap | None]:
        if not isinstance(value, list):
            return [], _Gap(_A_LIST, value)
        gap = _any(compared, value)[1] if compared is not None else None
        return ([], gap) if gap is not None else ([item for item in value if not is_false(holds(item))], None)

    return look


def _composed(node: Node) -> _Look:
    """Of the parts that read data one must be there; what is made of them is not looked into."""
    parts = [_look(child) for child in _parts(node)]
    run = _evaluated(node)

    def look(value: Json) -> tuple[list[Json], _Gap | None]:
        gaps = [part(value)[1] for part in parts]
        if gaps and all(gaps):
            return [], gaps[0]
        return [run(value)], None

    return look


def _parts(node: Node) -> list[Any]:
    """The parts that read data, unless one of several alternatives reads none: that one is always there."""
    found = [child["children"][0] if child["type"] == "key_val_pair" else child for child in children(node)]
    found = [child for child in found if child["type"] != "expref"]
    reading = [child for child in found if _reads(child)]
    return [] if node["type"] == "or_expression" and len(reading) < len(found) else reading


def _reads(node: Node) -> bool:
    return node["type"] == "field" or any(map(_reads, children(node)))
