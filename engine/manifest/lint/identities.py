"""Whose id a value is, as far as its name tells: ``candidate_id``, ``item.job.id``, ``opportunityId``."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.manifest.language.expressions import Chain

_WORDS: Mapping[str, frozenset[str]] = {
    "candidate": frozenset({"candidate", "applicant", "person"}),
    "job": frozenset({"job", "opening", "requisition", "vacancy", "posting", "position"}),
    "application": frozenset({"application"}),
    "attachment": frozenset({"attachment"}),
}
NAME_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
"""The words of a name in one piece: ``firstName``, ``job_id``, ``URLPart``."""


class Identities:
    """Names of things in one ATS: the usual ones and its own words (``ats.vocabulary``)."""

    def __init__(self, vocabulary: Mapping[str, str]) -> None:
        own = {kind: re.sub(r"\W", "", str(word)).lower() for kind, word in vocabulary.items() if kind in _WORDS}
        self._kinds = {word: kind for kind, words in _WORDS.items() for word in words if word not in own.values()}
        self._kinds |= {word: kind for kind, word in own.items() if list(own.values()).count(word) == 1}

    def kind_of(self, word: str) -> str | None:
        """The canonical object that ``word`` names, singular or plural."""
        folded = re.sub(r"\W|_", "", word).lower()
        return self._kinds.get(folded) or self._kinds.get(folded.removesuffix("s")) or self._plural(folded)

    def _plural(self, word: str) -> str | None:
        return "candidate" if word == "people" else self._kinds.get(f"{word[:-3]}y") if word.endswith("ies") else None

    def meaning(self, chain: Chain) -> str:
        """What the value at the end of ``chain`` stands for by its name, such as ``job.id``, else ""."""
        parts = [part.lower() for part in NAME_WORDS.findall(chain[-1])] if chain else []
        if not parts or parts[-1] != "id":
            return ""
        owner = "".join(parts[:-1]) or (chain[-2] if len(chain) > 1 else "")
        kind = self.kind_of(owner)
        return f"{kind}.id" if kind else ""
