"""A manifest's scorecard: what confirms each operation, which mechanisms it uses, what is proven of scoring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import typer

from engine.cli.output import printable
from engine.cli.tables import hanging, show, table
from engine.manifest.build.call_nodes import success_of
from engine.manifest.build.node import Node
from engine.manifest.lint.check import Linted
from engine.manifest.lint.protected import scoring_inputs
from engine.manifest.schema.mechanisms import used
from engine.manifest.schema.reference import mechanisms
from engine.model import Json

CONFIRMED = ("spec", "sample", "third-party", "unknown")


@dataclass(frozen=True, slots=True)
class ScoringText:
    """An expression that what is scored is made of, its place, and the protected fields that it reads."""

    place: str
    line: int
    reads: str
    protected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scorecard:
    """``verified``: operation → what confirms it; ``mechanisms``: number → name, of those that are used.

    ``unsampled`` are the operations that answer with JSON and of which no sample shows an answer: what is read from
    them is checked by nothing but the vendor's description, where there is one.
    """

    file: str
    name: str
    verified: Mapping[str, str]
    mechanisms: Mapping[int, str]
    scoring: tuple[ScoringText, ...]
    unsampled: tuple[str, ...] = ()

    def as_json(self) -> Json:
        return {
            "file": self.file,
            "name": self.name,
            "verified": dict(self.verified),
            "unsampled": list(self.unsampled),
            "mechanisms": [{"number": number, "name": name} for number, name in self.mechanisms.items()],
            "scoring": {
                "protected_fields_reach_it": any(one.protected for one in self.scoring),
                "reads": [
                    {"place": one.place, "line": one.line, "reads": one.reads, "protected": list(one.protected)}
                    for one in self.scoring
                ],
            },
        }


def report_of(linted: Linted) -> Scorecard:
    """The scorecard of a manifest; of one with mistakes, as far as it can be told."""
    root = linted.root
    if linted.manifest is None:
        return Scorecard(root.source.file, root.source.file, {}, {}, ())
    names = {mechanism.number: mechanism.name for mechanism in mechanisms()}
    return Scorecard(
        file=root.source.file,
        name=linted.manifest.ats.name,
        verified={name: operation.value("verified", "unknown") for name, operation in root.items("operations")},
        mechanisms={number: names[number] for number in sorted(used(root.data)) if number in names},
        scoring=_scoring(root),
        unsampled=tuple(name for name, node in root.items("operations") if _is_unsampled(linted, name, node)),
    )


def _is_unsampled(linted: Linted, name: str, operation: Node) -> bool:
    keys = ("records", "record", "must_hold")
    reads = any(key in operation for key in keys) or "get" in operation or success_of(linted.root, operation)
    return name not in linted.sampled and bool(reads) and not operation.value("binary", False)


def _scoring(root: Node) -> tuple[ScoringText, ...]:
    found = []
    for given in scoring_inputs(root):
        use = given.use
        place = ".".join(str(key) for key in use.node.path)
        protected = tuple(name for name, _ in given.protected)
        found.append(ScoringText(place, use.node.position()[0], use.compiled.text, protected))
    return tuple(found)


def show_report(card: Scorecard, details: bool) -> None:
    """Prints the scorecard for people: a few lines, with ``details`` every operation, mechanism and expression."""
    typer.secho(f"{card.name} ({card.file})", bold=True)
    if not card.verified:
        _line("", "nothing can be told of it: its mistakes are below")
        return
    _line("operations", f"{len(card.verified)}, confirmed by: {_confirmed(card)}")
    if unknown := [name for name, word in card.verified.items() if word == "unknown"]:
        _line("unconfirmed", ", ".join(unknown))
    if card.unsampled:
        _line("no sample", ", ".join(card.unsampled))
    _line("mechanisms", f"{len(card.mechanisms)} of {len(mechanisms())}")
    _line("scoring", _proof(card))
    if details:
        _show_details(card)


def _line(head: str, text: str) -> None:
    hanging(f"  {head:<13}", printable(text))


def _confirmed(card: Scorecard) -> str:
    numbers = Counter(card.verified.values())
    return ", ".join(f"{word} {numbers[word]}" for word in CONFIRMED if numbers[word])


def _proof(card: Scorecard) -> str:
    guilty = dict.fromkeys(name for one in card.scoring for name in one.protected)
    if guilty:
        return f"protected fields reach the scoring step: {', '.join(guilty)}"
    return "reads no name, contact, photo, age, gender or address of the ATS's records"


def _show_details(card: Scorecard) -> None:
    rows = [(name, word, "no" if name in card.unsampled else "") for name, word in card.verified.items()]
    show(table(("operation", "confirmed by", "sample"), rows))
    show(table(("number", "mechanism"), [(str(number), name) for number, name in card.mechanisms.items()]))
    texts = [
        (f"{one.place} (line {one.line})", one.reads.replace("\n", "\\n"), ", ".join(one.protected))
        for one in card.scoring
    ]
    show(table(("scoring reads", "expression", "protected"), texts))
