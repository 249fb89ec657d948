"""Cases in, their results out: each case is rehearsed by itself, and what fails is told by place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from engine.errors import FieldwrightError
from engine.manifest.model import At
from engine.model import Json
from engine.ports import Scorer
from engine.rehearsal.checking import Failure, failures_of
from engine.rehearsal.rehearse import Rehearsal, Rehearsals
from engine.rehearsal.scorers import fixed_scorer
from engine.rehearsal.suite import Case, Suite
from engine.scoring.builtin import BuiltinScorer


@dataclass(frozen=True, slots=True)
class Result:
    """How a case ended; without failures it passed. ``rehearsal`` is None where it did not come to an end."""

    case: Case
    failures: tuple[Failure, ...]
    rehearsal: Rehearsal | None = None

    @property
    def passed(self) -> bool:
        return not self.failures


def run_suite(suite: Suite, rehearsals: Rehearsals, only: str | None = None) -> Iterator[Result]:
    """The result of each case, or of those that hold ``only`` in their name, whatever its case."""
    for case in suite.cases:
        if only is None or only.casefold() in case.name.casefold():
            yield run_case(case, rehearsals)


def run_case(case: Case, rehearsals: Rehearsals) -> Result:
    """Rehearses ``case`` and compares."""
    try:
        rehearsal = rehearsals.rehearse(
            case.connection, case.event, case.answers, scorer=scorer_of(case.score), before=case.before
        )
    except FieldwrightError as error:
        hint = f"\n{error.hint}" if error.hint else ""
        return Result(case, (Failure(_name_at(case), "the case", "to come to an end", f"{error.message}{hint}"),))
    return Result(case, tuple(failures_of(case, rehearsal)), rehearsal)


def _name_at(case: Case) -> At:
    return case.at("name")


def scorer_of(score: Json) -> Scorer:
    """The scorer that a mapping test's ``score`` names: a fixed one, or ``builtin``."""
    return _builtin() if score == "builtin" else fixed_scorer(score)


@lru_cache(maxsize=1)
def _builtin() -> BuiltinScorer:
    return BuiltinScorer()
