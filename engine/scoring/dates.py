"""Spans of time in a résumé, in whole months, without a clock: "present" is the latest year that it names.

In: lines of a text. Out: Span objects. Only differences are used, so that years moved by any number of years with
equal lengths give equal results.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from engine.scoring.sections import Line

_MONTHS = (
    "jan ene янв",
    "feb фев fév",
    "mar mär мар",
    "apr abr avr апр",
    "may mai май mag",
    "jun juin июн giu",
    "jul juil июл lug",
    "aug ago aoû авг",
    "sep set сен",
    "oct okt out окт ott",
    "nov ноя",
    "dec dez dic déc дек",
)
_MONTH_OF = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split()}
_MONTH_NAMES = "|".join(_MONTH_OF)
_YEAR = r"(?:19[5-9]|20[0-7])\d"
_NAMED = rf"(?:\b(?:{_MONTH_NAMES})[^\W\d_]{{0,7}}\.?,?\s{{1,2}}(?:de\s)?)"
_NOW = (
    r"present|presently|current|currently|now|today|to date|till date|date|ongoing|heute|jetzt|actualidad|actual|"
    r"présent|aujourd['’]hui|oggi|obecnie|atual|настоящее время|н\.\s?в\."
)
_POINT = rf"(?:(?P<{{0}}name>{_NAMED})|(?P<{{0}}month>0?[1-9]|1[0-2])[/.])?(?P<{{0}}year>{_YEAR})" + (
    r"(?:[-/.](?P<{0}after>0[1-9]|1[0-2])(?!\d))?"
)
_FROM, _TO = _POINT.replace("{0}", "a_"), _POINT.replace("{0}", "b_")
_SPAN = re.compile(
    rf"(?i)(?<![\d/]){_FROM}\s*(?:[-–—~]+|to|until|till|through|bis|hasta|à|a|al|по)\s*(?:{_TO}(?!\d)|(?P<now>{_NOW})\b)"
)
_SINCE = re.compile(rf"(?i)\b(?:since|seit|desde|depuis|с)\s+{_FROM}(?!\d)")
_NAMED_YEAR = re.compile(rf"(?i)(?:^|[(|,/•·–—-]\s?|{_NAMED}){_YEAR}(?=\s*(?:$|[)|,.;•·–—-]))")
_DATE = re.compile(
    rf"(?i)(?:(?:{_MONTH_NAMES})[^\W\d_]{{0,7}}\.?,?\s)?(?:(?:0?[1-9]|1[0-2])[/.])?(?<!\d){_YEAR}(?!\d)"
)
_BARE_YEAR = re.compile(_YEAR)


class Span(NamedTuple):
    """A time from month ``first`` up to month ``after``, counted from year 0; ``open`` when it still went on."""

    first: int
    after: int
    open: bool
    start: int
    end: int

    @property
    def months(self) -> int:
        return self.after - self.first


def spans(lines: Sequence[Line]) -> list[Span]:
    """All spans in ``lines``; those still open end with the latest year that the lines name."""
    found = [(match, line) for line in lines for match in (*_SPAN.finditer(line.text), *_SINCE.finditer(line.text))]
    after_latest = (max(_years(lines), default=0) + 1) * 12
    read = [_span(match, line.start, after_latest) for match, line in found]
    return [span for span in read if 0 < span.months <= 60 * 12]


def without_dates(line: str) -> str:
    """``line`` with each date as a separator of the same length."""
    for pattern in (_SPAN, _SINCE, _DATE):
        line = pattern.sub(lambda match: "|" * len(match.group()), line)
    return line


def covered_months(times: Iterable[Span]) -> int:
    """The months that at least one of ``times`` covers."""
    total, reached = 0, 0
    for span in sorted(times):
        total += max(0, span.after - max(span.first, reached))
        reached = max(reached, span.after)
    return total


def _years(lines: Sequence[Line]) -> Iterable[int]:
    for line in lines:
        for match in _SPAN.finditer(line.text):
            yield from (int(year) for year in (match["a_year"], match["b_year"]) if year)
        for match in _NAMED_YEAR.finditer(line.text):
            yield from (int(year) for year in _BARE_YEAR.findall(match.group()))


def _span(match: re.Match[str], offset: int, after_latest: int) -> Span:
    parts = match.groupdict()
    first_month, last_month = _month(parts, "a_"), _month(parts, "b_")
    first = int(parts["a_year"]) * 12 + (first_month or 1) - 1
    if parts.get("b_year") is None:
        after = max(after_latest, first + 1)
    elif last_month is None:
        same = parts["b_year"] == parts["a_year"]
        # "2018 - 2020" says two years, not three; "2019 - 2019" says about half of one.
        after = int(parts["b_year"]) * 12 + (6 if same else 0 if first_month is None else 6)
    else:
        after = int(parts["b_year"]) * 12 + last_month
    return Span(first, after, parts.get("b_year") is None, offset + match.start(), offset + match.end())


def _month(parts: dict[str, str | None], side: str) -> int | None:
    number = parts.get(f"{side}month") or parts.get(f"{side}after")
    if number:
        return int(number)
    name = (parts.get(f"{side}name") or "").lower()
    return next((_MONTH_OF[name[:length]] for length in (4, 3) if name[:length] in _MONTH_OF), None)
