"""Plain text in, the same as simple HTML out: escaped, lines broken with <br>, bullets as a list. Pure."""

from __future__ import annotations

from html import escape
from itertools import groupby

from engine.writeback.text import BULLET


def as_html(text: str) -> str:
    """``text`` in HTML of p-less lines: nothing of it is read as markup, runs of bullets become one <ul>."""
    parts: list[str] = []
    for is_list, lines in groupby(text.split("\n"), key=lambda line: line.startswith(BULLET)):
        if is_list:
            items = (f"<li>{escape(line.removeprefix(BULLET))}</li>" for line in lines)
            parts.append(f"<ul>{''.join(items)}</ul>")
        else:
            parts.append("<br>".join(escape(line) for line in lines))
    return "".join(parts)
