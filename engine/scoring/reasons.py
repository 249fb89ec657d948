"""Signals → three to five reasons, most points first, each with the place in the résumé that it rests on. Pure.

A reason's text is made of the job's words, the skills list, titles and counts only: nothing personal can be in it.
Its quote is the original text at that place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from engine.model import Reason
from engine.scoring.degrees import NAMES
from engine.scoring.job_reading import JobAsks
from engine.scoring.resume_reading import ReadResume
from engine.scoring.signals import Signals
from engine.scoring.words import content

MOST = 5
_FEWEST_POINTS = 1.0
_CLOSE_TITLE = 0.6
_LONGEST_QUOTE = 160
_LONGEST_LINE = 70
_SHOWN_SKILLS = 5


def reasons(
    original: str,
    asks: JobAsks,
    resume: ReadResume,
    signals: Signals,
    points: Mapping[str, float],
    domain: str | None,
) -> tuple[Reason, ...]:
    """At least one reason, at most five, the last of them what is missing if anything is."""
    writer = _Writer(original, asks, resume, signals, domain)
    made = [
        writer.reason(text, place, signal, points.get(signal, 0.0))
        for signal, text, place in writer.positive()
        if points.get(signal, 0.0) >= _FEWEST_POINTS
    ]
    # What the person did comes first; how many lines of the ad that answers says least to a reader.
    made.sort(key=lambda reason: (reason.signal == "coverage", -reason.points))
    if len(made) < 2:
        made += [writer.reason(text, place, "fit", 0.0) for text, place in writer.off_field()]
    missing = writer.missing()
    return (*made[: MOST - len(missing)], *missing)


class _Writer:
    def __init__(
        self, original: str, asks: JobAsks, resume: ReadResume, signals: Signals, domain: str | None
    ) -> None:
        self._original, self._asks, self._resume = original, asks, resume
        self._signals, self._domain = signals, domain

    def reason(self, text: str, place: tuple[int, int] | None, signal: str, points: float) -> Reason:
        start, end = place or (0, 0)
        return Reason(text, self._original[start:end], start, end, signal, round(points, 1))

    def positive(self) -> Iterator[tuple[str, str, tuple[int, int] | None]]:
        for signal, made in (
            ("experience", self._experience()),
            ("title", self._title()),
            ("skills", self._skills()),
            ("coverage", self._coverage()),
            ("education", self._education()),
            ("bm25", self._named_often()),
        ):
            if made is not None:
                yield (signal, *made)

    def _experience(self) -> tuple[str, tuple[int, int] | None] | None:
        years = self._signals.years
        if not years.fits or years.years <= 0:
            return None
        asked = f" (asked: {self._asks.years})" if self._asks.years else ""
        return f"{self._years()} in {self._domain or 'fitting roles'}{asked}", self._experience_place()

    def _years(self) -> str:
        years = self._signals.years
        if years.years < 1:
            return "Less than a year"
        number = f"{int(years.years)}+" if years.at_least or years.stated else f"{years.years:.1f}".removesuffix(".0")
        return f"{number} year" if number == "1" else f"{number} years"

    def _experience_place(self) -> tuple[int, int] | None:
        years = self._signals.years
        if years.stated is not None:
            return years.stated
        if not years.fitting:
            return None
        latest = years.fitting[0]
        start, end = latest.time.start, latest.time.end
        if latest.title is not None:
            whole = min(start, latest.title.start), max(end, latest.title.end)
            if whole[1] - whole[0] <= _LONGEST_QUOTE and "\n" not in self._original[slice(*whole)]:
                return whole
        return start, end

    def _title(self) -> tuple[str, tuple[int, int]] | None:
        title = self._signals.title.title
        if title is None:
            return None
        # A title all of whose words the job's has is the job's, whatever else the ad adds to it.
        whole = bool(title.words) and set(title.words) <= set(self._asks.title_words)
        close = whole or self._signals.title.share >= _CLOSE_TITLE
        near = "close to the job's title" if close else "in a related field"
        return f"{_shortened(title.text)}: {near}", (title.start, title.end)

    def _skills(self) -> tuple[str, tuple[int, int]] | None:
        matched = self._signals.skills.matched
        if not matched:
            return None
        shown = ", ".join(matched[:_SHOWN_SKILLS]) + (", …" if len(matched) > _SHOWN_SKILLS else "")
        return f"{len(matched)} of {len(self._asks.skills)} skills asked: {shown}", self._skills_place(matched)

    def _skills_place(self, matched: tuple[str, ...]) -> tuple[int, int]:
        """The line that names most of the matched skills, cut to where it names them."""
        best: list[tuple[int, int]] = []
        most = 0
        for line in self._resume.lines:
            here = [m for m in self._resume.mentions_in(line.start, line.end) if m.skill in matched]
            if len({m.skill for m in here}) > most:
                most = len({m.skill for m in here})
                best = [(m.start, m.end) for m in here if m.end - here[0].start <= _LONGEST_QUOTE]
        return best[0][0], best[-1][1]

    def _coverage(self) -> tuple[str, tuple[int, int] | None] | None:
        coverage, lines = self._signals.coverage, self._asks.lines
        if coverage.best is None:
            return None
        asked = _shortened(coverage.best.text)
        return f"Answers {len(coverage.found)} of {len(lines)} lines of the job, such as “{asked}”", self._answer()

    def _answer(self) -> tuple[int, int] | None:
        """The résumé's line that shares most with the job's line answered best."""
        best = self._signals.coverage.best
        assert best is not None
        shares = []
        for line in self._resume.lines:
            skills = {m.skill for m in self._resume.mentions_in(line.start, line.end)}
            stems = set(content(self._resume.words_in(line.start, line.end)))
            shares.append((len(stems & set(best.stems)) + 2 * len(skills & best.skills), line))
        most, answer = max(shares, key=lambda pair: pair[0])
        return self._trimmed(answer.start, answer.end) if most else None

    def _education(self) -> tuple[str, tuple[int, int]] | None:
        degree = self._signals.schooling.degree
        if degree is None or self._asks.degree is None:
            return None
        asked = "" if degree.level == self._asks.degree else f" (asked: {NAMES[self._asks.degree]})"
        return f"{NAMES[degree.level].capitalize()}{asked}", (degree.start, degree.end)

    def _named_often(self) -> tuple[str, tuple[int, int]] | None:
        """A skill asked for that the latest roles name."""
        roles = self._resume.roles[:2]
        for skill in self._signals.skills.matched:
            named = [m for m in self._resume.mentions if m.skill == skill]
            places = [next((m for m in named if role.start <= m.start < role.end), None) for role in roles]
            if len(places) == 2 and all(places):
                latest = places[0]
                assert latest is not None
                return f"{skill}: named in the last two roles", (latest.start, latest.end)
        return None

    def off_field(self) -> Iterator[tuple[str, tuple[int, int] | None]]:
        found, asked = len(self._signals.coverage.found), len(self._asks.lines)
        yield f"Little in common with the job: {found} of {asked} lines answered", None
        titled = next((role.title for role in self._resume.roles if role.title), None)
        title = titled or next(iter(self._resume.titles), None)
        if title is not None:
            where = f", in {self._domain}" if self._domain else ""
            yield f"Latest title found: {_shortened(title.text)}{where}", (title.start, title.end)

    def missing(self) -> list[Reason]:
        """At most one reason: what the job asks for and the résumé does not show."""
        gaps = list(self._signals.skills.missing[:3])
        years = self._signals.years
        if self._asks.years and years.share is not None and years.share < 1:
            had = self._years().lower() if years.fits and years.years else "none"
            return [self._missing(f"Asked: {self._asks.years} years; found in fitting roles: {had}", gaps)]
        if gaps:
            return [Reason(f"Not found in the résumé: {', '.join(gaps)}", signal="missing")]
        if self._signals.coverage.missing:
            line = _shortened(self._signals.coverage.missing[0].text)
            return [Reason(f"Not found in the résumé: “{line}”", signal="missing")]
        return []

    def _missing(self, text: str, gaps: list[str]) -> Reason:
        return Reason(f"{text}; not found: {', '.join(gaps)}" if gaps else text, signal="missing")

    def _trimmed(self, start: int, end: int) -> tuple[int, int]:
        """``[start:end]`` without blanks and bullets at its edges, cut at a word if it is long."""
        text = self._resume.text[start:end]
        pieces = [(m.start(), m.end()) for m in re.finditer(r"\S(?:.*?\S)??(?=[ \t]{3,}|$)", text)]
        first, last = max(pieces, key=lambda piece: piece[1] - piece[0], default=(0, len(text)))
        bullets = len(text[first:last]) - len(text[first:last].lstrip(" \t-*•▪◦·–—●○■"))
        first += bullets
        if last - first > _LONGEST_QUOTE:
            cut = text.rfind(" ", first, first + _LONGEST_QUOTE)
            last = cut if cut > first else first + _LONGEST_QUOTE
        return start + first, start + last


def _shortened(text: str) -> str:
    plain = " ".join(text.split()).rstrip(".;,:")
    if len(plain) <= _LONGEST_LINE:
        return plain
    return plain[: _LONGEST_LINE - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"
