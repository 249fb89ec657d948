"""What outputs give, and what their places hold: a list for a number field, an object for a tag."""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import ExpressionError
from engine.manifest.build.node import Node
from engine.manifest.language.expressions import compile_path
from engine.manifest.lint.expressions import Followings, tell
from engine.manifest.lint.knowledge import Knowledge
from engine.manifest.types import Kind, Type, describe
from engine.manifest.types.clashes import Clash, fits

_HELD: Mapping[str, tuple[Kind, ...]] = {
    "number": ("number", "text"),
    "boolean": ("boolean",),
    "date": ("text",),
}
_TEXTS: Mapping[str, tuple[Kind, ...]] = {"tag": ("text", "number", "list"), "stage": ("text", "number")}
_WORDS = {"number": "numbers", "boolean": "yes or no", "date": "dates"}


def check_placed(knowledge: Knowledge, followings: Followings) -> None:
    """Reports each output whose value one of its places cannot hold."""
    root = knowledge.root
    kinds = _kinds_of_fields(knowledge)
    for _, output in root["write_back"].items("outputs"):
        value = output["value"]
        found = followings.get(value.path)
        clashes = [
            clash
            for rung in output.elements("rungs")
            if found is not None and (clash := _misfit(rung, found.type, kinds)) is not None
        ]
        if clashes:
            tell(value, clashes[0])


def _misfit(rung: Node, given: Type, kinds: Mapping[str, str]) -> Clash | None:
    place = next(iter(rung.data))
    if place == "field":
        name = str(rung.data[place])
        held = kinds.get(name, "")
        if held in _HELD and not fits(given, *_HELD[held]):
            what = f"the field “{name}” holds {_WORDS[held]} in the samples, and this is {describe(given)}"
            return Clash("wrong-kind", what, "take another value, or a field that holds it")
    if place in _TEXTS and not fits(given, *_TEXTS[place]):
        return Clash("wrong-kind", f"a {place} is a text, and this is {describe(given)}")
    return None


def _kinds_of_fields(knowledge: Knowledge) -> Mapping[str, str]:
    """Field name → kind, as the first sample of the directory of fields shows it."""
    places = knowledge.root["write_back"]["places"]
    field = places.get("field")
    directory = field.get("directory") if field is not None else None
    if field is None or directory is None or "type" not in directory:
        return {}
    found: dict[str, str] = {}
    types = field.value("types", {})
    for record in knowledge.records(directory.value("operation")):
        try:
            name, kind = (compile_path(directory.value(key))(record) for key in ("name", "type"))
        except ExpressionError:
            continue
        found.setdefault(str(name), str(types.get(str(kind), "")))
    return found
