"""What is known of a value before there is one: its kinds, what a list or an object holds, what it stands for.

Types come from samples (``of_value``), from a vendor's schemas and from the engine's own objects (``record``,
``list_of``); lint follows them through expressions and tells them with ``describe``. What is not known is ``ANY``,
and nothing is ever said against it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Literal

from engine.model import Json

Kind = Literal["text", "number", "integer", "boolean", "null", "list", "object"]

SECRET = "secret"

_LIMIT_DEPTH = 20
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:$|[T ]\d\d:\d\d)")
_KINDS: Mapping[type, Kind] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
    list: "list",
    dict: "object",
}
_WORDS: Mapping[Kind, str] = {
    "text": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "list": "a list",
    "object": "an object",
    "null": "null",
}
_PLURALS: Mapping[Kind, str] = {"text": "texts", "number": "numbers", "integer": "whole numbers", "object": "objects"}
_MEANINGS: Mapping[str, str] = {
    "moment": "a moment",
    SECRET: "a secret",
    "candidate.id": "a candidate's id",
    "job.id": "a job's id",
    "application.id": "an application's id",
    "attachment.id": "an attachment's id",
}


@dataclass(frozen=True, slots=True)
class Type:
    """What a value may be. ``kinds`` None: anything. A list's ``items``, an object's ``keys`` None: not known.

    ``open``: an object that may have keys beside these. ``means`` is what the value stands for beyond its kind:
    ``candidate.id``, ``job.id``, ``moment``, ``secret``, ``person`` (says who somebody is), ``free`` (any text); ""
    where nothing more is meant. ``one_of``: the only texts it can be. ``origin``: for people, where an object's keys
    are known from, such as “the samples of get_job”; "" where the engine itself says so.
    """

    kinds: frozenset[Kind] | None = None
    items: Type | None = None
    keys: Mapping[str, Type] | None = None
    open: bool = False
    means: str = ""
    one_of: tuple[str, ...] = ()
    origin: str = ""

    @property
    def present(self) -> Type:
        """The type of what is there: without null, where it may be anything else too."""
        if self.kinds is None or self.kinds <= {"null"}:
            return self
        return replace(self, kinds=self.kinds - {"null"})

    @property
    def is_nothing(self) -> bool:
        """Whether it is null and nothing else, as far as is known."""
        return self.kinds is not None and self.kinds <= {"null"}

    def may_be(self, *kinds: Kind) -> bool:
        """Whether the value could be of one of ``kinds``; a whole number is a number too."""
        if self.kinds is None:
            return True
        wanted = {*kinds, "integer"} if "number" in kinds else {*kinds}
        return not self.kinds.isdisjoint(wanted) or ("integer" in kinds and "number" in self.kinds)

    def key(self, name: str) -> Type:
        """What stands at the key ``name`` of the object; ANY where that is not known, or null in all samples."""
        found = (self.keys or {}).get(name, ANY)
        return ANY if found.is_nothing else found.from_(self.origin)

    @property
    def element(self) -> Type:
        """What an item of the list is."""
        return (self.items or ANY).from_(self.origin)

    def from_(self, origin: str) -> Type:
        """The type, known from ``origin`` unless it is known from elsewhere."""
        known = self.origin or not origin or not (self.keys or self.items)
        return self if known else replace(self, origin=origin)


ANY = Type()
NULL = Type(frozenset({"null"}))
TEXT = Type(frozenset({"text"}))
NUMBER = Type(frozenset({"number"}))
INTEGER = Type(frozenset({"integer"}))
BOOLEAN = Type(frozenset({"boolean"}))
MOMENT = Type(frozenset({"text"}), means="moment")
FREE_TEXT = Type(frozenset({"text"}), means="free")
LIST = Type(frozenset({"list"}))


def constant(value: Json) -> Type:
    """The type of a value that stands in an expression: of a text, it is known which."""
    type_ = of_value(value)
    return replace(type_, one_of=(value,)) if isinstance(value, str) else type_


def list_of(items: Type) -> Type:
    """A list whose every item is of the type ``items``."""
    return Type(frozenset({"list"}), items=items)


def record(keys: Mapping[str, Type], *, open: bool = False) -> Type:
    """An object with these keys, and others if ``open``."""
    return Type(frozenset({"object"}), keys=keys, open=open)


def or_null(type_: Type) -> Type:
    """``type_``, or nothing."""
    return type_ if type_.kinds is None else replace(type_, kinds=type_.kinds | {"null"})


def of_value(value: Json, depth: int = 0) -> Type:
    """The type of one plain value; of a list's items together. Below 20 levels anything may stand.

    A text that begins with a date is a moment, any other is free text.
    """
    kind = _KINDS.get(type(value))
    if kind is None or depth > _LIMIT_DEPTH:
        return ANY
    if kind == "text":
        return MOMENT if _MOMENT.match(value) else FREE_TEXT
    if kind == "list":
        return Type(frozenset({kind}), items=all_of(of_value(item, depth + 1) for item in value))
    if kind == "object":
        return record({str(key): of_value(item, depth + 1) for key, item in value.items()})
    return Type(frozenset({kind}))


def all_of(types: Iterable[Type]) -> Type | None:
    """What holds all of ``types``; None for none."""
    found = list(types)
    return reduce(union, found) if found else None


def union(one: Type, other: Type) -> Type:
    """What may be either. A key that only one of two objects has may be null."""
    if one == other:
        return one
    means = _means_of_both(one, other)
    if one.kinds is None or other.kinds is None:
        return Type(means=means)
    kinds = one.kinds | other.kinds
    if "number" in kinds:
        kinds -= {"integer"}
    return Type(
        kinds=kinds,
        items=_items(one, other),
        keys=_keys(one, other),
        open=_is_open(one, other),
        means=means,
        one_of=_one_of(one, other),
        origin=one.origin or other.origin,
    )


def _means_of_both(one: Type, other: Type) -> str:
    if SECRET in (one.means, other.means):
        return SECRET
    if one.means == other.means or other.kinds == NULL.kinds:
        return one.means
    if one.kinds == NULL.kinds:
        return other.means
    return "free" if one.means and other.means else ""


def _one_of(one: Type, other: Type) -> tuple[str, ...]:
    texts = [type_.one_of for type_ in (one, other) if type_.may_be("text")]
    return tuple(dict.fromkeys(word for words in texts for word in words)) if all(texts) else ()


def _items(one: Type, other: Type) -> Type | None:
    lists = [type_.items for type_ in (one, other) if type_.may_be("list") and type_.items is not None]
    return reduce(union, lists) if lists else None


def _keys(one: Type, other: Type) -> Mapping[str, Type] | None:
    if not other.may_be("object"):
        return one.keys
    if not one.may_be("object"):
        return other.keys
    if one.keys is None or other.keys is None:
        return None
    both = {name: union(type_, other.keys[name]) for name, type_ in one.keys.items() if name in other.keys}
    either = {**one.keys, **other.keys}
    return {name: both[name] if name in both else or_null(type_) for name, type_ in either.items()}


def _is_open(one: Type, other: Type) -> bool:
    return any(type_.open for type_ in (one, other) if type_.may_be("object"))


def describe(type_: Type) -> str:
    """The type for people: “text”, “a list of texts”, “a job's id”, “text or a whole number”."""
    if type_.means in _MEANINGS:
        return _MEANINGS[type_.means]
    if type_.kinds is None:
        return "anything"
    kinds = type_.present.kinds or frozenset()
    return " or ".join(_described(kind, type_) for kind in _WORDS if kind in kinds) or "nothing"


def _described(kind: Kind, type_: Type) -> str:
    kinds = (type_.items or ANY).present.kinds
    if kind != "list" or kinds is None or len(kinds) != 1:
        return _WORDS[kind]
    (each,) = kinds
    return f"a list of {_PLURALS[each]}" if each in _PLURALS else _WORDS[kind]
