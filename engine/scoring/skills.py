"""The project's list of skills, and finding them in a text.

In: words with their places. Out: mentions, each with the skill's canonical name and its span. The longest name
wins; names are compared in the singular, by up to five words, in one hash look-up for each length.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import NamedTuple

from engine.scoring.words import Word, words

_LONGEST = 5
# "Jenkins pipelines" and "Jenkins" are one skill.
_ENDINGS = "pipeline development programming system framework tool service skill cluster"
_EMPTY_ENDINGS = tuple(_ENDINGS.split())
_SEPARATORS = ",;/|:•·()\n\t"
_SLUG = re.compile(r"[^\w+#.]+")


class Mention(NamedTuple):
    """A skill named in a text at ``[start:end]``."""

    skill: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Skills:
    """``names`` maps words in the singular to the canonical skill; ``exact`` those that count only as written;
    ``well_known`` the names of the alias table.
    """

    names: Mapping[str, str]
    exact: Mapping[str, str]
    well_known: Mapping[str, str]
    longest_by_first: Mapping[str, int]
    vocabulary: frozenset[str]

    @classmethod
    def load(cls) -> Skills:
        """The list that comes with the engine."""
        data = files("engine.scoring") / "data"
        names: dict[str, str] = {}
        for line in (data / "skills.txt").read_text("utf-8").splitlines():
            key, _, label = line.partition("\t")
            names[key] = label or key
        exact, well_known = _add_aliases((data / "aliases.txt").read_text("utf-8"), names)
        return cls.of(names, exact, well_known)

    @classmethod
    def of(cls, names: Mapping[str, str], exact: Mapping[str, str], well_known: Mapping[str, str]) -> Skills:
        longest: dict[str, int] = {}
        vocabulary: set[str] = set()
        for key in names:
            parts = key.split(" ")
            vocabulary.update(parts)
            if len(parts) > longest.get(parts[0], 0):
                longest[parts[0]] = len(parts)
        return cls(names, exact, well_known, longest, frozenset(vocabulary))

    def mentions(self, text: str, found: Sequence[Word]) -> list[Mention]:
        """The skills named by ``found``, the words of ``text``, in order."""
        mentions, index = [], 0
        while index < len(found):
            length, skill = self._at(text, found, index)
            if skill is not None:
                mentions.append(Mention(skill, found[index].start, found[index + length - 1].end))
                mentions += self._inside(found[index : index + length], skill)
            index += length
        return mentions

    def _inside(self, found: Sequence[Word], skill: str) -> list[Mention]:
        """Well-known skills named by single words of a longer one: AWS in "AWS EKS"."""
        if len(found) == 1 or " ".join(word.key for word in found) in self.well_known:
            return []
        known = [(self.well_known[word.key], word) for word in found if word.key in self.well_known]
        return [Mention(name, word.start, word.end) for name, word in known if name != skill]

    def _at(self, text: str, found: Sequence[Word], index: int) -> tuple[int, str | None]:
        word = found[index]
        longest = min(self.longest_by_first.get(word.key, 0), _LONGEST, len(found) - index)
        while longest and "\n\n" in text[word.start : found[index + longest - 1].end]:
            longest -= 1
        for length in range(longest, 0, -1):
            skill = self.names.get(" ".join([other.key for other in found[index : index + length]]))
            if skill is not None:
                return length, skill
        written = text[word.start : word.end]
        return 1, self.exact.get(written) if len(written) <= 4 and _stands_apart(text, word) else None


def slug(skill: str) -> str:
    """The canonical id of a skill: ``point of sale`` → ``point-of-sale``."""
    return _SLUG.sub("-", skill.lower()).strip("-")


def _stands_apart(text: str, word: Word) -> bool:
    """Whether a list's separators are on both sides, so that a short name is a name and not a word."""
    before, after = text[: word.start].rstrip(" "), text[word.end :].lstrip(" ")
    sides = (not before or before[-1] in _SEPARATORS), (not after or after[0] in _SEPARATORS)
    return all(sides)


def _add_aliases(source: str, names: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    exact: dict[str, str] = {}
    well_known: dict[str, str] = {}
    for line in source.splitlines():
        if not line or line.startswith("#"):
            continue
        skill, _, others = line.partition(" = ")
        only_exact = {alias.strip()[1:].lower() for alias in others.split(";") if alias.strip().startswith("!")}
        for alias in (skill, *others.split(";")):
            if alias in only_exact:
                continue
            if (alias := alias.strip()).startswith("!"):
                exact[alias[1:]] = skill
            elif len(alias) > 1:
                key = " ".join(word.key for word in words(alias))
                names[key] = well_known[key] = skill
                names.update(dict.fromkeys((f"{key} {ending}" for ending in _EMPTY_ENDINGS), skill))
    return exact, well_known
