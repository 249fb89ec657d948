"""A manifest's document in; the answers and events of the samples that it names, out.

Samples are mapping tests and cassettes beside the manifest (``samples``). Only their content is looked at here: their
form is checked where they are linted themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from engine.errors import ExpressionError, SpecError
from engine.manifest.build.call_nodes import success_of
from engine.manifest.build.node import Node
from engine.manifest.language.expressions import compile_path
from engine.manifest.yaml.reader import RECORDED, WRITTEN
from engine.manifest.yaml.source import read
from engine.model import Json

_FAILED = 400
_CASSETTE = ".cassette.yaml"


@dataclass(frozen=True, slots=True)
class Samples:
    """``answers`` are good JSON answers by operation (or ``sign_in.<step>``), ``failures`` those of failed calls,
    ``events`` what webhooks said (headers, query, body), ``records`` what poll streams gave."""

    answers: Mapping[str, list[Json]] = field(default_factory=dict)
    failures: Mapping[str, list[Json]] = field(default_factory=dict)
    events: tuple[Mapping[str, Json], ...] = ()
    records: Mapping[str, list[Json]] = field(default_factory=dict)


def samples_of(root: Node) -> Samples:
    """What the samples of the manifest hold; a file that cannot be read is a finding."""
    documents = [data for node in root.elements("samples") if (data := _document(node)) is not None]
    answers: dict[str, list[Json]] = {}
    failures: dict[str, list[Json]] = {}
    for document in documents:
        for name, answer in _answers(document):
            good = answer.get("status", 200) < _FAILED and _succeeded(root, name, answer["json"])
            (answers if good else failures).setdefault(name, []).append(answer["json"])
    events = [event for document in documents for event in _events(document)]
    records: dict[str, list[Json]] = {}
    for event in events:
        if "stream" in event and isinstance(event.get("records"), list):
            records.setdefault(str(event["stream"]), []).extend(event["records"])
    return Samples(answers, failures, tuple(event for event in events if "body" in event), records)


def check_samples(root: Node) -> None:
    """Warns where nothing shows what the ATS answers: what expressions read is not checked then.

    Told once nothing is wrong: a misspelt key names nothing either.
    """
    if "samples" in root or "openapi" in root or any(one.severity == "error" for one in root.report.findings):
        return
    file = FilePath(root.source.file)
    beside = f"{file.stem}.test.yaml"
    add = f"add `samples: [{beside}]`"
    if not file.with_name(beside).is_file():
        add = f"write a mapping test, {beside}, beside this file with what the ATS answers; then {add}"
    what = "neither `samples` nor `openapi` says what the ATS answers: what expressions read of it is not checked"
    root["ats"].warn("no-samples", what, add)


def _document(node: Node) -> Mapping[str, Json] | None:
    file = FilePath(node.source.file).parent / str(node.data)
    try:
        data = read(file, RECORDED if file.name.endswith(_CASSETTE) else WRITTEN).data
    except SpecError as error:
        hint = "what expressions read from answers is not checked by it"
        node.warn("bad-sample", f"{node.data}: {error.findings[0].message}", hint, offset=0)
        return None
    return data if isinstance(data, Mapping) else None


def _answers(document: Mapping[str, Json]) -> Iterator[tuple[str, Mapping[str, Json]]]:
    for holder in (document, *_cases(document)):
        given = holder.get("answers")
        for name, answers in given.items() if isinstance(given, Mapping) else ():
            for answer in answers if isinstance(answers, list) else [answers]:
                if isinstance(answer, Mapping) and "json" in answer and isinstance(answer.get("status", 200), int):
                    yield str(name), answer


def _cases(document: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    cases = document.get("cases")
    return [case for case in cases if isinstance(case, Mapping)] if isinstance(cases, list) else []


def _events(document: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    recorded = document.get("events")
    found = list(recorded) if isinstance(recorded, list) else []
    for case in _cases(document):
        before = case.get("before")
        found += [case.get("event"), *(before if isinstance(before, list) else ())]
    yield from (event for event in found if isinstance(event, Mapping))


def _succeeded(root: Node, name: str, answer: Json) -> bool:
    """Whether the operation's ``success`` takes the answer for a good one."""
    operations = root.get("operations")
    operation = operations.get(name) if operations is not None else None
    condition = success_of(root, operation) if operation is not None else None
    if condition is None:
        return True
    try:
        return bool(compile_path(condition)(answer))
    except ExpressionError:
        return False
