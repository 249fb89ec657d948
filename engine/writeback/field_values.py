"""An output's value in; what a custom field of a given kind holds out, or why it cannot.

Kinds are the manifest's (``places.field.types``): number, text, option, boolean, date. Causes never say the value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.clock import parse_iso
from engine.model import Json
from engine.writeback.known import FieldInfo
from engine.writeback.text import display, shorten

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A field and what goes into it: a number as a number, an option as its id. ``type`` is the ATS's word.

    ``kind`` is number, text, option, boolean or date. A field without an ``id`` is made before it is written, and
    so is the ``option`` whose id the value will be.
    """

    id: str
    name: str
    type: str | None
    value: Json
    kind: str = "text"
    option: str | None = None


class Misfit(Exception):
    """The field cannot hold the value; the text says why in one phrase."""


def express(output: str, value: Json, field: FieldInfo, kind: str | None, longest: int | None) -> Json:
    """``value`` as ``field`` holds it. ``kind`` None: the field's type is not known, scalars go as they are.

    ``longest`` is what a text field holds, in characters; longer text is shortened. Raises Misfit.
    """
    if kind is None:
        kind = "text" if isinstance(value, (str, Mapping, list, tuple)) else "scalar"
    if kind == "text":
        return shorten(display(output, value), longest)
    if kind == "option":
        return _option(display(output, value), field)
    return _SCALARS[kind](value)


def kind_of(value: Json) -> str:
    """The kind of a value that goes as it is."""
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, (int, float)) else "text"


def new_option(output: str, value: Json, field: FieldInfo) -> str | None:
    """The label of the option that has to be made for ``value``; None where the field has it. Raises Misfit."""
    try:
        _option(display(output, value), field)
    except Misfit:
        if field.options is None:
            raise
        return display(output, value).strip()
    return None


def _number(value: Json) -> Json:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise Misfit("the field holds numbers, and the value is not one")
    return value


def _boolean(value: Json) -> Json:
    if not isinstance(value, bool):
        raise Misfit("the field holds yes or no, and the value is neither")
    return value


def _date(value: Json) -> Json:
    try:
        parse_iso(value)
    except (TypeError, ValueError):
        raise Misfit("the field holds dates, and the value is not one") from None
    return value


def _option(text: str, field: FieldInfo) -> str:
    if field.options is None:
        raise Misfit("the field's options could not be read")
    wanted = text.strip().casefold()
    for label, option in field.options.items():
        if wanted == label.strip().casefold():
            return option
    raise Misfit("none of the field's options is this value")


_SCALARS: Mapping[str, Callable[[Json], Json]] = {
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "scalar": lambda value: value,
}
