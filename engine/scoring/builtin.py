"""The built-in scorer: ResumeText and Job → Score. Deterministic, explained, versioned; reads nothing else.

How: ``resume_reading`` (personal things masked first) and ``job_reading`` → ``signals`` → ``weighing`` → ``reasons``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from engine.model import Education, Experience, Job, ResumeText, Score
from engine.scoring.background import Background
from engine.scoring.degrees import Degree
from engine.scoring.input_hash import input_hash
from engine.scoring.job_reading import read_job
from engine.scoring.reasons import reasons
from engine.scoring.resume_reading import ReadResume, read_resume
from engine.scoring.signals import Signals, measure
from engine.scoring.skills import Skills, slug
from engine.scoring.weighing import weigh
from engine.scoring.words import content, words

VERSION = "builtin/1"
_JOBS_KEPT = 256
_MOST_SKILLS = 60
_EXACT_DIGITS = 6


class BuiltinScorer:
    """Scores by fixed rules. One object serves many threads; the lists are loaded when it is made."""

    version = VERSION

    def __init__(self, skills: Skills | None = None, background: Background | None = None) -> None:
        self._skills = skills or Skills.load()
        self._background = background or Background.load()
        self._read_job = lru_cache(_JOBS_KEPT)(lambda job: read_job(job, self._skills, self._background))

    def score(self, resume: ResumeText, job: Job) -> Score:
        """The score of ``resume`` for ``job``, with three to five reasons where something fits."""
        asks = self._read_job(job)
        read = read_resume(resume.text, self._skills, self._background)
        signals = measure(asks, read, self._background)
        weighed = weigh(signals, skills_asked=bool(asks.skills))
        exact = round(weighed.exact, _EXACT_DIGITS)
        domain = self._domain(read, signals)
        return Score(
            match=int(exact + 0.5),
            exact=exact,
            reasons=reasons(resume.text, asks, read, signals, weighed.points, domain),
            skills_matched=signals.skills.matched,
            skills_missing=signals.skills.missing,
            skills_normalized=_normalized(read, signals.skills.matched),
            primary_experience=_experience(signals, domain),
            education=tuple(_education(degree) for degree in read.degrees),
            resume_text=resume.text,
            scorer=self.version,
            input_hash=input_hash(resume, job, self.version),
        )

    def _domain(self, read: ReadResume, signals: Signals) -> str | None:
        """The field of the fitting roles' titles and texts, else of the whole résumé."""
        roles = signals.years.fitting[:3]
        titles = [word for role in roles if role.title for word in content(words(role.title.text))]
        texts = [word for role in roles for word in content(read.words_in(role.start, role.end))]
        return self._background.domain(titles * 2 + texts[:120] if roles else read.stems[:200], clearly=True)


def _experience(signals: Signals, domain: str | None) -> Experience | None:
    years = signals.years
    title = next((role.title.text for role in years.fitting if role.title), None)
    if title is None and signals.title.title is not None:
        title = signals.title.title.text
    if not years.years and title is None:
        return None
    return Experience(years.years, title, domain)


_LEADING_YEAR = re.compile(r"^\W*(19|20)[0-9]{2}\b")
_EDGES = " \t/|,;–-"


def _education(degree: Degree) -> Education:
    text = _LEADING_YEAR.sub("", degree.text).strip(_EDGES)
    school = (degree.school or "").strip(_EDGES)
    told = bool(school) and school.casefold() != text.casefold()
    return Education(text, school if told else None, degree.year)


def _normalized(read: ReadResume, matched: Sequence[str]) -> tuple[str, ...]:
    """Canonical ids of the résumé's skills: those the job asks for first, then in order of mention."""
    named = [mention.skill for mention in read.mentions]
    return tuple(dict.fromkeys(slug(skill) for skill in (*matched, *named)))[:_MOST_SKILLS]
