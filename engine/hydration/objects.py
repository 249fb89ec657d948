"""An ATS's record → a canonical object, by the manifest's JMESPath. Pure.

Ids become text; a field the record does not have stays unset; a list of words may come as one comma string.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

from engine.errors import AnswerUnusable
from engine.hydration.markup import text_of_html
from engine.manifest.language.expressions import Path
from engine.manifest.model import ObjectMap
from engine.manifest.presence import missing
from engine.model import Application, Candidate, Job, Json

Canonical = TypeVar("Canonical", Candidate, Application, Job)
_LISTS = frozenset({"links", "tags"})


class ObjectMapper:
    """One canonical kind's mapping, prepared once for many records."""

    def __init__(self, kind: type[Any], rule: ObjectMap) -> None:
        self._kind, self._name = kind, rule.name
        known = {item.name for item in dataclasses.fields(kind)}
        self._paths = tuple(
            (name, path, _reader(name, rule), name in rule.may_be_empty)
            for name, path in rule.fields.items()
            if name in known
        )

    def map(self, record: Json, **known: str) -> Any:
        """The canonical object of ``record``; ``known`` fills what the record leaves empty.

        Raises AnswerUnusable where the record holds no id, or lacks a key that the manifest reads and does not let
        be empty.
        """
        values: dict[str, Any] = dict(known)
        for name, path, read, may_be_empty in self._paths:
            value = path(record)
            if not (value or may_be_empty):
                check_there(f"the {self._name}'s {name}", path, record)
            if value is not None:
                values[name] = read(value)
        try:
            return self._kind(**values)
        except TypeError:
            raise AnswerUnusable(
                f"the {self._name}'s record holds nothing where the manifest looks for its id"
            ) from None


_MAY_BE_LEFT_OUT = "A field that the ATS leaves out stands in `may_be_empty`."


def check_there(what: str, path: Path, record: Json, otherwise: str = _MAY_BE_LEFT_OUT) -> None:
    """Raises AnswerUnusable where what ``path`` reads of ``record`` is not there at all: null is.

    ``otherwise`` says what to do where that is right.
    """
    lack = missing(path, record)
    if lack is not None:
        hint = f"{lack.hint} {otherwise}" if lack.hint else otherwise
        raise AnswerUnusable(f"{what}: {lack.message}", hint=hint)


def _reader(name: str, rule: ObjectMap) -> Any:
    if name in _LISTS:
        return _words
    return _html if name in rule.html else _text


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _html(value: Json) -> str:
    return text_of_html(_text(value))


def _words(value: Json) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split(",")
    return tuple(_text(word).strip() for word in value if word is not None and _text(word).strip())


def mapper(kind: type[Canonical], objects: Mapping[str, ObjectMap]) -> ObjectMapper | None:
    """The mapper for ``kind``, or None where the manifest has no such object."""
    rule = objects.get(kind.__name__.lower())
    return ObjectMapper(kind, rule) if rule else None
