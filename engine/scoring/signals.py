"""What is measured: each signal between 0 and 1, with its evidence. Pure.

In: JobAsks and ReadResume. Out: Signals. A signal that the job does not ask for is None and does not count.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from engine.scoring.background import Background
from engine.scoring.dates import covered_months
from engine.scoring.degrees import Degree
from engine.scoring.job_reading import AskedLine, JobAsks
from engine.scoring.resume_reading import ReadResume, Role, Title
from engine.scoring.words import content

LINE_FOUND = 0.5
"""The share of a line's weight from which the line counts as found."""
_FITTING_TITLE = 0.45
_FITTING_BODY = 0.35
_SAME_FIELD = 0.45
_OLDER_TITLES = (1.0, 0.95, 0.9, 0.85)
_WISHED_SKILL = 0.5


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the job's lines the résumé answers; ``best`` is the line answered best."""

    share: float
    found: tuple[AskedLine, ...]
    missing: tuple[AskedLine, ...]
    best: AskedLine | None


@dataclass(frozen=True, slots=True)
class SkillMatch:
    """The share of the skills asked for (wishes count half), and which."""

    share: float
    matched: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TitleMatch:
    """How alike the best title held is to the job's."""

    share: float
    title: Title | None


@dataclass(frozen=True, slots=True)
class Years:
    """Years in roles that fit the job (``fitting``, latest first), or in all roles when none fits.

    ``at_least`` says that the latest goes on. ``stated`` is the place of a claim in words, where that was taken.
    """

    share: float | None
    years: float
    fitting: tuple[Role, ...]
    fits: bool
    at_least: bool
    stated: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Schooling:
    """The highest degree, and whether it reaches the one asked."""

    share: float | None
    degree: Degree | None


@dataclass(frozen=True, slots=True)
class Signals:
    """All that is measured of one résumé for one job."""

    coverage: Coverage
    skills: SkillMatch
    title: TitleMatch
    years: Years
    schooling: Schooling
    bm25: float


def measure(asks: JobAsks, resume: ReadResume, background: Background) -> Signals:
    """All signals of ``resume`` for ``asks``."""
    coverage, title = _coverage(asks, resume, background), _title(asks, resume, background)
    return Signals(
        coverage=coverage,
        skills=_skills(asks, resume),
        title=title,
        years=_years(asks, resume, background, topical=max(coverage.share, title.share)),
        schooling=_schooling(asks, resume),
        bm25=_bm25(asks, resume, background),
    )


def _coverage(asks: JobAsks, resume: ReadResume, background: Background) -> Coverage:
    stems = frozenset(resume.stems)
    skills = frozenset(mention.skill for mention in resume.mentions)
    shares = [(_line_share(line, stems, skills, background), line) for line in asks.lines]
    weight = math.fsum(line.weight for _, line in shares)
    share = math.fsum(share * line.weight for share, line in shares) / weight if weight else 0.0
    found = tuple(line for part, line in shares if part >= LINE_FOUND)
    best = max(shares, key=lambda pair: (pair[0] * pair[1].weight * min(4, len(pair[1].stems)),), default=(0.0, None))
    return Coverage(
        share=share,
        found=found,
        missing=tuple(line for part, line in shares if part < LINE_FOUND / 2),
        best=best[1] if best[0] >= LINE_FOUND else None,
    )


def _line_share(line: AskedLine, stems: frozenset[str], skills: frozenset[str], background: Background) -> float:
    """The part of a line's telling words that the résumé has; a skill it has under another name counts as well."""
    total = math.fsum(background.idf(word) for word in line.stems)
    words = math.fsum(background.idf(word) for word in line.stems if word in stems) / total if total else 0.0
    named = len(line.skills & skills) / len(line.skills) if line.skills else 0.0
    return max(words, 0.4 * words + 0.6 * named)


def _skills(asks: JobAsks, resume: ReadResume) -> SkillMatch:
    had = {mention.skill for mention in resume.mentions}
    matched = tuple(skill for skill in asks.skills if skill in had)
    missing = tuple(skill for skill in asks.skills if skill not in had)
    weights = {skill: _WISHED_SKILL if skill in asks.wished_skills else 1.0 for skill in asks.skills}
    total = math.fsum(weights.values())
    return SkillMatch(math.fsum(weights[skill] for skill in matched) / total if total else 0.0, matched, missing)


def _title(asks: JobAsks, resume: ReadResume, background: Background) -> TitleMatch:
    held = [role.title for role in resume.roles if role.title is not None]
    dated = {title.start for title in held}
    ranked = [(title, _OLDER_TITLES[min(place, 3)]) for place, title in enumerate(held)]
    ranked += [(title, _OLDER_TITLES[1]) for title in resume.titles if title.start not in dated]
    asked = asks.title_words
    scored = [(weight * title_similarity(asked, title.words, background), title) for title, weight in ranked]
    best = max(scored, key=lambda pair: (pair[0], -pair[1].start), default=(0.0, None))
    domains = {background.domain(content(resume.words_in(title.start, title.end))) for title in held[:3]}
    return TitleMatch(max(best[0], _SAME_FIELD if asks.domain in domains - {None} else 0.0), best[1])


def title_similarity(asked: Sequence[str], held: Sequence[str], background: Background) -> float:
    """How alike two titles are: half by whole words, by how much these tell; half by pieces of three letters."""
    if not asked or not held:
        return 0.0
    common = math.fsum(background.idf(word) for word in asked if word in held)
    whole = common / math.fsum(background.idf(word) for word in asked)
    first, second = _pieces(asked), _pieces(held)
    shared = math.fsum(count * second[piece] for piece, count in first.items())
    cosine = shared / math.sqrt(_square(first) * _square(second))
    return 0.5 * whole + 0.5 * cosine


def _pieces(words: Sequence[str]) -> Counter[str]:
    return Counter(f" {word} "[at : at + 3] for word in words for at in range(len(word)))


def _square(counts: Counter[str]) -> int:
    return sum(count * count for count in counts.values())


def _years(asks: JobAsks, resume: ReadResume, background: Background, topical: float) -> Years:
    fitting = tuple(role for role in resume.roles if _fits(role, asks, resume, background))
    roles = fitting or resume.roles
    months = covered_months(role.time for role in roles)
    fits = bool(fitting) or (not resume.roles and topical >= _FITTING_TITLE)
    open_ended = any(role.time.open for role in roles)
    stated = resume.stated_years
    if stated is not None and fits and stated[0] * 12 > months and (open_ended or not resume.roles):
        years, place = float(stated[0]), (stated[1], stated[2])
    else:
        years, place = months / 12, None
    share = None if asks.years is None else (min(1.0, years / asks.years) if fits else 0.0)
    return Years(share, round(years, 1), roles, fits, open_ended, place)


def _fits(role: Role, asks: JobAsks, resume: ReadResume, background: Background) -> bool:
    if role.title and title_similarity(asks.title_words, role.title.words, background) >= _FITTING_TITLE:
        return True
    words = resume.words_in(role.start, role.end)
    titled = content(resume.words_in(role.title.start, role.title.end)) if role.title else []
    if asks.domain and background.domain([*titled * 3, *content(words)[:40]]) == asks.domain:
        return True
    skills = {mention.skill for mention in resume.mentions_in(role.start, role.end)}
    asked = set(asks.skills)
    stems = set(content(words))
    share = math.fsum(background.idf(word) for word in asks.stems if word in stems)
    total = math.fsum(background.idf(word) for word in asks.stems) or 1.0
    return share / total >= _FITTING_BODY or (len(skills & asked) >= max(3, _FITTING_BODY * len(asked)))


def _schooling(asks: JobAsks, resume: ReadResume) -> Schooling:
    degree = max(resume.degrees, key=lambda found: (found.level, -found.start), default=None)
    if asks.degree is None:
        return Schooling(None, degree)
    short_by = asks.degree - degree.level if degree else 9
    return Schooling(1.0 if short_by <= 0 else 0.5 if short_by == 1 else 0.0, degree)


def _bm25(asks: JobAsks, resume: ReadResume, background: Background) -> float:
    """BM25 of the résumé for the job's words, as a share of what the job's own text would get."""
    if not asks.stems:
        return 0.0
    of_resume, of_job = background.bm25(asks.stems, resume.stems, asks.stems)
    return min(1.0, of_resume / of_job) if of_job > 0 else 0.0
