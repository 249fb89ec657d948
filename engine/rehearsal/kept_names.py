"""Chains of names and the data they read in; what each was out, in words, and nothing new about a person.

What says nothing of a person (the job, the settings, the score's number) is told; what does is told only where the
output shows the same text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.manifest.language.expressions import Chain
from engine.model import Json

NOT_SHOWN = "(not shown: about the person)"

_IMPERSONAL = frozenset({"job", "settings", "stage_move", "shortlist", "prospect", "application"})
_OF_SCORE = frozenset({"match", "exact", "scorer", "audit_id", "input_hash"})
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class NameRead:
    """A name that an expression read, and what it was, in words."""

    name: str
    value: str


def names_read(chains: Iterable[Chain], context: Mapping[str, Json], shown: str) -> tuple[NameRead, ...]:
    """Each of ``chains`` with what it is in ``context``; ``shown`` is the output as people see it."""
    return tuple(NameRead(".".join(chain), _told(chain, context, shown)) for chain in chains)


def _told(chain: Chain, context: Mapping[str, Json], shown: str) -> str:
    value: Json = context
    for name in chain:
        if not isinstance(value, Mapping) or name not in value:
            return "(not there)"
        value = value[name]
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    if isinstance(value, Mapping):
        return f"an object of {len(value)}"
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    if value is None or _is_impersonal(chain) or (text.strip() and text in shown):
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return NOT_SHOWN


def _is_impersonal(chain: Chain) -> bool:
    if chain[0] == "score":
        return chain[1:2] != () and chain[1] in _OF_SCORE
    return chain[0] in _IMPERSONAL or chain == ("candidate", "id")
