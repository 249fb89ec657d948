"""JMESPath's functions by their types: what a call gives, and which argument it cannot take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from engine.manifest.language.expression_functions import SIGNATURES
from engine.manifest.types import (
    ANY,
    BOOLEAN,
    FREE_TEXT,
    INTEGER,
    LIST,
    NUMBER,
    TEXT,
    Kind,
    Type,
    describe,
    list_of,
    or_null,
)
from engine.manifest.types.clashes import Clash, fits

_KINDS: Mapping[str, Kind] = {
    "string": "text",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
    "array": "list",
    "object": "object",
    "array-string": "list",
    "array-number": "list",
}
_RESULTS: Mapping[str, Type] = {
    **dict.fromkeys(("contains", "starts_with", "ends_with"), BOOLEAN),
    **dict.fromkeys(("abs", "sum"), NUMBER),
    **dict.fromkeys(("avg", "to_number"), or_null(NUMBER)),
    **dict.fromkeys(("ceil", "floor", "length"), INTEGER),
    **dict.fromkeys(("join", "to_string"), FREE_TEXT),
    "type": Type(
        frozenset({"text"}), means="free", one_of=("string", "number", "boolean", "array", "object", "null")
    ),
    "keys": list_of(FREE_TEXT),
    "values": LIST,
    "to_array": LIST,
}
_SAME = frozenset({"sort", "sort_by", "reverse"})
_ONE_OF = frozenset({"max_by", "min_by", "max", "min"})
_ITEMS: Mapping[str, Kind] = {"array-string": "text", "array-number": "number"}


def result_of(name: str, arguments: Sequence[Type], each: Type) -> Type:
    """What the function gives; ``each`` is what its ``&expression`` gives of an item."""
    if name in _SAME:
        return arguments[0]
    if name in _ONE_OF:
        return or_null(arguments[0].element)
    if name == "map":
        return list_of(each)
    if name == "to_string" and arguments[0].kinds == TEXT.kinds:
        return arguments[0]
    if name == "to_string" and arguments[0].means.endswith(".id"):
        return Type(TEXT.kinds, means=arguments[0].means)
    return _RESULTS.get(name, ANY)


def argument_clashes(name: str, arguments: Sequence[Type], places: Sequence[int]) -> Iterator[Clash]:
    """The arguments that the function cannot take, whatever their values."""
    signature = SIGNATURES[name]
    for number, (type_, place) in enumerate(zip(arguments, places, strict=True)):
        wanted = signature[min(number, len(signature) - 1)]["types"]
        kinds = [_KINDS[word] for word in wanted if word in _KINDS]
        if not kinds or _takes(type_, wanted, kinds):
            continue
        due = " or ".join(dict.fromkeys(describe(Type(frozenset({kind}))) for kind in kinds))
        yield Clash("wrong-kind", f"{name}() takes {due} here, and this is {describe(type_)}", at=place)


def _takes(type_: Type, wanted: Sequence[str], kinds: Sequence[Kind]) -> bool:
    if not fits(type_, *kinds):
        return False
    items = [_ITEMS[word] for word in wanted if word in _ITEMS]
    only_list = type_.present.kinds == frozenset({"list"})
    return not only_list or len(items) < len(wanted) or fits(type_.element, *items)
