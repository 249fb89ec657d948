"""Text → words as the scorer compares them: lower case, without number-only words, each with its place.

``words`` gives every word; ``content`` leaves out those that say nothing about a job. A word's ``key`` is its
singular (for skills), ``stem`` cuts further (for requirements and BM25).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

_WORD = re.compile(r"(?<![\w.])\.net\b|[^\W_]+(?:['’][^\W_]+)?(?:\+\+|#)?", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['’]s?$|['’]s$")
# A job held by a woman and the same job held by a man are one job.
_NEUTRAL = {
    "salesman": "salesperson",
    "saleswoman": "salesperson",
    "salesgirl": "salesperson",
    "salesmen": "salesperson",
    "saleswomen": "salesperson",
    "waitress": "waiter",
    "stewardess": "steward",
    "hostess": "host",
    "actress": "actor",
    "chairman": "chair",
    "chairwoman": "chair",
    "chairperson": "chair",
    "businessman": "businessperson",
    "businesswoman": "businessperson",
    "foreman": "foreperson",
    "forewoman": "foreperson",
    "craftsman": "craftsperson",
    "craftswoman": "craftsperson",
    "draftsman": "draftsperson",
    "draughtsman": "draftsperson",
    "draftswoman": "draftsperson",
    "policeman": "police officer",
    "policewoman": "police officer",
    "fireman": "firefighter",
    "firewoman": "firefighter",
    "cameraman": "camera operator",
    "camerawoman": "camera operator",
    "repairman": "repairer",
    "repairwoman": "repairer",
    "handyman": "handyperson",
    "handywoman": "handyperson",
}
_IN_IE = frozenset(("calories", "cookies", "movies", "series", "species", "selfies"))
_GENDERED = re.compile(rf"\b(?:{'|'.join(_NEUTRAL)})\b", re.IGNORECASE)

_LINES = (files("engine.scoring") / "data" / "stop_words.txt").read_text("utf-8").splitlines()
STOP_WORDS = frozenset(word for line in _LINES if not line.startswith("#") for word in line.split())
"""Words that can tell no job from another: grammar, and what nearly every advertisement says."""


class Word(NamedTuple):
    """A word of a text: its key, and where it stands there."""

    key: str
    start: int
    end: int


def words(text: str) -> list[Word]:
    """All words of ``text`` that are not numbers."""
    found = []
    for match in _WORD.finditer(text):
        key = word_key(match.group())
        if not key.isdigit():
            found.append(Word(key, match.start(), match.end()))
    return found


@lru_cache(maxsize=65536)
def word_key(word: str) -> str:
    """``word`` in lower case and in the singular, the same for any gender."""
    lower = _POSSESSIVE.sub("", word.lower())
    lower = _NEUTRAL.get(lower, lower)
    if lower.endswith("ies") and len(lower) > 4 and lower not in _IN_IE:
        return lower[:-3] + "y"
    if len(lower) > 3 and lower.endswith("s") and not lower.endswith(("ss", "us", "is")):
        return _NEUTRAL.get(lower[:-1], lower[:-1])
    return lower


def neutral(text: str) -> str:
    """``text`` with the names of jobs the same for any gender: for what is shown."""
    return _GENDERED.sub(lambda found: _cased(found.group(), _NEUTRAL[found.group().lower()]), text)


def _cased(model: str, word: str) -> str:
    if model.isupper():
        return word.upper()
    return word.capitalize() if model[0].isupper() else word


_ENDINGS_LIST = (
    "isation ization ational ations ation ement ments ment ings ing ence ance ant "
    "ies ied ers ors ed er or es ly al e y"
)
_ENDINGS = tuple(_ENDINGS_LIST.split())


@lru_cache(maxsize=65536)
def stem(key: str) -> str:
    """A word's trunk: managing, managed, manager and management are one."""
    if len(key) <= 4 or not key.isalpha():
        return key
    for ending in _ENDINGS:
        if key.endswith(ending) and len(key) - len(ending) >= 3:
            trunk = key[: -len(ending)]
            return trunk[:-1] if len(trunk) > 4 and trunk[-1] == trunk[-2] else trunk
    return key


@lru_cache(maxsize=65536)
def says_something(key: str) -> bool:
    """Whether a word can tell one job from another."""
    return len(key) > 1 and key not in STOP_WORDS


def content(found: Iterable[Word]) -> list[str]:
    """The stems of those words that say something, in order."""
    return [stem(word.key) for word in found if says_something(word.key)]
