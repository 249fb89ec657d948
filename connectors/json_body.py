"""The bytes of an answer in, its JSON out: bounded, so that no answer costs more than its size."""

from __future__ import annotations

import json
import math

from engine.model import Json

LIMIT_DEPTH = 64


def parse(body: bytes) -> Json:
    """``body`` as JSON: UTF-8, finite numbers, nested at most 64 deep. Raises ValueError, without the content."""
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        raise ValueError("the answer is not JSON") from None
    if _may_be_deep(body) and _is_deep(value):
        raise ValueError("the answer is nested too deep")
    return value


def _no_constant(_: str) -> None:
    raise ValueError


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError
    return number


def _may_be_deep(body: bytes) -> bool:
    """A quick look that never misses: strip innermost pairs of brackets, 64 times at most."""
    brackets = body.translate(None, _NOT_BRACKETS)
    for _ in range(LIMIT_DEPTH):
        if not brackets:
            return False
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
    return bool(brackets)


_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def _is_deep(value: Json) -> bool:
    level = [value]
    for _ in range(LIMIT_DEPTH):
        level = [
            inner
            for item in level
            if isinstance(item, (dict, list))
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return False
    return any(isinstance(item, (dict, list)) for item in level)
