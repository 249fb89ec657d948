"""A target and the ATS's directory of fields in; the field it means out. Pure.

A field is found by its id or its name, and an output stays bound to it by the id. Where the bound one was renamed or
removed in the ATS and no field has the name any more, nothing is guessed: LostField says what happened.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.writeback.field_values import Misfit
from engine.writeback.known import Binding, FieldInfo
from engine.writeback.text import folded


class LostField(Exception):
    """The bound field is not there under its name any more; the text says what became of it, in one phrase."""


def find_field(target: str, fields: Mapping[str, FieldInfo], bound: Binding | None) -> FieldInfo | None:
    """The field that ``target`` (a name or an id) means; None where there is none and none was bound.

    ``fields`` is the ATS's directory by id. Raises Misfit where several have the name, LostField.
    """
    if bound is not None and bound.target == target and _is_as_it_was(bound, fields):
        return fields[bound.id]
    if target in fields:
        return fields[target]
    matches = [field for field in fields.values() if folded(field.name) == folded(target)]
    if len(matches) > 1:
        raise Misfit(f"{len(matches)} fields have this name; give the id instead")
    if not matches and bound is not None and not _is_as_it_was(bound, fields):
        raise LostField(_became(bound, fields))
    return matches[0] if matches else None


def _is_as_it_was(bound: Binding, fields: Mapping[str, FieldInfo]) -> bool:
    return bound.id in fields and folded(fields[bound.id].name) == folded(bound.name)


def _became(bound: Binding, fields: Mapping[str, FieldInfo]) -> str:
    now = fields.get(bound.id)
    ended = f"was renamed to “{now.name}”" if now is not None else "is gone"
    return f"the field “{bound.name}” ({bound.id}) {ended}"
