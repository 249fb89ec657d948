"""Proof that who somebody is never reaches the scoring step: what scoring reads, followed through the expressions.

The scorer is given a résumé's text and a job's text. A résumé's text may come from the candidate's record
(``objects.resume``), a job's text comes from the job's record: neither may read a name, a contact, an address, a
photo, an age or a gender, nor the whole record of the candidate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.manifest.build.node import Node, Use
from engine.manifest.language.expressions import Chain, Path
from engine.manifest.lint.expressions import Followings
from engine.manifest.lint.identities import NAME_WORDS
from engine.manifest.lint.knowledge import Knowledge
from engine.manifest.lint.reads import reads
from engine.manifest.types.scope import PERSON

JOB_TEXTS = ("title", "description", "requirements")

_NAME = re.compile(r"(first|last|full|given|family|middle|preferred|sur|fore|maiden|display)?_?name$", re.IGNORECASE)
_WORDS = frozenset(
    {
        "email",
        "mail",
        "emails",
        "phone",
        "phones",
        "telephone",
        "mobile",
        "address",
        "addresses",
        "street",
        "postcode",
    }
    | {"zip", "photo", "picture", "avatar", "image", "age", "birth", "birthday", "birthdate", "dob", "gender", "sex"}
    | {"nationality", "ethnicity", "race", "religion", "pronouns", "marital", "surname", "disability", "veteran"}
)
_OF_A_PERSON = re.compile(r"candidate|person|applicant|contact|personal|demographic", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ScoringInput:
    """An expression that scoring reads, and what of it is protected."""

    use: Use
    protected: tuple[tuple[str, int], ...]


def check_protected(knowledge: Knowledge, _: Followings) -> None:
    """Reports each protected field that an expression gives to the scoring step."""
    for given in scoring_inputs(knowledge.root):
        for name, at in given.protected:
            given.use.node.fail(
                "protected-in-score",
                f"{name} would reach the scoring step: it says who somebody is",
                "score by what somebody can: leave it out",
                offset=at,
            )


def scoring_inputs(root: Node) -> list[ScoringInput]:
    """All expressions that what is scored is made of, or chosen by."""
    kept = _protected_chains(root)
    found = []
    for use in root.report.uses:
        place = use.node.path
        if place[:2] == ("objects", "resume") and place[-1] in ("text", "when", "attachment"):
            found.append(ScoringInput(use, tuple(_told(use, kept, whole=place[-1] == "text"))))
        elif place[:3] == ("objects", "job", "fields") and place[-1] in JOB_TEXTS:
            found.append(ScoringInput(use, ()))
        elif _reads_the_job(root, use):
            found.append(ScoringInput(use, tuple(_of_candidate(use))))
    return found


def _protected_chains(root: Node) -> frozenset[Chain]:
    """Where in the candidate's record the protected fields stand."""
    candidate = root["objects"].get("candidate")
    uses = {use.node.path: use.compiled for use in root.report.uses}
    paths = [uses.get((*candidate.path, "fields", name)) for name in PERSON] if candidate is not None else []
    return frozenset(chain for path in paths if isinstance(path, Path) for chain, _ in reads(path) if chain)


def _told(use: Use, kept: frozenset[Chain], *, whole: bool) -> Iterator[tuple[str, int]]:
    if not isinstance(use.compiled, Path):
        return
    told = set()
    for chain, at in reads(use.compiled):
        inside = chain if whole else chain[1:] if chain[:1] == ("record",) else None
        if inside is None:
            protected = chain[:1] == ("candidate",) and (len(chain) == 1 or chain[1] in PERSON)
        else:
            protected = _is_protected(inside, kept)
        name = f"`{'.'.join(chain)}`" if chain else "the candidate's whole record"
        if protected and name not in told:
            told.add(name)
            yield name, at


def _is_protected(chain: Chain, kept: frozenset[Chain]) -> bool:
    if any(chain[: len(other)] == other or other[: len(chain)] == chain for other in kept):
        return True
    if not chain or not (len(chain) == 1 or _OF_A_PERSON.search(".".join(chain[:-1]))):
        return not chain
    parts = {part.lower() for part in NAME_WORDS.findall(chain[-1])}
    return bool(_NAME.match(chain[-1])) or not parts.isdisjoint(_WORDS)


def _reads_the_job(root: Node, use: Use) -> bool:
    job = root["objects"].get("job")
    return job is not None and use.node.path[:2] == ("operations", job.value("read"))


def _of_candidate(use: Use) -> Iterator[tuple[str, int]]:
    """A job that is asked for by who somebody is."""
    for chain in use.compiled.references if use.scope is not None else ():
        if chain[0] == "candidate" and chain[1:2] != ("id",):
            yield f"`{'.'.join(chain)}`", 0
