"""The background collection: how common each word is, BM25 over it, and which field a text belongs to.

In: data/background.txt (short texts of many fields) and data/roles.txt (words that name a job). BM25 is rank-bm25's
Okapi with b = 0: a longer résumé is not punished, and no word that the job does not ask for can move the score.
"""

from __future__ import annotations

import copy
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.resources import files
from typing import Any

from engine.scoring.words import content, stem, word_key, words

_ANSWERS = 3.0
_CLEARLY_LESS = 0.9
"""A field that another comes this near to is not named: a wrong one would be worse than none."""


class Background:
    """Word statistics of the collection. Make it with ``load``; ``domains`` and ``titles`` go by document."""

    def __init__(self, documents: Sequence[tuple[str, str, str]], roles: Mapping[str, str]) -> None:
        self.domains = [domain for domain, _, _ in documents]
        self.titles = [title for _, title, _ in documents]
        self._texts = [f"{title}. {title}. {text}" for _, title, text in documents]
        self.roles = dict(roles)
        self._stems = [content(words(text)) for text in self._texts]
        self.vocabulary = frozenset(word.key for text in self._texts for word in words(text))
        self._frequency = Counter(word for document in self._stems for word in set(document))

    @classmethod
    def load(cls) -> Background:
        """The collection that comes with the engine."""
        data = files("engine.scoring") / "data"
        rows = [line.split(" | ") for line in _lines((data / "background.txt").read_text("utf-8"))]
        roles: dict[str, str] = {}
        for line in _lines((data / "roles.txt").read_text("utf-8")):
            name, _, others = line.partition(" = ")
            roles.update({word_key(other.strip()): name for other in (name, *others.split(";")) if other.strip()})
        return cls([(domain, title, text) for domain, title, text in rows], roles)

    def idf(self, word: str) -> float:
        """How much a stem tells: at least 0.3, most for one that the collection does not know."""
        documents, having = len(self._stems), self._frequency.get(word, 0)
        return max(0.3, math.log((documents - having + 0.5) / (having + 0.5)))

    @cached_property
    def _okapi(self) -> Any:
        # Imported at first use: it brings numpy along.
        from rank_bm25 import BM25Okapi

        return BM25Okapi(self._stems, b=0)

    def bm25(self, query: Sequence[str], *documents: Sequence[str]) -> list[float]:
        """BM25 of each of ``documents`` for ``query``, with the collection's word statistics."""
        index = copy.copy(self._okapi)
        index.idf = {word: self.idf(word) for word in query}
        index.doc_freqs = [Counter(document) for document in documents]
        index.doc_len = [max(1, len(document)) for document in documents]
        index.corpus_size = len(documents)
        return [float(score) for score in index.get_scores(query)]

    def domain(self, stems: Sequence[str], *, clearly: bool = False) -> str | None:
        """The field whose text answers best (``clearly``: far better than the next) to ``stems``, or None."""
        query = sorted(stems)
        if not query:
            return None
        scores = [float(score) for score in self._okapi.get_scores(query)]
        best: dict[str, float] = {}
        for domain, score in zip(self.domains, scores, strict=True):
            best[domain] = max(score, best.get(domain, 0.0))
        first, second = sorted(sorted(best), key=lambda name: -best[name])[:2]
        near = clearly and best[second] >= best[first] * _CLEARLY_LESS
        return first if best[first] > _ANSWERS and not near else None

    def names_role(self, key: str) -> bool:
        """Whether a word's key names a job, such as ``engineer``."""
        return key in self.roles

    def title_stem(self, key: str) -> str:
        """A title's word as titles are compared: developer and programmer are one."""
        return stem(self.roles.get(key, key))


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]
