"""A mapping test's file in, its cases out, checked: shape, names, matchers and the tenants' lines.

The manifest stands beside it: ``<ats>.test.yaml`` tests ``<ats>.yaml``. All mistakes are raised at once as SpecError.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from engine.errors import InputError, SpecError
from engine.manifest.build import load
from engine.manifest.connection import Connection
from engine.manifest.findings import Finding, did_you_mean
from engine.manifest.model import At, Manifest
from engine.manifest.overlay import Overlay
from engine.manifest.schema.files import schema
from engine.manifest.schema.shape import check
from engine.manifest.yaml.reader import PathKey
from engine.manifest.yaml.source import Source, read, read_text
from engine.model import Json
from engine.rehearsal.answers import SIGN_IN, Answers, answers_of
from engine.rehearsal.cassettes import ENDING as CASSETTE
from engine.rehearsal.cassettes import in_order, load_cassette
from engine.rehearsal.matching import MATCHERS
from engine.rehearsal.tenant import overlay_within, placeholder_connection

ENDING = ".test.yaml"
PUBLIC_URL = "https://fieldwright.example"
"""Where ATSs reach the engine of a case that says nothing else."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case: what comes in, the ATS's answers, the score, and what is expected. ``path`` is its place."""

    name: str
    source: Source = field(repr=False)
    path: PathKey
    connection: Connection
    answers: Answers = field(repr=False)
    event: Mapping[str, Json]
    before: tuple[Mapping[str, Json], ...]
    score: Json
    expect: Mapping[str, Json]

    def at(self, *path: str | int) -> At:
        """Where ``path`` of the expectation stands (or its nearest ancestor)."""
        return At(self.source.file, *self.source.mark((*self.path, *path)))


@dataclass(frozen=True, slots=True)
class Suite:
    """The cases of one file."""

    file: Path
    manifest: Manifest
    cases: tuple[Case, ...]


def load_suite(file: Path, text: str | None = None) -> Suite:
    """The mapping tests in ``file``; ``text`` is what it would hold, where that is not what it holds.

    Raises SpecError with every mistake in it, or in its manifest.
    """
    source = read(file) if text is None else read_text(text, str(file))
    data, findings = check(source, schema("mapping-test"))
    if findings:
        raise SpecError(findings)
    manifest = load(manifest_file(file))
    checked = Source(source.file, data, source.places)
    findings = [*_findings(checked, manifest)]
    recorded = _recorded(checked, manifest, findings)
    making = _Making(checked, manifest, recorded, findings)
    cases = [making.case(number) for number in range(len(data["cases"]))]
    if findings:
        raise SpecError(sorted(set(findings)))
    return Suite(file, manifest, tuple(case for case in cases if case))


def load_answers(file: Path) -> Answers:
    """The answers of a mapping test, of a file of nothing but ``answers``, or of a cassette. Raises SpecError."""
    if file.name.endswith(CASSETTE):
        return answers_of(load_cassette(file).answers)
    data, findings = check(read(file), {**schema("mapping-test"), "required": ["answers"]})
    if findings:
        raise SpecError(findings)
    return answers_of(data["answers"])


def manifest_file(test: Path) -> Path:
    """The manifest that ``test`` is about. Raises InputError where there is none."""
    file = test.with_name(test.name.removesuffix(ENDING) + ".yaml")
    if not test.name.endswith(ENDING) or not file.is_file():
        raise InputError(
            f"{test} has no manifest beside it: there is no {file.name}",
            hint="a mapping test is named after its manifest: <ats>.test.yaml beside <ats>.yaml",
        )
    return file


def _recorded(source: Source, manifest: Manifest, findings: list[Finding]) -> dict[str, Json]:
    """The answers of the cassettes that ``source`` names; what is wrong with them goes to ``findings``."""
    cassettes = []
    for number, name in enumerate(source.data.get("cassettes", ())):
        file = Path(source.file).with_name(name)
        if not file.is_file():
            beside = [found.name for found in file.parent.glob(f"*{CASSETTE}")]
            text, hint = f"there is no file {file}", did_you_mean(name, beside)
            findings.append(_finding(source, ("cassettes", number), "no-cassette", text, hint))
            continue
        try:
            cassettes.append(load_cassette(file))
        except SpecError as error:
            findings.extend(error.findings)
            continue
        findings.extend(_answers(cassettes[-1].source, manifest, ("answers",), cassettes[-1].answers))
    return in_order(cassettes)


class _Making:
    """Makes the cases of one file; what they share is made once."""

    def __init__(
        self, source: Source, manifest: Manifest, recorded: Mapping[str, Json], findings: list[Finding]
    ) -> None:
        self._source, self._manifest, self._recorded, self._findings = source, manifest, recorded, findings

    @cached_property
    def _answers(self) -> Answers:
        return answers_of({**self._recorded, **self._source.data.get("answers", {})})

    @cached_property
    def _overlay(self) -> Overlay:
        """That of a tenant of whom no case says anything."""
        return overlay_within(self._source, self._manifest, "case", ("tenant",), ("settings",))

    def case(self, number: int) -> Case | None:
        """The case; None where it has mistakes, which go to the findings."""
        path: PathKey = ("cases", number)
        data = self._source.data["cases"][number]
        try:
            overlay = self._overlay_of(path, f"case-{number + 1}", data)
            answers = {**self._answers, **answers_of(data.get("answers", {}))}
            public_url = data.get("public_url", self._source.data.get("public_url", PUBLIC_URL))
            connection = replace(placeholder_connection(overlay, {}), public_url=public_url)
        except SpecError as error:
            self._findings.extend(error.findings)
            return None
        except InputError as error:
            self._findings.append(_finding(self._source, path, "bad-case", error.message, error.hint or ""))
            return None
        return Case(
            name=data["name"],
            source=self._source,
            path=path,
            connection=connection,
            answers=answers,
            event=data["event"],
            before=tuple(data.get("before", ())),
            score=data.get("score", self._source.data.get("score", "builtin")),
            expect=data["expect"],
        )

    def _overlay_of(self, path: PathKey, name: str, data: Mapping[str, Json]) -> Overlay:
        if "tenant" not in data:
            return replace(self._overlay, tenant=name)
        return overlay_within(self._source, self._manifest, name, (*path, "tenant"), ("settings",))


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────


def _findings(source: Source, manifest: Manifest) -> Iterator[Finding]:
    yield from _answers(source, manifest, ("answers",), source.data.get("answers", {}))
    seen: dict[str, int] = {}
    for number, case in enumerate(source.data["cases"]):
        path: PathKey = ("cases", number)
        if case["name"] in seen:
            text = f"another case has this name, at line {seen[case['name']]}"
            yield _finding(source, (*path, "name"), "repeated-name", text)
        seen[case["name"]] = source.mark((*path, "name"))[0]
        yield from _answers(source, manifest, (*path, "answers"), case.get("answers", {}))
        yield from _streams(source, manifest, path, case)
        yield from _expected(source, manifest, (*path, "expect"), case["expect"])


def _answers(source: Source, manifest: Manifest, path: PathKey, given: Mapping[str, Json]) -> Iterator[Finding]:
    for name in given:
        yield from _operation(source, manifest, (*path, name), name, key=True)


def _streams(source: Source, manifest: Manifest, path: PathKey, case: Mapping[str, Json]) -> Iterator[Finding]:
    streams = manifest.events.poll.streams if manifest.events.poll else {}
    events = [((*path, "event"), case["event"])]
    events += [((*path, "before", at), event) for at, event in enumerate(case.get("before", ()))]
    for place, event in events:
        name = event.get("stream")
        if "queue" in event and manifest.events.queue is None:
            yield _finding(source, (*place, "queue"), "unknown-stream", "the manifest declares no event queue")
        if name is not None and name not in streams:
            text = f"there is no poll stream `{name}`"
            yield _finding(source, (*place, "stream"), "unknown-stream", text, did_you_mean(name, streams))


def _expected(source: Source, manifest: Manifest, path: PathKey, expect: Mapping[str, Json]) -> Iterator[Finding]:
    for kind in ("requests", "reads", "sign_in", "absent"):
        for number, call in enumerate(expect.get(kind, ())):
            place: PathKey = (*path, kind, number)
            named = isinstance(call, Mapping)
            name = call["operation"] if named else call
            yield from _operation(source, manifest, (*place, "operation") if named else place, name)
    outputs = manifest.write_back.outputs
    for name in expect.get("places", {}):
        if name not in outputs:
            text = f"{manifest.ats.name} has no output `{name}`"
            yield _finding(
                source, (*path, "places", name), "unknown-output", text, did_you_mean(name, outputs), key=True
            )
    yield from _matchers(source, path, expect)


def _operation(
    source: Source, manifest: Manifest, path: PathKey, name: str, *, key: bool = False
) -> Iterator[Finding]:
    steps = [f"{SIGN_IN}{step.name}" for api in manifest.apis.values() for way in api.auth for step in way.calls]
    known = [*manifest.operations, *steps]
    if name not in known:
        text = f"there is no operation `{name}`"
        yield _finding(source, path, "unknown-operation", text, did_you_mean(name, known), key=key)


def _matchers(source: Source, path: PathKey, value: Json) -> Iterator[Finding]:
    inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        place = (*path, key)
        if isinstance(key, str) and key.startswith("$") and key not in MATCHERS:
            text = f"there is no matcher `{key}`"
            yield _finding(source, place, "unknown-matcher", text, did_you_mean(key, MATCHERS), key=True)
        elif key == "$matches":
            yield from _pattern(source, place, item)
        elif key != "$equals":
            yield from _matchers(source, place, item)


def _pattern(source: Source, path: PathKey, text: Json) -> Iterator[Finding]:
    try:
        re.compile(str(text))
    except re.error as error:
        yield _finding(source, path, "bad-pattern", f"the regular expression cannot be read: {error.msg}")


def _finding(source: Source, path: PathKey, code: str, message: str, hint: str = "", *, key: bool = False) -> Finding:
    return Finding(source.file, *source.mark(path, key), code, message, hint)
