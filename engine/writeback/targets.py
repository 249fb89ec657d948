"""What a planned request needs of the ATS at the moment it is made: ids of tags, stages, new fields and options.

Raises Refused where a name is not there and is not made, and otherwise as calls do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from connectors.calls import Caller
from engine.errors import Refused
from engine.manifest.connection import Connection
from engine.manifest.model import Directory, Place
from engine.model import Json
from engine.writeback.compose import Found
from engine.writeback.discovery import Discovery
from engine.writeback.field_values import FieldValue
from engine.writeback.grouping import Planned
from engine.writeback.known import Entry, match
from engine.writeback.places import missing_tags


class Targets:
    """Looks up what one connection's requests need."""

    def __init__(self, connection: Connection, caller: Caller, discovery: Discovery) -> None:
        self._places, self._caller, self._discovery = connection.manifest.write_back.places, caller, discovery

    def find(self, planned: Planned, context: Mapping[str, Json]) -> Found:
        """What ``planned`` needs; ``context`` is what its operation sees."""
        place = self._places[planned.place]
        if planned.place == "field":
            return Found(fields=tuple(self._field(place, value) for value in planned.fields))
        if planned.place == "tag":
            return Found(tags=self._tags(place, planned), current_tags=self._current_tags(place, context))
        if planned.place == "stage":
            return Found(stage=self._stage(planned.writes[0].value, context))
        return Found()

    def _field(self, place: Place, value: FieldValue) -> FieldValue:
        if not value.id and place.directory is not None:
            given = {"field": {"name": value.name, "kind": value.kind}}
            made = self._named(place.directory, value.name, {}, given, "custom field")
            value = replace(value, id=made.id, type=value.type or made.type)
        if value.option is not None and place.options is not None:
            option = self._named(place.options, value.option, {"field": {"id": value.id}}, {}, "option")
            value = replace(value, value=option.id, option=None)
        return value

    def _tags(self, place: Place, planned: Planned) -> dict[str, str]:
        if place.directory is None:
            return {}
        wanted = missing_tags([tag for write in planned.writes for tag in missing_tags(write.value, ())], ())
        return {tag: self._named(place.directory, tag, {}, {}, "tag").id for tag in wanted}

    def _named(
        self,
        directory: Directory,
        name: str,
        context: Mapping[str, Json],
        given: Mapping[str, Json],
        what: str,
    ) -> Entry:
        found = self._discovery.directories.find_or_make(directory, name, context, {**context, **given})
        if found is None:
            raise Refused("missing", f"there is no {what} of this name", operation=directory.operation)
        return found

    def _current_tags(self, place: Place, context: Mapping[str, Json]) -> Sequence[str] | None:
        """The candidate's tags as they are at this moment, where writing replaces them."""
        if place.read is None:
            return None
        record = self._caller.record(place.read, context)
        if record is None:
            raise Refused("missing", "there is no such candidate", operation=place.read)
        found = place.current(record) if place.current else record
        if found is None or isinstance(found, bool):
            raise Refused("invalid", "the tags that are there cannot be read", operation=place.read)
        words = found.split(",") if isinstance(found, str) else found or []
        return [str(word).strip() for word in words if str(word).strip()]

    def _stage(self, value: Json, context: Mapping[str, Json]) -> dict[str, Json]:
        known, present = self._discovery.stages(context), self._discovery.stage_now(context)
        there = None if present is None else _stage_of(present, known)
        return {**_stage_of(str(value).strip(), known), "from": there or {"id": None, "name": None}}


def _stage_of(name: str, known: Sequence[Entry] | None) -> dict[str, Json]:
    """{id, name} of a stage; where the ATS lists none, the id is the name. Raises Refused."""
    found = Entry(name, name) if known is None else match(known, name)
    if found is None:
        raise Refused("missing", "there is no stage of this name")
    return {"id": found.id, "name": found.name}
