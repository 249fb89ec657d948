"""A large foreign document (an OpenAPI, as YAML or JSON) in, plain data out: bounded, and nothing in it is run.

Unlike ``source``, aliases are followed (each stands for the same data), keys and plain scalars are typed as JSON
would, tags are passed over, and no value's place is kept: ``Document.place_of`` looks for a text instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from engine.errors import SpecError
from engine.manifest.findings import Finding
from engine.manifest.yaml.problems import explained
from engine.manifest.yaml.reader import typed
from engine.model import Json

LIMIT_BYTES = 12 * 1024 * 1024
LIMIT_DEPTH = 200
LIMIT_VALUES = 1_000_000

_Loader: type[yaml.SafeLoader] | type[yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Document:
    """A document as read: dicts with text keys, lists and scalars. Aliases may make it a graph, even a circle."""

    file: str
    data: Json
    text: str = field(repr=False, default="")

    def place_of(self, words: str) -> tuple[int, int]:
        """Line and column (from 1) where ``words`` first stand in the text; (1, 1) where they do not."""
        index = self.text.find(words)
        return _position(self.text, index) if index >= 0 else (1, 1)


def read_document(path: Path) -> Document:
    """The YAML or JSON document at ``path``. Raises SpecError with the place and the reason."""
    file = str(path)
    try:
        with path.open("rb") as stream:
            content = stream.read(LIMIT_BYTES + 1)
    except OSError as error:
        raise _refusal(file, "unreadable", f"the file cannot be read: {error.strerror or 'it is no file'}") from None
    if len(content) > LIMIT_BYTES:
        message = f"the file is larger than {LIMIT_BYTES // 1024**2} MiB"
        raise _refusal(file, "too-large", message, hint="cut it down to the paths that the manifest calls")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig")
        message = "the file is not UTF-8 text here"
        raise _refusal(file, "not-utf8", message, _position(before, len(before))) from None
    if path.suffix == ".json" or text.lstrip()[:1] == "{":
        return Document(file, _from_json(file, text), text)
    return Document(file, _YamlReader(file).run(text), text)


def _from_json(file: str, text: str) -> Json:
    def refused(constant: str) -> Json:
        raise ValueError(f"`{constant}` is no number of JSON")

    try:
        data = json.loads(text, parse_constant=refused)
    except json.JSONDecodeError as error:
        place = (error.lineno, error.colno)
        raise _refusal(file, "syntax", f"the file is no JSON here: {error.msg}", place) from None
    except RecursionError:
        raise _too_deep(file) from None
    except ValueError as error:
        raise _refusal(file, "syntax", f"the file is no JSON: {error}") from None
    return data


@dataclass(slots=True)
class _Open:
    """A collection being filled: ``take`` adds a value to it."""

    data: list[Json] | dict[str, Json]
    take: Callable[[Json], None]


class _YamlReader:
    """Builds the data from the parser's events: no recursion, so depth costs nothing but the check."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._anchors: dict[str, Json] = {}
        self._stack: list[_Open] = []
        self._values = 0
        self._root: list[Json] = []

    def run(self, text: str) -> Json:
        loader = _Loader(text)
        try:
            while loader.check_event():
                event = loader.get_event()
                if isinstance(event, yaml.NodeEvent):
                    self._node(event)
                elif isinstance(event, yaml.CollectionEndEvent):
                    self._stack.pop()
        except yaml.MarkedYAMLError as error:
            line, column, message, hint = explained(error, text)
            if "nesting depth" in (error.problem or ""):
                raise _too_deep(self._file, (line, column)) from None
            raise _refusal(self._file, "syntax", message, (line, column), hint) from None
        except yaml.YAMLError:
            raise _refusal(self._file, "syntax", "the file is not readable as YAML") from None
        finally:
            loader.dispose()
        return self._root[0] if self._root else None

    def _node(self, event: yaml.NodeEvent) -> None:
        self._values += 1
        if self._values > LIMIT_VALUES:
            message = f"the file holds more than {LIMIT_VALUES} values"
            hint = "cut it down to the paths that the manifest calls"
            raise _refusal(self._file, "too-many", message, _at(event), hint)
        if isinstance(event, yaml.ScalarEvent):
            value: Json = event.value if event.style else typed(event.value)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                message = f"the alias `*{str(event.anchor)[:40]}` has no anchor before it"
                raise _refusal(self._file, "syntax", message, _at(event))
            value = self._anchors[event.anchor]
        else:
            value = {} if isinstance(event, yaml.MappingStartEvent) else []
        if event.anchor is not None and not isinstance(event, yaml.AliasEvent):
            self._anchors[event.anchor] = value
        self._add(value, event)
        if isinstance(event, yaml.CollectionStartEvent):
            self._enter(value, event)

    def _add(self, value: Json, event: yaml.NodeEvent) -> None:
        if self._stack:
            self._stack[-1].take(event.value if isinstance(event, yaml.ScalarEvent) and self._is_key() else value)
        else:
            self._root.append(value)

    def _is_key(self) -> bool:
        return isinstance(self._stack[-1].take, _Pairs) and self._stack[-1].take.key is None

    def _enter(self, value: Json, event: yaml.NodeEvent) -> None:
        if len(self._stack) >= LIMIT_DEPTH:
            raise _too_deep(self._file, _at(event))
        self._stack.append(_Open(value, _Pairs(value) if isinstance(value, dict) else value.append))


class _Pairs:
    """Takes a mapping's keys and values in turn."""

    def __init__(self, data: dict[str, Json]) -> None:
        self._data = data
        self.key: str | None = None

    def __call__(self, value: Json) -> None:
        if self.key is None:
            self.key = value if isinstance(value, str) else str(value)
        else:
            self._data[self.key], self.key = value, None


def _at(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _too_deep(file: str, place: tuple[int, int] = (1, 1)) -> SpecError:
    return _refusal(file, "too-deep", f"values are nested more than {LIMIT_DEPTH} deep", place)


def _position(text: str, index: int) -> tuple[int, int]:
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def _refusal(file: str, code: str, message: str, place: tuple[int, int] = (1, 1), hint: str = "") -> SpecError:
    return SpecError([Finding(file, *place, code, message, hint)])
