"""YAML text in, plain data with positions out. The only place that reads YAML.

The language is a small, safe part of YAML 1.2: no aliases, anchors, merge keys, tags, directives, duplicate keys
or second documents. A plain scalar is typed as JSON would type it (``true``, ``false``, ``null``, nothing, whole
numbers without a leading zero, decimals); everything else is text: ``NO``, ``02134``, ``12:30``, ``1e5``. Keys are
always text, as written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from engine.errors import SpecError
from engine.manifest.findings import Finding
from engine.manifest.yaml.reader import NOT_TEXT, WRITTEN, Bounds, PathKey, Place, Reader
from engine.model import Json


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A file as read: ``data`` is plain dicts, lists and scalars; every value's place is known by its path.

    What was read once is the same object, and is never changed. ``text`` is the file's content; without it, a place
    inside a scalar is told as the scalar's own.
    """

    file: str
    data: Json
    places: Mapping[PathKey, Place] = field(repr=False, default_factory=dict)
    text: str = field(repr=False, default="")

    def mark(self, path: PathKey, key: bool = False) -> tuple[int, int]:
        """Line and column of the value at ``path`` (or of its key); of the nearest ancestor where it is absent."""
        place = self.places.get(path)
        if place is not None:
            return (place.key_line, place.key_column) if key else (place.line, place.column)
        return self.mark(path[:-1], key) if path else (1, 1)

    def raw(self, path: PathKey) -> str | None:
        """The text of the scalar at ``path`` as written, or None where there is no scalar."""
        place = self.places.get(path)
        return place.raw if place else None

    def style_plain(self, path: PathKey) -> bool:
        """Whether the value at ``path`` is a scalar without quotes."""
        place = self.places.get(path)
        return place is not None and place.plain


def read(path: Path, bounds: Bounds = WRITTEN) -> Source:
    """The YAML file at ``path``; the same content is parsed once. Raises SpecError with every finding there is."""
    file = str(path)
    try:
        with path.open("rb") as stream:
            content = stream.read(bounds.bytes + 1)
    except OSError as error:
        raise _refusal(
            file, "unreadable", f"the file cannot be read: {error.strerror or 'it is not a file'}"
        ) from None
    if len(content) > bounds.bytes:
        raise _too_large(file, bounds)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        line, column = _position(before, len(before))
        raise _refusal(file, "not-utf8", "the file is not UTF-8 text here", line, column) from None
    return _read_once(text, file, bounds)


@lru_cache(maxsize=16)
def _read_once(text: str, file: str, bounds: Bounds) -> Source:
    return read_text(text, file, bounds)


def read_text(text: str, file: str, bounds: Bounds = WRITTEN) -> Source:
    """The YAML in ``text``; ``file`` is only what findings call it. Raises SpecError as ``read`` does."""
    text = text.removeprefix("\ufeff")
    if len(text) > bounds.bytes or len(text.encode("utf-8", "replace")) > bounds.bytes:
        raise _too_large(file, bounds)
    strange = NOT_TEXT.search(text)
    if strange:
        line, column = _position(text, strange.start())
        name = f"U+{ord(strange.group()):04X}"
        raise _refusal(file, "control-character", f"the character {name} is not allowed in a file", line, column)
    reader = Reader(file, bounds)
    reader.run(text)
    if reader.findings:
        raise SpecError(sorted(reader.findings))
    return Source(file, reader.data, reader.places, text)


def _refusal(file: str, code: str, message: str, line: int = 1, column: int = 1) -> SpecError:
    return SpecError([Finding(file, line, column, code, message)])


def _too_large(file: str, bounds: Bounds) -> SpecError:
    return _refusal(file, "too-large", f"the file is larger than {bounds.bytes // 1024} KiB")


def _position(text: str, index: int) -> tuple[int, int]:
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)
