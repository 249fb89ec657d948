"""What the filters of templates give and take, by types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from engine.manifest.types import ANY, FREE_TEXT, INTEGER, NUMBER, TEXT, Kind, Type, describe, or_null, record, union
from engine.manifest.types.clashes import fits

Result = Callable[[Type, Sequence[Type]], Type]

_SCALARS: tuple[Kind, ...] = ("text", "number", "boolean")
_TAKEN: Mapping[str, tuple[Kind, ...]] = {
    **dict.fromkeys(
        ("upper", "lower", "trim", "replace", "string", "truncate", "b64encode", "int", "float"), _SCALARS
    ),
    **dict.fromkeys(("join", "bullets", "keyed"), ("list",)),
    **dict.fromkeys(("date", "epoch_ms"), ("text", "number")),
    "first": ("list", "text"),
    "last": ("list", "text"),
    "length": ("text", "list", "object"),
    "overlaid": ("list", "object", "null"),
    "round": ("number",),
}


def unfit(name: str, given: Type) -> str:
    """Why the filter cannot take what stands before it; "" where it may."""
    wanted = _TAKEN.get(name)
    if wanted is not None and not fits(given, *wanted):
        due = " or ".join(describe(Type(frozenset({kind}))) for kind in wanted)
        return f"`{name}` expects {due}, and this is {describe(given)}"
    if name in ("date", "epoch_ms") and given.present.kinds == TEXT.kinds and given.means not in ("moment", "free"):
        return f"`{name}` expects a moment, and this is {describe(given)}"
    return ""


def _always(type_: Type) -> Result:
    return lambda _given, _arguments: type_


def _default(given: Type, arguments: Sequence[Type]) -> Type:
    return union(given, arguments[0]) if arguments else given


def _one(given: Type, _: Sequence[Type]) -> Type:
    return or_null(given.element) if given.present.kinds == frozenset({"list"}) else ANY


def _text(given: Type, _: Sequence[Type]) -> Type:
    return Type(TEXT.kinds, means=given.means if given.means.endswith(".id") else "free")


def _whole(given: Type, _: Sequence[Type]) -> Type:
    return Type(INTEGER.kinds, means=given.means if given.means.endswith(".id") else "")


FILTER_RESULTS: Mapping[str, Result] = {
    **dict.fromkeys(("b64encode", "bullets", "join", "lower", "replace", "tojson", "upper"), _always(FREE_TEXT)),
    **dict.fromkeys(("string", "trim", "truncate"), _text),
    "date": _always(FREE_TEXT),
    "default": _default,
    "epoch_ms": _always(INTEGER),
    "first": _one,
    "float": _always(NUMBER),
    "int": _whole,
    "keyed": _always(record({}, open=True)),
    "last": _one,
    "length": _always(INTEGER),
    "overlaid": _always(Type(frozenset({"list"}), items=record({}, open=True))),
    "round": _always(NUMBER),
}
