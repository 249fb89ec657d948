"""What a check of a call found, before it is told: alternatives are compared by their problems first."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from engine.manifest.build.node import Node
from engine.manifest.findings import Finding, Severity, did_you_mean, nearest
from engine.manifest.yaml.inside import position_inside


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake at a node of the manifest; ``offset`` counts characters into its text. ``weight``: how telling."""

    node: Node
    code: str
    message: str
    hint: str = ""
    severity: Severity = "error"
    at_key: bool = False
    offset: int | None = None
    weight: int = 1

    def finding(self) -> Finding:
        source = self.node.source
        place = source.mark(self.node.path, self.at_key)
        if self.offset is not None:
            place = position_inside(source.text, place, source.raw(self.node.path) or "", self.offset)
        return Finding(source.file, *place, self.code, self.message, self.hint, self.severity)


def compared_names(
    sent: Collection[str], known: Collection[str], required: Iterable[str]
) -> tuple[dict[str, str], list[str]]:
    """The names sent that are not known, each with a hint; and the required ones that are missing.

    A required name that one of the unknown ones was meant to be is not missing too.
    """
    unused = [name for name in known if name not in sent]
    unknown = {name: did_you_mean(name, unused) for name in sent if name not in known}
    meant = {nearest(name, unused) for name in unknown}
    return unknown, sorted(set(required) - set(sent) - meant)


def fewest(alternatives: Iterable[list[Problem]]) -> list[Problem]:
    """The problems of the alternative that fits best; of several as good, the first."""
    best: list[Problem] | None = None
    for problems in alternatives:
        if not problems:
            return []
        if best is None or _weight(problems) < _weight(best):
            best = problems
    return best or []


def _weight(problems: list[Problem]) -> int:
    return sum(problem.weight for problem in problems)
