"""A job's text → what it asks for: lines of requirements, skills, years, a degree. Pure; made once for each job."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.model import Job
from engine.scoring.background import Background
from engine.scoring.degrees import Level, lowest_level_of
from engine.scoring.skills import Skills
from engine.scoring.words import content, says_something, stem, words

_SENTENCE = re.compile(r"(?<=[.!?;])\s+(?=[^\W\d_])|\n+")
_TAGS = re.compile(r"<[^<>]{1,200}>")
_CLAUSE = re.compile(r"[\n;,]|(?<=[a-z])\. ")
_EDGES = " \t-*•▪◦·–—●○■"
_WISHED = re.compile(r"(?i)\b(?:plus|preferred|nice to have|bonus|desirable|ideally|advantage|optional|asset)\b")
_ABOUT_THE_COMPANY = re.compile(
    r"(?i)equal opportunit|regardless of|without regard|benefits?\b.{0,10}$|we offer|what we offer|perks|pension|"
    r"health insurance|dental|paid (?:time off|holiday|leave)|vacation days|salary|per hour|about us|who we are|"
    r"401\(?k|accommodation|apply now|how to apply"
)
_NUMBERS = "one two three four five six seven eight nine ten"
_NUMBER_WORDS = {name: number for number, name in enumerate(_NUMBERS.split(), start=1)}
_EITHER_NUMBER = "|".join(_NUMBER_WORDS)
_YEARS = re.compile(
    rf"(?i)\b(\d{{1,2}}|{_EITHER_NUMBER})\s?(?:\(\d+\))?\s?(?:\+|plus)?\s?(?:(?:-|–|to)\s?(?:\d{{1,2}}|{_EITHER_NUMBER})\+?\s?)?"
    r"(?:or more )?(?:years?|yrs?)(?!\s+old)\b"
)
_ANY = re.compile("")
_EXPERIENCE = re.compile(r"(?i)experience|background|working as|work in|in a similar")
_MOST_YEARS = 15
_MOST_SKILLS = 20
_MOST_LINES = 40
_TITLE_NOISE_LIST = (
    "senior junior sr jr remote hybrid onsite part full time temporary permanent contract intern m f d w "
    "h x ii iii i urgent immediate start shift night day evening weekend seasonal entry level mid "
)
_SPELLED_OUT = {
    "hr": "human resource",
    "qa": "quality assurance",
    "rn": "registered nurse",
    "lpn": "practical nurse",
    "sre": "site reliability engineer",
    "cfo": "chief finance officer",
    "cto": "chief technology officer",
    "ceo": "chief executive officer",
    "pm": "project manager",
    "fullstack": "full stack",
}
_TITLE_NOISE = frozenset(_TITLE_NOISE_LIST.split())


@dataclass(frozen=True, slots=True)
class AskedLine:
    """A line of the job: its text, its telling stems, the skills in it, and its weight (wishes count half)."""

    text: str
    stems: tuple[str, ...]
    skills: frozenset[str]
    weight: float


@dataclass(frozen=True, slots=True)
class JobAsks:
    """What a job asks for. ``skills`` in order of mention; ``years`` and ``degree`` None if it says nothing."""

    title: str
    title_words: tuple[str, ...]
    lines: tuple[AskedLine, ...]
    stems: tuple[str, ...]
    skills: tuple[str, ...]
    wished_skills: frozenset[str]
    years: int | None
    degree: Level | None
    domain: str | None


def read_job(job: Job, skills: Skills, background: Background) -> JobAsks:
    """What ``job`` asks for, by its title, requirements and description."""
    title = _TAGS.sub(" ", job.title)
    places = {stem(word.key) for word in words(job.location or "")}
    asked = _asked_lines(job.requirements, 1.0, skills, places)
    asked += _asked_lines(job.description, 0.5 if asked else 1.0, skills, places)
    named = [skill for line in asked for skill in sorted(line.skills, key=line.text.lower().find)]
    firm = {skill for line in asked if not _WISHED.search(line.text) for skill in line.skills}
    text = f"{job.requirements}\n{job.description}"
    return JobAsks(
        title=title,
        title_words=title_words(title, background),
        lines=tuple(asked[:_MOST_LINES]),
        stems=tuple(sorted({word for line in asked for word in line.stems} | set(content(words(title))))),
        skills=tuple(dict.fromkeys(named))[:_MOST_SKILLS],
        wished_skills=frozenset(named) - firm,
        years=_asked_years(job),
        degree=_asked_degree(text),
        domain=background.domain([*content(words(title)) * 4, *(word for line in asked[:12] for word in line.stems)]),
    )


def title_words(title: str, background: Background) -> tuple[str, ...]:
    """The words of a job title that are compared, each once."""
    spelled = [key for word in words(title) for key in _SPELLED_OUT.get(word.key, word.key).split()]
    keys = [key for key in spelled if key not in _TITLE_NOISE and says_something(key)]
    return tuple(dict.fromkeys(background.title_stem(key) for key in keys))


def _asked_lines(text: str, weight: float, skills: Skills, places: set[str]) -> list[AskedLine]:
    lines = []
    for raw in _SENTENCE.split(_TAGS.sub("\n", text)):
        line = raw.strip(_EDGES)
        if not line or _ABOUT_THE_COMPANY.search(line):
            continue
        found = words(line)
        stems = tuple(dict.fromkeys(word for word in content(found) if word not in places))
        named = frozenset(
            mention.skill
            for mention in skills.mentions(line, found)
            if any(says_something(word.key) for word in words(mention.skill))
        )
        if len(stems) >= 2 or named:
            lines.append(AskedLine(line, stems, named, weight * (0.5 if _WISHED.search(line) else 1.0)))
    return lines


def _asked_years(job: Job) -> int | None:
    """The first number of years in the requirements, else the first "years of experience" in the description."""
    for text, about in ((job.requirements, _ANY), (job.description, _EXPERIENCE)):
        for match in _YEARS.finditer(text):
            around = text[max(0, match.start() - 60) : match.end() + 80]
            number = _NUMBER_WORDS.get(match[1].lower()) or int(match[1])
            if 0 < number <= _MOST_YEARS and about.search(around):
                return number
    return None


def _asked_degree(text: str) -> Level | None:
    for clause in _CLAUSE.split(text):
        if (level := lowest_level_of(clause)) is not None and not _WISHED.search(clause):
            return level
    return None
