"""The YAML parser's events in, plain data, places and findings out: the reading behind ``source``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from engine.manifest.findings import Finding
from engine.manifest.yaml.problems import explained
from engine.model import Json

LIMIT_BYTES = 256 * 1024
LIMIT_DEPTH = 20
LIMIT_NODES = 20_000

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})\Z", re.ASCII)
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,15}\Z", re.ASCII)
_WORDS: Mapping[str, Json] = {"true": True, "false": False, "null": None, "": None}
# Unicode line separators and direction marks make a file read differently from how it looks.
NOT_TEXT = re.compile(
    r"[^\t\n\r\x20-\x7e\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_Loader: type[yaml.SafeLoader] | type[yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LIMIT_FINDINGS = 100

PathKey = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large a file may be: bytes, values, and how deep they are nested."""

    bytes: int = LIMIT_BYTES
    nodes: int = LIMIT_NODES
    depth: int = LIMIT_DEPTH


WRITTEN = Bounds()
"""What people write by hand is not larger."""

RECORDED = Bounds(2 * 1024 * 1024, 100_000, 64)
"""What an ATS said, as recorded."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value (and its key) stands, from 1; ``raw`` is a scalar's text, ``plain`` that it had no quotes."""

    line: int
    column: int
    key_line: int
    key_column: int
    raw: str | None = None
    plain: bool = False


def typed(raw: str) -> Json:
    """A plain scalar's value: null, boolean, int or float by JSON's grammar, else the text itself."""
    if raw in _WORDS:
        return _WORDS[raw]
    if _WHOLE.match(raw):
        return int(raw)
    return float(raw) if _DECIMAL.match(raw) else raw


class _Stop(Exception):
    """Ends the reading early; the reason is among the findings."""


@dataclass(slots=True)
class _Open:
    """A list or mapping being filled; ``key`` is the pending key, None where a key is expected next."""

    path: PathKey
    data: list[Json] | dict[str, Json]
    key: str | None = None
    key_mark: tuple[int, int] = (1, 1)
    seen: dict[str, int] = field(default_factory=dict)


class Reader:
    """Builds data and places from the parser's events, and collects what is refused on the way."""

    def __init__(self, file: str, bounds: Bounds = WRITTEN) -> None:
        self.file, self._bounds = file, bounds
        self.findings: list[Finding] = []
        self.places: dict[PathKey, Place] = {}
        self.data: Json = None
        self._stack: list[_Open] = []
        self._skipping = 0
        self._nodes = 0
        self._documents = 0
        self._last_quoted: yaml.ScalarEvent | None = None

    def run(self, text: str) -> None:
        loader = _Loader(text)
        try:
            while loader.check_event():
                event = loader.get_event()
                if event is not None:
                    self._take(event)
        except _Stop:
            pass
        except yaml.MarkedYAMLError as error:
            self.findings.append(self._unreadable(error, text))
        except yaml.YAMLError:
            self._refuse((1, 1), "syntax", "the file is not readable as YAML")
        finally:
            loader.dispose()

    def _unreadable(self, error: yaml.MarkedYAMLError, text: str) -> Finding:
        line, column, message, hint = explained(error, text, self._last_quoted)
        # The parser reads ahead of what it tells of, and has a limit of its own.
        if "nesting depth" in (error.problem or ""):
            return Finding(
                self.file, line, column, "too-deep", f"values are nested more than {self._bounds.depth} deep"
            )
        return Finding(self.file, line, column, "syntax", message, hint)

    def _refuse(self, at: tuple[int, int], code: str, message: str, hint: str = "") -> None:
        self.findings.append(Finding(self.file, *at, code, message, hint))
        if len(self.findings) >= LIMIT_FINDINGS:
            raise _Stop

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self._document(event)
        elif isinstance(event, yaml.NodeEvent):
            self._count(event)
            if self._skipping:
                self._skipping += isinstance(event, yaml.CollectionStartEvent)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._open(event)
            else:
                self._scalar(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close()

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            self._refuse(_at(event), "second-document", "a file holds one document", "remove what follows the `---`")
            raise _Stop
        if event.version or event.tags:
            self._refuse(_at(event), "directive", "directives (lines that begin with `%`) are not allowed")

    def _count(self, event: yaml.NodeEvent) -> None:
        self._nodes += 1
        if self._nodes > self._bounds.nodes:
            self._refuse(_at(event), "too-many", f"the file holds more than {self._bounds.nodes} values")
            raise _Stop
        if isinstance(event, yaml.CollectionStartEvent) and len(self._stack) + self._skipping >= self._bounds.depth:
            self._refuse(_at(event), "too-deep", f"values are nested more than {self._bounds.depth} deep")
            raise _Stop
        if event.anchor is not None and not isinstance(event, yaml.AliasEvent):
            self._refuse(_at(event), "anchor", f"anchors (`&{event.anchor[:40]}`) are not allowed", _NO_ALIAS)
        if getattr(event, "tag", None) is not None:
            self._refuse(_at(event), "tag", "tags (`!…`) are not allowed", "a text that begins with `!` needs quotes")

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        top = self._stack[-1] if self._stack else None
        if top is not None and isinstance(top.data, dict) and top.key is None:
            hint = 'a template needs quotes: "{{ … }}"' if isinstance(event, yaml.MappingStartEvent) else ""
            self._refuse(_at(event), "key-not-text", "a key must be a text, not a list or a mapping", hint)
            top.key = ""
            self._skipping = 1
            return
        fresh: list[Json] | dict[str, Json] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._stack.append(_Open(self._attach(event, fresh, None, False), fresh))

    def _scalar(self, event: yaml.NodeEvent) -> None:
        raw, plain = "", False
        if isinstance(event, yaml.AliasEvent):
            self._refuse(_at(event), "alias", f"aliases (`*{(event.anchor or '')[:40]}`) are not allowed", _NO_ALIAS)
        elif isinstance(event, yaml.ScalarEvent):
            raw, plain = event.value, not event.style
            if event.style in ("'", '"'):
                self._last_quoted = event
            if NOT_TEXT.search(raw):
                self._refuse(_at(event), "control-character", "a text holds a control character")
        top = self._stack[-1] if self._stack else None
        if top is not None and isinstance(top.data, dict) and top.key is None:
            self._key(top, event, raw, plain)
        else:
            self._attach(event, typed(raw) if plain else raw, raw, plain)

    def _key(self, top: _Open, event: yaml.NodeEvent, raw: str, plain: bool) -> None:
        top.key, top.key_mark = raw, _at(event)
        if plain and raw == "<<":
            self._refuse(top.key_mark, "merge-key", "merge keys (`<<`) are not allowed", _NO_ALIAS)
        elif not raw and not isinstance(event, yaml.AliasEvent):
            self._refuse(top.key_mark, "key-not-text", "a key is missing before the colon")
        elif raw in top.seen:
            message = f"the key `{raw[:40]}` is already given in line {top.seen[raw]}"
            self._refuse(top.key_mark, "duplicate-key", message, "keep one of the two")
        else:
            top.seen[raw] = top.key_mark[0]

    def _attach(self, event: yaml.NodeEvent, value: Json, raw: str | None, plain: bool) -> PathKey:
        top = self._stack[-1] if self._stack else None
        key_at = at = _at(event)
        if top is None:
            self.data, path = value, _ROOT
        elif isinstance(top.data, list):
            path = (*top.path, len(top.data))
            top.data.append(value)
        else:
            key, key_at, top.key = top.key or "", top.key_mark, None
            path = (*top.path, key)
            top.data[key] = value
        self.places[path] = Place(*at, *key_at, raw, plain)
        return path

    def _close(self) -> None:
        if self._skipping:
            self._skipping -= 1
        else:
            self._stack.pop()


_ROOT: PathKey = ()
_NO_ALIAS = "write the value out where it is needed"


def _at(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)
