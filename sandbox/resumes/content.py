"""What a sample résumé says, free of how it looks.

In: one entry of a people_data YAML file. Out: ``Resume``, whose sections are paragraphs, lines or dated entries.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_WITHOUT_DECOMPOSITION = str.maketrans(
    {"ø": "o", "Ø": "O", "ß": "ss", "æ": "ae", "Æ": "AE", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th"}
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A position or a degree: title, place and dates, with free text or bullets."""

    title: str
    at: str = ""
    when: str = ""
    text: str = ""
    did: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with a paragraph, lines (skills, languages) or entries; exactly one of the three is filled."""

    heading: str
    text: str = ""
    lines: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Resume:
    """A whole résumé. ``contact`` lists e-mail, phone and place, in this order."""

    name: str
    headline: str
    contact: tuple[str, ...]
    sections: tuple[Section, ...]


def section(heading: str, value: Any) -> Section:
    """A section from its YAML value: text, list of texts, or list of mappings."""
    if isinstance(value, str):
        return Section(heading, text=value)
    if isinstance(value[0], str):
        return Section(heading, lines=tuple(value))
    return Section(heading, entries=tuple(_entry(item) for item in value))


def _entry(item: Mapping[str, Any]) -> Entry:
    return Entry(
        title=item["title"],
        at=item.get("at", ""),
        when=str(item.get("when", "")),
        text=item.get("text", ""),
        did=tuple(item.get("did", ())),
    )


def plain_ascii(text: str) -> str:
    """``text`` without diacritics, as people write their own name in file names and e-mail addresses."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_WITHOUT_DECOMPOSITION))
    return decomposed.encode("ascii", "ignore").decode()
