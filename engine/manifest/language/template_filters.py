"""The filters and tests that templates may use: pure functions of plain data, each bounded in what it makes.

Nothing here shows data in a message. ``text_of`` is how any value becomes text in a template.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from jinja2 import Undefined
from jinja2.tests import TESTS as _JINJA_TESTS

from engine.clock import parse_iso
from engine.errors import ExpressionError
from engine.manifest.language.expression_functions import measure
from engine.model import Json

_LONGEST_QUOTE = 120
LIMIT_TEXT = 1024 * 1024
_DATE_FORMAT = re.compile(r"(?:[^%]|%[YmdHMSBbAaypIjZz%])*\Z")
_KINDS = {dict: "a mapping", list: "a list", tuple: "a list", str: "text", bool: "true or false", type(None): "null"}


def kind_of(value: Json) -> str:
    """What ``value`` is, for people."""
    return _KINDS.get(type(value), "a number" if isinstance(value, (int, float)) else "no plain value")


def text_of(value: Json) -> str:
    """``value`` as text: null is empty, numbers and booleans as in JSON. Raises ExpressionError for the rest."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return str(value)
    if isinstance(value, Undefined):
        return str(value)
    hint = "use `join`, `bullets` or `tojson`" if isinstance(value, (list, tuple, dict)) else None
    raise ExpressionError(f"{kind_of(value)} cannot stand in a text", hint=hint)


def bounded(length: int) -> None:
    """Raises ExpressionError when a text of ``length`` characters is too long to be made."""
    if length > LIMIT_TEXT:
        raise ExpressionError(f"a text longer than {LIMIT_TEXT // 1024} KiB would be made")


def _text(value: Json, name: str) -> str:
    if isinstance(value, (list, tuple, dict)):
        raise ExpressionError(f"`{name}` expects text, found {kind_of(value)}")
    text = text_of(value)
    bounded(len(text))
    return text


def _items(value: Json, name: str) -> list[Json]:
    if not isinstance(value, (list, tuple)):
        raise ExpressionError(f"`{name}` expects a list, found {kind_of(value)}")
    return list(value)


def _number(value: Json, name: str) -> int | float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    raise ExpressionError(f"`{name}` expects a number, found {kind_of(value)}")


def concatenated(parts: list[str]) -> str:
    """``parts`` as one text, its length checked first."""
    bounded(sum(map(len, parts)))
    return "".join(parts)


def filter_default(value: Json, fallback: Json = "", empty_too: bool = False) -> Json:
    if isinstance(value, Undefined) or (empty_too and not value):
        return fallback
    return value


def filter_join(value: Json, separator: str = "") -> str:
    """The items that are not null, with ``separator`` between them."""
    parts = [text_of(item) for item in _items(value, "join") if item is not None]
    bounded(sum(map(len, parts)) + len(separator) * len(parts))
    return separator.join(parts)


def filter_upper(value: Json) -> str:
    return _text(value, "upper").upper()


def filter_lower(value: Json) -> str:
    return _text(value, "lower").lower()


def filter_trim(value: Json) -> str:
    return _text(value, "trim").strip()


def filter_replace(value: Json, old: str, new: str) -> str:
    text = _text(value, "replace")
    if not old:
        raise ExpressionError("`replace` needs a text to look for")
    bounded(len(text) + text.count(old) * (len(new) - len(old)))
    return text.replace(old, new)


def filter_round(value: Json, digits: int = 0) -> int | float:
    """Rounded half away from zero; a whole number where ``digits`` is 0."""
    number = _number(value, "round")
    if not 0 <= digits <= 12:
        raise ExpressionError("`round` takes 0 to 12 digits")
    if isinstance(number, int) or abs(number) >= 1e15:
        return int(number) if digits == 0 else number
    rounded = Decimal(repr(number)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return int(rounded) if digits == 0 else float(rounded)


def filter_int(value: Json) -> int:
    try:
        return int(value if isinstance(value, (int, float)) else _text(value, "int").strip())
    except (ValueError, OverflowError):
        raise ExpressionError("`int` cannot make a whole number of this") from None


def filter_float(value: Json) -> float:
    try:
        number = float(value if isinstance(value, (int, float)) else _text(value, "float").strip())
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ExpressionError("`float` cannot make a number of this")
    return number


def filter_string(value: Json) -> str:
    return _text(value, "string")


def filter_length(value: Json) -> int:
    if isinstance(value, (str, list, tuple, dict)):
        return len(value)
    raise ExpressionError(f"`length` expects text, a list or a mapping, found {kind_of(value)}")


def filter_first(value: Json) -> Json:
    items = value if isinstance(value, str) else _items(value, "first")
    return items[0] if items else None


def filter_last(value: Json) -> Json:
    items = value if isinstance(value, str) else _items(value, "last")
    return items[-1] if items else None


def filter_truncate(value: Json, length: int = 255, end: str = "…") -> str:
    """At most ``length`` characters, cut between words where there is a gap in the last half."""
    text = text_of(value)
    if len(text) <= length:
        return text
    kept = text[: max(0, length - len(end))]
    gap = kept.rfind(" ")
    return (kept[:gap] if gap >= length // 2 else kept).rstrip() + end[: max(0, length)]


def filter_tojson(value: Json) -> str:
    measure(value, LIMIT_TEXT)
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def filter_b64encode(value: Json) -> str:
    return base64.b64encode(_text(value, "b64encode").encode()).decode()


def _seconds(value: Json, name: str) -> float:
    try:
        return parse_iso(value.strip()) if isinstance(value, str) else float(_number(value, name))
    except (ValueError, OverflowError):
        raise ExpressionError(f"`{name}` cannot read this as a date") from None


def filter_date(value: Json, format: str = "%Y-%m-%d") -> str:
    """An ISO date or seconds since the epoch, in UTC, by a ``strftime`` format."""
    if len(format) > 64 or not _DATE_FORMAT.match(format):
        raise ExpressionError("`date` knows the parts %Y %m %d %H %M %S %y %j %B %b %A %a %I %p %Z %z only")
    try:
        return datetime.fromtimestamp(_seconds(value, "date"), UTC).strftime(format)
    except (ValueError, OverflowError, OSError):
        raise ExpressionError("`date` cannot read this as a date") from None


def filter_epoch_ms(value: Json) -> int:
    """An ISO date or seconds since the epoch as whole milliseconds since the epoch."""
    seconds = _seconds(value, "epoch_ms")
    if not abs(seconds) < 1e12:
        raise ExpressionError("`epoch_ms` cannot read this as a date")
    return round(seconds * 1000)


def filter_keyed(value: Json, key: str = "id", item: str = "value") -> dict[str, Json]:
    """A list of mappings as one mapping: what stands at ``key`` of each → what stands at ``item``."""
    made: dict[str, Json] = {}
    for one in _items(value, "keyed"):
        if not isinstance(one, dict) or key not in one or item not in one:
            raise ExpressionError(f"`keyed` expects mappings with `{key}` and `{item}`, found {kind_of(one)} without")
        made[text_of(one[key])] = one[item]
    return made


def filter_overlaid(value: Json, items: Json, by: str = "id", item: str = "value") -> list[Json]:
    """What is there (a list of mappings, or a mapping of them by key; null for nothing), as a list of ``{by, item}``.

    What has no ``item`` is left out, and ``items`` stand in the place of what has their key. For an ATS that takes a
    whole collection only: what is not sent with it would be gone.
    """
    given = _items(items, "overlaid")
    ours = {_key(one, by) for one in given}
    there = [one for one in _listed(value, by) if _key(one, by) not in ours and one.get(item) is not None]
    return [*({by: one[by], item: one[item]} for one in there), *given]


def _listed(value: Json, by: str) -> list[Json]:
    if value is None:
        return []
    if isinstance(value, dict):
        return [{**one, by: key} if isinstance(one, dict) else one for key, one in value.items()]
    return _items(value, "overlaid")


def _key(one: Json, by: str) -> str:
    if not isinstance(one, dict) or by not in one:
        raise ExpressionError(f"`overlaid` expects mappings with `{by}`, found {kind_of(one)} without")
    return text_of(one[by])


def filter_bullets(value: Json, mark: str = "•") -> str:
    """A line for each item: a text, or the ``text`` of a mapping with its ``quote`` behind it. Nothing for null."""
    items = [] if value is None else _items(value, "bullets")
    texts = [_with_quote(item) if isinstance(item, dict) else text_of(item) for item in items]
    bounded(sum(map(len, texts)) + len(texts) * (len(mark) + 2))
    return "\n".join(f"{mark} {text}" for text in texts if text)


def _with_quote(item: Mapping[str, Json]) -> str:
    text, quote = text_of(item.get("text")), " ".join(text_of(item.get("quote")).split())
    if not quote or quote in text:
        return text
    shown = quote if len(quote) <= _LONGEST_QUOTE else quote[: _LONGEST_QUOTE - 1].rstrip() + "…"
    return f"{text} — “{shown}”"


FILTERS: Mapping[str, Callable[..., Json]] = {
    "b64encode": filter_b64encode,
    "bullets": filter_bullets,
    "date": filter_date,
    "default": filter_default,
    "epoch_ms": filter_epoch_ms,
    "first": filter_first,
    "float": filter_float,
    "int": filter_int,
    "join": filter_join,
    "keyed": filter_keyed,
    "last": filter_last,
    "length": filter_length,
    "lower": filter_lower,
    "overlaid": filter_overlaid,
    "replace": filter_replace,
    "round": filter_round,
    "string": filter_string,
    "tojson": filter_tojson,
    "trim": filter_trim,
    "truncate": filter_truncate,
    "upper": filter_upper,
}
"""Name in a template → its function, whose first parameter is what stands before the ``|``."""

_TEST_NAMES = (
    *("defined", "undefined", "none", "string", "number", "integer", "boolean", "mapping", "sequence"),
    *("in", "eq", "ne", "lt", "le", "gt", "ge"),
)
TESTS: Mapping[str, Any] = {name: _JINJA_TESTS[name] for name in _TEST_NAMES}
