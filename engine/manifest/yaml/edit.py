"""YAML text, a path and a new value in, the text with that value out: all else, comments and layout, stays as it is.

The text is one that ``source`` reads. A list may be given new elements and ones it has already (``Kept``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import yaml

from engine.manifest.yaml.reader import PathKey
from engine.manifest.yaml.writer import block, inline
from engine.model import Json

_Loader: type[yaml.SafeLoader] | type[yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Style = Literal["scalar", "flow", "block"]


@dataclass(frozen=True, slots=True)
class Kept:
    """In a new list: the element that stands at ``index`` now, as it is written."""

    index: int


@dataclass(frozen=True, slots=True)
class _Span:
    """Where a value stands: offsets into the text, the column of its start, and how it is written."""

    start: int
    end: int
    column: int
    style: Style
    in_flow: bool


def paths_of(text: str) -> frozenset[PathKey]:
    """The paths of all values in ``text``."""
    return frozenset(_spans(text))


def replaced(text: str, path: PathKey, value: Json) -> str:
    """``text`` with ``value`` at ``path``, where some value stands now. Raises KeyError where none does."""
    spans = _spans(text)
    span = spans[path]
    if isinstance(value, list) and value and any(isinstance(item, Kept) for item in value):
        items = _items(spans, path)
        return (
            _block_list(text, span, items, value) if span.style == "block" else _flow_list(text, span, items, value)
        )
    start = _behind_key(text, span)
    is_alone = not text[span.end :].partition("\n")[0].strip()
    is_lines = isinstance(value, str) and "\n" in value and not span.in_flow and span.style != "block" and is_alone
    written = _literal(text, span, value) if is_lines else inline(value)
    space = " " if start < span.start else ""
    return f"{text[:start]}{space}{written}{text[span.end :]}"


def _behind_key(text: str, span: _Span) -> int:
    """Where what is written on one line may begin: behind the key, where the value began on a line of its own."""
    before = text[: span.start].rstrip(" \n")
    if span.style == "block" and before.endswith(":") and "\n" in text[len(before) : span.start]:
        return len(before)
    return span.start


def _literal(text: str, span: _Span, value: str) -> str:
    line = text[text.rfind("\n", 0, span.start) + 1 : span.start]
    indent = len(line) - len(line.lstrip(" -")) + 2
    return block(value, 0).rstrip("\n").replace("\n  ", "\n" + " " * indent)


def _flow_list(text: str, span: _Span, items: Sequence[_Span], value: Sequence[Json]) -> str:
    written = (
        text[items[one.index].start : items[one.index].end] if isinstance(one, Kept) else inline(one) for one in value
    )
    return f"{text[: span.start]}[{', '.join(written)}]{text[span.end :]}"


def _block_list(text: str, span: _Span, items: Sequence[_Span], value: Sequence[Json]) -> str:
    starts = [_line_of_item(text, item, span.column) for item in items]
    first, end = starts[0], text.find("\n", span.end) + 1 or len(text)
    starts = [first, *(_with_comments(text, start) for start in starts[1:]), end]
    chunks = [text[one:other] for one, other in pairwise(starts)]
    chunks = [chunk if chunk.endswith("\n") else f"{chunk}\n" for chunk in chunks]
    fresh = " " * span.column
    written = (chunks[one.index] if isinstance(one, Kept) else f"{fresh}- {inline(one)}\n" for one in value)
    return f"{text[:first]}{''.join(written)}{text[end:]}"


def _line_of_item(text: str, item: _Span, column: int) -> int:
    """The start of the line on which the dash of ``item`` stands."""
    start = text.rfind("\n", 0, item.start) + 1
    while start > 0 and text[start + column : start + column + 1] != "-":
        start = text.rfind("\n", 0, start - 1) + 1
    return start


def _with_comments(text: str, start: int) -> int:
    """``start`` of a line, or that of the comment right above it."""
    while start > 0:
        above = text.rfind("\n", 0, start - 1) + 1
        if not text[above:start].lstrip().startswith("#"):
            break
        start = above
    return start


def _items(spans: dict[PathKey, _Span], path: PathKey) -> list[_Span]:
    found: list[_Span] = []
    while (span := spans.get((*path, len(found)))) is not None:
        found.append(span)
    return found


def _spans(text: str) -> dict[PathKey, _Span]:
    return dict(_walk(yaml.compose(text, Loader=_Loader), text, (), in_flow=False))


def _walk(node: yaml.Node | None, text: str, path: PathKey, *, in_flow: bool) -> Iterator[tuple[PathKey, _Span]]:
    if node is None:
        return
    is_block = isinstance(node, yaml.CollectionNode) and not node.flow_style
    inside: list[tuple[PathKey, _Span]] = []
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inside += _walk(value, text, (*path, key.value), in_flow=in_flow or not is_block)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            inside += _walk(value, text, (*path, index), in_flow=in_flow or not is_block)
    start, end = node.start_mark.index, node.end_mark.index
    if is_block and inside:
        # The mark of a block's end is where the next thing begins, comments and all.
        end = max(span.end for _, span in inside)
    end = start + len(text[start:end].rstrip())
    style: Style = "block" if is_block else "flow" if isinstance(node, yaml.CollectionNode) else "scalar"
    yield path, _Span(start, end, node.start_mark.column, style, in_flow)
    yield from inside
