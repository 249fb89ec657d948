"""Where a character of a scalar's value stands in the file: the scalar's place and an offset in, a position out.

Plain and quoted scalars of one line and literal blocks (``|``) are exact; in others the scalar's start is given.
"""

from __future__ import annotations

_ESCAPE_LENGTHS = {"x": 4, "u": 6, "U": 10}
Position = tuple[int, int]


def position_inside(text: str, start: Position, raw: str, offset: int) -> Position:
    """Line and column (from 1) of ``raw[offset]``, of the scalar that begins at ``start`` in the file ``text``."""
    line, column = start
    lines = text.split("\n")
    if not 0 < line <= len(lines):
        return start
    mark = lines[line - 1][column - 1 : column]
    if mark == "|":
        return _in_block(lines, line, raw, offset) or start
    if mark == '"':
        return line, _in_double_quotes(lines[line - 1], column, offset)
    if mark == "'":
        return line, column + 1 + offset + raw[:offset].count("'")
    return (line, column + offset) if lines[line - 1].startswith(raw[:offset], column - 1) else start


def _in_block(lines: list[str], line: int, raw: str, offset: int) -> Position | None:
    before = raw[:offset]
    index = line + before.count("\n")
    row = raw.split("\n")[before.count("\n")]
    if index >= len(lines):
        return None
    indent = len(lines[index].rstrip("\r")) - len(row)
    return (index + 1, indent + offset - before.rfind("\n")) if indent >= 0 else None


def _in_double_quotes(row: str, column: int, offset: int) -> int:
    at = column
    for _ in range(offset):
        if at >= len(row):
            return column
        at += _ESCAPE_LENGTHS.get(row[at + 1 : at + 2], 2) if row[at] == "\\" else 1
    return at + 1
