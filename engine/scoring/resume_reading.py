"""A résumé's text → what it says: words, skills, roles with their times, degrees. Pure.

Everything is read from the masked text; every place refers to the original, for the two are equally long.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from engine.scoring.background import Background
from engine.scoring.dates import Span, spans, without_dates
from engine.scoring.degrees import Degree, degrees, level_of
from engine.scoring.job_reading import title_words
from engine.scoring.masking import Known, masked
from engine.scoring.sections import Line, lines
from engine.scoring.skills import Mention, Skills
from engine.scoring.words import Word, content, neutral, word_key, words

_SEGMENT_ENDS = re.compile(r"[|•·,;()\t\[\]]|\s[-–—]+\s|[–—]|:\s|\sat\s|\*\*|\s{2,}")
_STATED = re.compile(
    r"(?i)\b(\d{1,2})\s?\+?\s?(?:years?|yrs?|años|jahre|ans|лет)\b(?=[^.\n]{0,60}(?:experience|experiencia|erfahrung|опыт"
    r"|in |as |of |en |de ))|experience[^.\n]{0,20}?\b(\d{1,2})\s?\+?\s?years?\b"
)
_NUMBERING = re.compile(r"^\d{1,2}[.)]\s*")
_EDGES = " \t*_#-–—.:,•▪◦·>"
_LONGEST_TITLE_WORDS = 8
_LONGEST_HEADER_WORDS = 14
_MOST_STATED_YEARS = 45
_NOT_FIRST = frozenset(
    ("a", "an", "and", "as", "at", "by", "for", "from", "i", "in", "my", "of", "or", "the", "to", "with")
)


@dataclass(frozen=True, slots=True)
class Title:
    """A job title at ``[start:end]``; ``words`` as titles are compared."""

    text: str
    words: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Role:
    """A job once held: its title if one was found, its time, and ``[start:end]`` from its header to the next."""

    title: Title | None
    time: Span
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ReadResume:
    """What a résumé says. ``roles`` latest first; ``stated_years`` is what it claims in words, with its place."""

    text: str
    lines: tuple[Line, ...]
    words: tuple[Word, ...]
    stems: tuple[str, ...]
    mentions: tuple[Mention, ...]
    roles: tuple[Role, ...]
    titles: tuple[Title, ...]
    degrees: tuple[Degree, ...]
    stated_years: tuple[int, int, int] | None

    def words_in(self, start: int, end: int) -> Sequence[Word]:
        first = bisect_left(self.words, start, key=lambda word: word.start)
        return self.words[first : bisect_left(self.words, end, key=lambda word: word.start)]

    def mentions_in(self, start: int, end: int) -> Sequence[Mention]:
        first = bisect_left(self.mentions, start, key=lambda mention: mention.start)
        return self.mentions[first : bisect_left(self.mentions, end, key=lambda mention: mention.start)]


def read_resume(text: str, skills: Skills, background: Background) -> ReadResume:
    """What the résumé ``text`` says, its owner's person left out."""
    blanked = masked(text, _known(skills, background), background.names_role)
    rows = lines(blanked)
    found = words(blanked)
    roles = _roles(rows, background, len(blanked))
    return ReadResume(
        text=blanked,
        lines=tuple(rows),
        words=tuple(found),
        stems=tuple(content(found)),
        mentions=tuple(skills.mentions(blanked, found)),
        roles=tuple(sorted(roles, key=lambda role: (-role.time.after, -role.time.first, role.start))),
        titles=tuple(_free_titles(rows, background)),
        degrees=tuple(degrees(rows)),
        stated_years=_stated_years(blanked),
    )


def _known(skills: Skills, background: Background) -> Known:
    vocabularies = (skills.vocabulary, background.vocabulary, background.roles)
    return lambda key: any(key in vocabulary for vocabulary in vocabularies)


def _roles(rows: list[Line], background: Background, end: int) -> list[Role]:
    dated = [(index, span) for span in spans(rows) if (index := _row_at(rows, span.start)) is not None]
    dated = [(index, span) for index, span in sorted(dated) if rows[index].section not in ("education", "other")]
    headers = []
    for index, span in dated:
        title, first = _title_near(rows, index, {other for other, _ in dated}, background)
        if title is not None or not _is_schooling(rows, index):
            headers.append((rows[first].start, title, span))
    ends = [*(start for start, _, _ in headers[1:]), end]
    return [
        Role(title, span, start, max(start, after))
        for (start, title, span), after in zip(headers, ends, strict=False)
    ]


def _row_at(rows: list[Line], place: int) -> int | None:
    index = bisect_left(rows, place + 1, key=lambda row: row.start) - 1
    return index if index >= 0 and rows[index].end >= place else None


def _is_schooling(rows: list[Line], index: int) -> bool:
    return any(level_of(row.text) is not None for row in rows[max(0, index - 2) : index + 2])


def _title_near(rows: list[Line], index: int, dated: set[int], background: Background) -> tuple[Title | None, int]:
    """The title on the dated line, else above it, else below; and the first line of the role's header."""
    above = []
    for other in (index - 1, index - 2, index - 3):
        if other < 0 or other in dated or not _may_head(rows[other]):
            break
        above.append(other)
    for other in (index, *above[:2], index + 1, index + 2):
        if 0 <= other < len(rows) and (other == index or (other not in dated and _may_head(rows[other]))):
            title = next(iter(_titles_in(rows[other], background)), None)
            if title is not None:
                return title, min(index, other)
    return None, index


def _may_head(row: Line) -> bool:
    plain = row.text.strip()
    return not (row.heading or row.bullet) and len(plain.split()) <= _LONGEST_HEADER_WORDS and not plain.endswith(".")


def _titles_in(row: Line, background: Background) -> list[Title]:
    found, start = [], 0
    text = without_dates(row.text)
    ends = [(match.start(), match.end()) for match in _SEGMENT_ENDS.finditer(text)]
    for stop, following in (*ends, (len(text), len(text))):
        segment = text[start:stop]
        plain = _NUMBERING.sub("", segment.strip(_EDGES)).strip(_EDGES)
        keys = [word_key(part) for part in re.findall(r"[^\W\d_]+", plain)]
        if _reads_as_title(plain, keys) and any(background.names_role(key) for key in keys):
            place = row.start + start + segment.index(plain)
            found.append(
                Title(" ".join(neutral(plain).split()), title_words(plain, background), place, place + len(plain))
            )
        start = following
    return found


def _reads_as_title(plain: str, keys: list[str]) -> bool:
    """Whether ``plain`` may be a title and not a piece of a sentence."""
    if not 0 < len(keys) <= _LONGEST_TITLE_WORDS or keys[0] in _NOT_FIRST:
        return False
    plural_role = plain.lower().endswith("s") and not plain.lower().endswith("ss")
    return not plain[0].islower() and ". " not in plain and not plural_role


def _free_titles(rows: list[Line], background: Background) -> list[Title]:
    """Titles that stand in the header or on short lines of the experience, dated or not."""
    eligible = [row for row in rows if row.section in ("top", "summary", "experience") and _may_head(row)]
    return [title for row in eligible[:80] for title in _titles_in(row, background)]


def _stated_years(text: str) -> tuple[int, int, int] | None:
    claims = [(int(match[1] or match[2]), match.start(), match.end()) for match in _STATED.finditer(text)]
    claims = [claim for claim in claims if 0 < claim[0] <= _MOST_STATED_YEARS]
    return max(claims, key=lambda claim: claim[0], default=None)
