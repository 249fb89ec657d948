"""Bytes from a stranger in, plain data out; or JsonRefused. The same bytes get the same verdict each time.

UTF-8 only (a byte order mark is passed over), at most 64 deep, 10,000 keys and 100 digits per whole number; no
duplicate key, no number that is not finite, no half of a surrogate pair. Small bodies pay for none of the walks.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Literal, NoReturn

from engine.errors import FieldwrightError
from engine.model import Json

LIMIT_DEPTH = 64
LIMIT_KEYS = 10_000
LIMIT_DIGITS = 100

Reason = Literal[
    "empty",
    "not UTF-8",
    "not JSON",
    "nested too deep",
    "too many keys",
    "duplicate key",
    "number too long",
    "number not finite",
    "lone surrogate",
]
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")


class JsonRefused(FieldwrightError):
    """The body is not JSON that can be used. ``reason`` says why, in words that hold nothing of the body."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"The body is not JSON that can be used: {reason}.")
        self.reason: Reason = reason


def read_json(body: bytes) -> Json:
    """The plain data in ``body``. Raises JsonRefused, and nothing else."""
    try:
        text = body.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise JsonRefused("not UTF-8") from None
    if not text.strip():
        raise JsonRefused("empty")
    try:
        data = _DECODER.decode(text)
    except RecursionError:
        raise JsonRefused("nested too deep") from None
    except ValueError:
        raise JsonRefused("not JSON") from None
    _check(data, body)
    return data


def _check(data: Json, body: bytes) -> None:
    # Brackets and colons in the bytes are never fewer than levels and keys in the data: mostly, counting is enough.
    if body.count(b"[") + body.count(b"{") > LIMIT_DEPTH:
        _check_depth(data)
    if body.count(b":") > LIMIT_KEYS and _keys_of(data) > LIMIT_KEYS:
        raise JsonRefused("too many keys")
    if _SURROGATE_ESCAPE.search(body):
        _check_text(data)


def _check_depth(data: Json) -> None:
    level = [data]
    for _ in range(LIMIT_DEPTH):
        level = [item for holder in level if isinstance(holder, (dict, list)) for item in _items(holder)]
        if not level:
            return
    if any(isinstance(item, (dict, list)) for item in level):
        raise JsonRefused("nested too deep")


def _keys_of(data: Json) -> int:
    count, waiting = 0, [data]
    while waiting:
        holder = waiting.pop()
        if isinstance(holder, (dict, list)):
            count += len(holder) if isinstance(holder, dict) else 0
            waiting.extend(_items(holder))
    return count


def _check_text(data: Json) -> None:
    try:
        json.dumps(data, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise JsonRefused("lone surrogate") from None


def _items(holder: dict[str, Json] | list[Json]) -> list[Json]:
    return list(holder.values()) if isinstance(holder, dict) else holder


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise JsonRefused("duplicate key")
    return found


def _whole_number(text: str) -> int:
    if len(text) > LIMIT_DIGITS:
        raise JsonRefused("number too long")
    return int(text)


def _decimal(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise JsonRefused("number not finite")
    return number


def _constant(_: str) -> NoReturn:
    raise JsonRefused("number not finite")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_whole_number, parse_float=_decimal, parse_constant=_constant
)
