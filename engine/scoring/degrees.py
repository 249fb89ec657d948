"""Degrees as people write them: in a résumé (which, where, when) and in a job (which is asked)."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import NamedTuple

from engine.scoring.sections import Line


class Level(IntEnum):
    """How far an education goes; more is higher."""

    SCHOOL = 1
    VOCATIONAL = 2
    BACHELOR = 3
    MASTER = 4
    DOCTORATE = 5


NAMES = {
    Level.SCHOOL: "school diploma",
    Level.VOCATIONAL: "vocational or associate degree",
    Level.BACHELOR: "bachelor's degree",
    Level.MASTER: "master's degree",
    Level.DOCTORATE: "doctorate",
}

_FULL = {
    Level.DOCTORATE: r"ph\.?\s?d\b|doctorate|doctor of \w+|doctoral|dr\. ?rer|кандидат наук|doctorado|doktorat",
    Level.MASTER: (
        r"master(?:['’]?s)?(?: degree)?(?= of| in|['’ ]|$|,)(?! (?:data|chef|plan|service|schedule|electric|plumb))"
        r"|\bm\.?b\.?a\.?(?!\w)|\bm\.?sc\.?(?!\w)|\bm\.eng\b|\bm\.ed\b|магистр|máster|maestría|diplom-?ingenieur"
    ),
    Level.BACHELOR: (
        r"bachelor(?:['’]?s)?|\bb\.?sc\.?(?!\w)|\bb\.eng\b|\bbeng\b|\bb\.?tech\b|\bb\.?b\.?a\.?(?!\w)|\bbsn\b"
        r"|\bundergraduate degree|\bcollege degree|university degree|бакалавр|специалист \("
        r"|licenciatura|licence en|laurea"
    ),
    Level.VOCATIONAL: (
        r"associate(?:['’]?s)? (?:degree|of (?:science|arts|applied))|\ba\.a\.s?\b|apprenticeship|vocational"
        r"|\bnvq\b|\bhnd\b|diploma(?! in high)|ausbildung zu[mr]|trade school|\bbtec\b|formación profesional"
    ),
    Level.SCHOOL: r"high school|secondary school|\bged\b|\bgcses?\b|a-levels?|abitur|bachillerato|baccalauréat",
}
_ABBREVIATED = {
    Level.MASTER: r"\bM\.(?:S|A)\.|\b(?:MS|MA|MEng|MPhil|LLM)(?=[ ,] ?(?:in|of|degree)\b|, [A-Z][a-z]+ [A-Z]?)",
    Level.BACHELOR: r"\bB\.(?:S|A)\.|\b(?:BS|BA|BFA|LLB|BCom)(?=[ ,] ?(?:in|of|degree)\b|, [A-Z][a-z]+ ?[A-Z]?)",
}
_FULL_PATTERNS = [(level, re.compile(rf"(?i)(?:{pattern})")) for level, pattern in _FULL.items()]
_SHORT_PATTERNS = [(level, re.compile(pattern)) for level, pattern in _ABBREVIATED.items()]
_SCHOOL = re.compile(
    r"(?i)\b(?:university|college|institute|school|academy|polytechnic|universit\w+|hochschule|école|faculty|университет|"
    r"институт|MIT|ETH)\b"
)
_YEAR = re.compile(r"(?<!\d)(?:19[5-9]|20[0-7])\d(?!\d)")
_TRAILING_YEAR = re.compile(r"[\s,(]*(?:(?:19[5-9]|20[0-7])\d[\s)–—-]*)+$")
_PARTS = re.compile(r"\s*[|•·\t]\s*|\s[-–—]\s|,\s|\s{2,}|\s*[()*]+\s*")


class Degree(NamedTuple):
    """A degree found at ``[start:end]`` of a résumé."""

    level: Level
    text: str
    school: str | None
    year: int | None
    start: int
    end: int


def level_of(text: str) -> Level | None:
    """The highest level that ``text`` names."""
    found = [level for level, pattern in (*_FULL_PATTERNS, *_SHORT_PATTERNS) if pattern.search(text)]
    return max(found, default=None)


def lowest_level_of(text: str) -> Level | None:
    """The lowest level that ``text`` names: what "bachelor's or master's" asks for."""
    found = [level for level, pattern in (*_FULL_PATTERNS, *_SHORT_PATTERNS) if pattern.search(text)]
    return min(found, default=None)


def degrees(lines: list[Line]) -> list[Degree]:
    """The degrees in a résumé's lines, in order; outside an education section only where a school stands near."""
    found = []
    for index, line in enumerate(lines):
        level = None if line.heading else level_of(line.text)
        if level is None or line.section in ("summary", "skills"):
            continue
        near = lines[max(0, index - 1) : index + 3]
        if line.section != "education" and not any(_SCHOOL.search(other.text) for other in near):
            continue
        found.append(_degree(level, line, lines[index + 1 : index + 3], lines[max(0, index - 1) : index]))
    return found[:6]


def _degree(level: Level, line: Line, after: list[Line], before: list[Line]) -> Degree:
    parts = [part.strip(" .:*_-–") for part in _PARTS.split(line.text)]
    named = next((part for part in parts if level_of(part) == level), line.text.strip())
    named = _TRAILING_YEAR.sub("", named) or named
    start = line.start + line.text.index(named)
    after = [other for other in after if level_of(other.text) is None and not other.heading]
    near = [line, *after, *(other for other in before if level_of(other.text) is None and not other.heading)]
    year = next((int(years[-1]) for other in near[:3] if (years := _YEAR.findall(other.text))), None)
    return Degree(level, named[:120], _school(near, named), year, start, start + len(named))


def _school(near: list[Line], degree: str) -> str | None:
    for line in near:
        for part in _PARTS.split(line.text):
            if part != degree and _SCHOOL.search(part):
                return _YEAR.sub("", part).strip(" .:,*_-–")[:120] or None
    return None
