"""A cassette's file in, its answers out, checked: its shape, and that nothing in it is a secret or personal.

``in_order`` joins several: an earlier one's answers stand before those of a later one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import SpecError
from engine.manifest.findings import Finding
from engine.manifest.schema.files import schema
from engine.manifest.schema.shape import check
from engine.manifest.yaml.reader import RECORDED, PathKey
from engine.manifest.yaml.source import Source, read
from engine.model import Json
from engine.rehearsal.suspicions import suspicion

ENDING = ".cassette.yaml"
_CODES = {"secret": "secret-in-cassette", "person": "person-in-cassette"}
_HINTS = {
    "secret": "record again, or write `made-up-secret` in its place; if it was real, it must be revoked",
    "person": "make it up: someone@example.com, +1 555 555 0100, https://example.com/profile",
}


@dataclass(frozen=True, slots=True)
class Cassette:
    """What one file holds, in the form of a mapping test's ``answers``."""

    source: Source = field(repr=False)
    answers: Mapping[str, Json] = field(repr=False)


def load_cassette(file: Path) -> Cassette:
    """The cassette in ``file``. Raises SpecError with every mistake in it."""
    source = read(file, RECORDED)
    data, findings = examine_cassette(source)
    if findings:
        raise SpecError(findings)
    return Cassette(source, data["answers"])


def examine_cassette(source: Source) -> tuple[Json, list[Finding]]:
    """The data of a cassette, and all that is wrong with it."""
    data, findings = check(source, schema("cassette"))
    suspected = [_finding(source, path, kind, what) for path, kind, what in suspected_in(source.data)]
    # What a message of form would show of a value may be the very secret.
    hidden = {(one.line, one.column) for one in suspected}
    return data, sorted({*suspected, *(one for one in findings if (one.line, one.column) not in hidden)})


def suspected_in(data: Json, path: PathKey = ()) -> Iterator[tuple[PathKey, str, str]]:
    """Path, kind and phrase of everything in ``data`` that looks like a secret or tells who a person is."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            found = suspicion(str(key))
            if found is not None:
                yield (*path, key), found.kind, found.what
            yield from suspected_in(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from suspected_in(value, (*path, index))
    elif isinstance(data, str) or (isinstance(data, int) and not isinstance(data, bool)):
        key = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
        found = suspicion(str(data), key) if isinstance(data, str) else None
        if found is not None:
            yield path, found.kind, found.what


def in_order(cassettes: Sequence[Cassette]) -> dict[str, Json]:
    """The answers of all ``cassettes``; what an earlier one says of an operation's path is not said again."""
    joined: dict[str, list[Json]] = {}
    for cassette in cassettes:
        for operation, given in cassette.answers.items():
            known = joined.setdefault(operation, [])
            taken = {answer.get("path") for answer in known}
            more = given if isinstance(given, list) else [given]
            known += [answer for answer in more if answer.get("path") not in taken]
    return dict(joined)


def _finding(source: Source, path: PathKey, kind: str, what: str) -> Finding:
    mark = source.mark(path)
    return Finding(source.file, *mark, _CODES[kind], f"this looks like {what}", _HINTS[kind])
