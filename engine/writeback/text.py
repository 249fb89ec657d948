"""Values as text for people: cleaned, shortened, readable. Text in, text out; nothing here knows where it goes.

Text that comes from a résumé or a person is cleaned on its way into anything composed: control characters and
bidirectional overrides are dropped, so that what is read is what is written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from engine.model import Json

BULLET = "• "
ELLIPSIS = "…"

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_MARK = re.compile(r"([@#])(?=\[)")
_LISTED = frozenset({"reasons", "parsed_education"})


def clean(text: str) -> str:
    """``text`` without control characters (line ends and tabs stay), surrogates and bidirectional overrides."""
    for end in ("\r\n", "\r", "\u2028", "\u2029"):
        text = text.replace(end, "\n")
    dropped = {ord(character): None for character in set(text) - {"\n", "\t"} if not _is_printed(character)}
    return text.translate(dropped) if dropped else text


def _is_printed(character: str) -> bool:
    return character not in _BIDI and unicodedata.category(character) not in ("Cc", "Cs", "Co", "Cn")


def harmless(value: Json) -> Json:
    """Plain data whose texts are clean and in which nothing reads as an ATS's mention or link mark (``@[``, ``#[``).

    A résumé may not address a person or attach a note to somebody else by being quoted in it.
    """
    if isinstance(value, str):
        return _MARK.sub(r"\1 ", clean(value))
    if isinstance(value, Mapping):
        return {key: harmless(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [harmless(item) for item in value]
    return value


def display(output: str, value: Json) -> str:
    """``value`` of ``output`` as people read it: bullets for reasons and degrees, commas for other lists."""
    if isinstance(value, (list, tuple)):
        parts = [part for part in (" ".join(_item(item).split()) for item in value) if part]
        if output in _LISTED:
            return "\n".join(BULLET + part for part in parts)
        return ", ".join(parts)
    return _item(value)


def _item(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    if isinstance(value, Mapping):
        return _object(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(part for part in map(_item, value) if part)
    return clean(str(value)).strip()


def _object(value: Mapping[str, Json]) -> str:
    if "text" in value:
        return _reason(value)
    if "years" in value:
        return _experience(value)
    if "degree" in value:
        return ", ".join(_filled(value.get(key) for key in ("degree", "school", "year")))
    return ", ".join(f"{key}: {_item(item)}" for key, item in value.items() if _item(item))


def _reason(value: Mapping[str, Json]) -> str:
    text, quote = _item(value["text"]), " ".join(_item(value.get("quote")).split())
    return f"{text} (“{quote}”)" if quote and quote not in text else text


def _experience(value: Mapping[str, Json]) -> str:
    years = _item(value["years"])
    parts = [f"{years} {'year' if years == '1' else 'years'}"] if years else []
    title, domain = _item(value.get("title")), _item(value.get("domain"))
    return ", ".join([*parts, *_filled([title])]) + (f" ({domain})" if domain else "")


def _filled(values: Iterable[Json]) -> list[str]:
    return [text for text in map(_item, values) if text]


def folded(text: str) -> str:
    """``text`` for comparing names: case and blanks do not count."""
    return " ".join(text.split()).casefold()


def shorten(text: str, longest: int | None) -> str:
    """``text`` in at most ``longest`` characters: whole lines while they fit, then whole words, then ``…``."""
    if longest is None or len(text) <= longest:
        return text
    head = text[: max(0, longest - len(ELLIPSIS) - 1)]
    lines = head.rfind("\n")
    if lines > 0:
        return f"{text[:lines].rstrip()}\n{ELLIPSIS}"
    head = text[: max(0, longest - len(ELLIPSIS))]
    blank = head.rfind(" ")
    return (head[:blank] if blank > len(head) // 2 else head).rstrip() + ELLIPSIS[:longest]
