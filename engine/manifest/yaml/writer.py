"""Plain data in, YAML text out that ``source`` reads back as the same data. Recordings and updates are written so.

Numbers that this part of YAML does not know (above 18 digits, with an exponent) are written as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from engine.manifest.yaml.reader import NOT_TEXT, typed
from engine.model import Json

_PLAIN = re.compile(r"[A-Za-z_$À-ɏ](?:[\w ./@()+-]*[\w./@()+-])?")
_LONG_LINE = 100


def block(data: Json, indent: int = 0) -> str:
    """``data`` as lines of block style, each ``indent`` deep and ended; short inner values stand on one line."""
    return "".join(f"{' ' * indent}{line}\n" if line else "\n" for line in _lines(data))


def inline(data: Json) -> str:
    """``data`` on one line, as it may stand behind a key or in a list."""
    if isinstance(data, Mapping):
        return "{" + ", ".join(f"{_scalar(str(key))}: {inline(value)}" for key, value in data.items()) + "}"
    if isinstance(data, (list, tuple)):
        return "[" + ", ".join(map(inline, data)) + "]"
    return _scalar(data)


def _lines(data: Json) -> Iterator[str]:
    if isinstance(data, Mapping) and data:
        for key, value in data.items():
            yield from _entry(f"{_scalar(str(key))}:", value, "  ")
    elif isinstance(data, list) and data:
        for value in data:
            yield from _entry("-", value, "  ")
    elif isinstance(data, str) and _is_literal(data):
        yield "|-" if not data.endswith("\n") else "|"
        yield from (f"  {line}" if line else "" for line in data.removesuffix("\n").split("\n"))
    else:
        yield inline(data)


def _entry(head: str, value: Json, indent: str) -> Iterator[str]:
    short = inline(value)
    if len(head) + len(short) < _LONG_LINE and not (isinstance(value, str) and _is_literal(value)):
        yield f"{head} {short}"
        return
    first, *rest = _lines(value)
    if isinstance(value, str):
        yield f"{head} {first}"
        yield from rest
    elif head == "-":
        yield f"- {first}"
        yield from (f"{indent}{line}" if line else "" for line in rest)
    else:
        yield head
        yield from (f"{indent}{line}" if line else "" for line in (first, *rest))


def _is_literal(text: str) -> bool:
    """Whether ``text`` can stand as it is in a literal block."""
    return (
        "\n" in text.removesuffix("\n")
        and not text.endswith("\n\n")
        and not text[:1].isspace()
        and not re.search(r"[\r\t]|[^\S\n]\n|[^\S\n]\Z", text)
        and not NOT_TEXT.search(text)
    )


def _scalar(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        text = json.dumps(value)
        return text if typed(text) == value else f'"{text}"'
    text = NOT_TEXT.sub(" ", str(value))
    if _PLAIN.fullmatch(text) and len(text) < _LONG_LINE and isinstance(typed(text), str):
        return text
    return json.dumps(text, ensure_ascii=False)
