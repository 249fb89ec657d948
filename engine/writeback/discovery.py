"""Finds out what a tenant's ATS has: capabilities, custom fields, options. Remembered, with an expiry.

Probes are made through the manifest's operations and only when nothing is remembered; a refusal for good is
itself a finding. Transient failures are raised: nothing is concluded from them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress

from connectors.calls import Caller
from engine.errors import AnswerUnusable, Refused
from engine.manifest.connection import Connection
from engine.manifest.language.expressions import holds
from engine.manifest.model import Capability, Place, Rung
from engine.model import Candidate, Json, PlaceKind
from engine.store.capabilities import Capability as Found
from engine.store.store import Store
from engine.writeback.bindings import Bindings
from engine.writeback.directories import Directories
from engine.writeback.field_finding import LostField, find_field
from engine.writeback.field_values import Misfit
from engine.writeback.grouping import Planned, apart
from engine.writeback.known import Binding, Entry, FieldInfo, Known, Slot
from engine.writeback.values import digest


class Discovery:
    """What is known of one connection's ATS. Raises CallError when the ATS cannot be asked now."""

    def __init__(self, connection: Connection, caller: Caller, store: Store) -> None:
        self._connection, self._caller, self._store = connection, caller, store
        self._manifest = connection.manifest
        self.bindings = Bindings(connection.name, store)
        self.directories = Directories(connection, caller, store)

    def known(self, candidate: Candidate, subject: str, context: Mapping[str, Json]) -> Known:
        """What the planner may rely on for one application.

        ``context`` is plain data: candidate, application, job, event, and whether it is a ``prospect``, a person
        without an application.
        """
        unavailable = self.unavailable(prospect=bool(context.get("prospect")))
        stages, stages_cause = self._stages(unavailable, context)
        remembered = self.bindings.all()
        fields, cause = self._fields(unavailable, remembered)
        bound = self._followed(fields or {}, remembered)
        written = self._store.written.last(self._connection.name, subject)
        return Known(
            unavailable=unavailable,
            fields=fields,
            fields_cause=cause,
            tags=frozenset(candidate.tags),
            written={output: value.digest for output, value in written.items()},
            stands={output: (value.place, value.target) for output, value in written.items()},
            stage=self.stage_now(context),
            bound=bound,
            stages=stages,
            stages_cause=stages_cause,
            slot=self.slot_now(context),
        )

    def bind(self, planned: Iterable[Planned], known: Known) -> None:
        """Remembers the fields that writes go to, where the ATS lists them: from now on they are bound to them."""
        found = {
            item.write.output: Binding(item.write.target, item.field.id, item.field.name)
            for request in planned
            for item in apart(request)
            if item.field is not None and item.field.id in (known.fields or {})
        }
        new = {output: binding for output, binding in found.items() if known.bound.get(output) != binding}
        if new:
            self.bindings.bind(new)

    def _followed(self, fields: Mapping[str, FieldInfo], bound: Mapping[str, Binding]) -> Mapping[str, Binding]:
        """The bindings, with those led on whose field is named otherwise by the tenant now."""
        new = {}
        for output, rung in self._field_rungs():
            before = bound.get(output)
            if before is None or rung.target == before.target:
                continue
            with suppress(LostField, Misfit):
                field = find_field(rung.target, fields, None)
                if field is not None and field.id == before.id:
                    new[output] = Binding(rung.target, field.id, field.name)
        if new:
            self.bindings.bind(new)
        return {**bound, **new}

    def _field_rungs(self) -> Iterator[tuple[str, Rung]]:
        for output in self._manifest.write_back.outputs.values():
            yield from ((output.name, rung) for rung in output.rungs if rung.place == "field")

    def unavailable(self, *, prospect: bool = False) -> dict[str, str]:
        """Each capability that is not there, with the cause in one phrase."""
        engine = {"public_url": self._connection.public_url}
        context = {"settings": dict(self._connection.settings), "prospect": prospect, "engine": engine}
        found = self._store.capabilities.all(self._connection.name)
        causes = ((one.name, self._cause(one, context, found)) for one in self._manifest.capabilities.values())
        return {name: cause for name, cause in causes if cause is not None}

    def learn(self, place: PlaceKind, refusal: Refused) -> None:
        """Remembers a refusal that says: this credential may not write to such places."""
        needs = self._manifest.write_back.places[place].needs
        if refusal.kind != "denied" or not needs:
            return
        capability = self._manifest.capabilities[needs[-1]]
        self._remember(capability, available=False, cause=refusal.cause, found_by_probe=False)

    def look_again(self) -> dict[str, str]:
        """Forgets what was found out, so that the ATS is asked anew; the refusals among it, with their causes."""
        name = self._connection.name
        known = self._store.capabilities.all(name)
        self._store.capabilities.forget(name)
        self.forget_directories()
        return {one: found.cause for one, found in known.items() if found.found_by == "refusal"}

    def forget_directories(self) -> None:
        """Makes the next look read the fields with their options, and the tags, anew."""
        places = self._manifest.write_back.places
        if (tag := places.get("tag")) is not None and tag.directory is not None:
            self.directories.forget(tag.directory, {})
        place = places.get("field")
        if place is None or place.directory is None:
            return
        kept = self.directories.kept(place.directory)
        self.directories.forget(place.directory, {})
        if place.options is not None:
            for entry in kept:
                self.directories.forget(place.options, {"field": {"id": entry.id}})

    def _cause(self, capability: Capability, context: Mapping[str, Json], found: Mapping[str, Found]) -> str | None:
        if capability.when is not None and not capability.when(context):
            return capability.otherwise
        remembered = found.get(capability.name)
        if remembered is not None:
            return None if remembered.available else remembered.cause
        return self._probe(capability) if capability.probe else None

    def _probe(self, capability: Capability) -> str | None:
        cause = None
        try:
            self._look(capability.probe or "")
        except Refused as refusal:
            cause = refusal.cause
        self._remember(capability, available=cause is None, cause=cause or "", found_by_probe=True)
        return cause

    def _look(self, operation: str) -> None:
        """Makes the probe; where it is a directory's operation, its answer is kept as the directory."""
        place = self._manifest.write_back.places.get("field")
        if place and place.directory and place.directory.operation == operation:
            self.directories.entries(place.directory, {})
        else:
            self._caller.call(operation, {})

    def _remember(self, capability: Capability, *, available: bool, cause: str, found_by_probe: bool) -> None:
        self._store.capabilities.put(
            self._connection.name,
            capability.name,
            available=available,
            cause=cause,
            found_by="probe" if found_by_probe else "refusal",
            ttl_s=capability.remember_s,
        )

    # ── directories ──────────────────────────────────────────────────────────────────────────────────────────

    def _fields(
        self, unavailable: Mapping[str, str], bound: Mapping[str, Binding]
    ) -> tuple[dict[str, FieldInfo] | None, str]:
        place = self._manifest.write_back.places.get("field")
        if place is None or place.directory is None:
            return None, ""
        missing = next((unavailable[need] for need in place.needs if need in unavailable), None)
        if missing is not None:
            return None, missing
        try:
            entries = self.directories.entries(place.directory, {})
        except (Refused, AnswerUnusable) as error:
            return None, error.cause if isinstance(error, Refused) else error.message
        ids = {binding.id for binding in bound.values()}
        return {entry.id: self._field(place, entry, ids) for entry in entries}, ""

    def _field(self, place: Place, entry: Entry, bound: Collection[str]) -> FieldInfo:
        is_option = place.types.get(str(entry.type)) == "option"
        wanted = is_option and (entry.id in bound or self._is_written(entry))
        options = self._options(place, entry) if wanted else None
        return FieldInfo(entry.id, entry.name, entry.type, options)

    def _is_written(self, entry: Entry) -> bool:
        names = {rung.target.strip().casefold() for _, rung in self._field_rungs()}
        return entry.id.casefold() in names or entry.name.strip().casefold() in names

    def _options(self, place: Place, field: Entry) -> Mapping[str, str] | None:
        if place.options is None:
            return field.options
        try:
            entries = self.directories.entries(place.options, {"field": {"id": field.id}})
        except Refused:
            return None
        return {entry.name: entry.id for entry in entries}

    def slot_now(self, context: Mapping[str, Json]) -> Slot:
        """The ATS's own slot for the result of the application of ``context``."""
        place = self._manifest.write_back.places.get("slot")
        if place is None or place.when is None:
            return Slot()
        found = place.when({**context, "settings": self._connection.open_settings})
        if not holds(found):
            return Slot(place.otherwise)
        return Slot(mark=digest(found)[:8] if isinstance(found, str) else "")

    # ── stages ───────────────────────────────────────────────────────────────────────────────────────────────

    def stage_now(self, context: Mapping[str, Json]) -> str | None:
        """The stage that the application of ``context`` stands at: a name or an id, None where it is not known."""
        place, application = self._manifest.write_back.places.get("stage"), context.get("application") or {}
        if place is None or place.current is None:
            found = application.get("status")
        else:
            found = place.current({"application": application})
        return None if found is None else str(found)

    def stages(self, context: Mapping[str, Json]) -> tuple[Entry, ...] | None:
        """The stages that the application of ``context`` may go through; None where the ATS does not list them."""
        place = self._manifest.write_back.places.get("stage")
        if place is None or place.directory is None:
            return None
        seen = {name: context.get(name) for name in ("candidate", "application", "job") if context.get(name)}
        return self.directories.entries(place.directory, seen)

    def _stages(
        self, unavailable: Mapping[str, str], context: Mapping[str, Json]
    ) -> tuple[tuple[Entry, ...] | None, str]:
        place = self._manifest.write_back.places.get("stage")
        if place is None or not self._connection.stage_move or any(need in unavailable for need in place.needs):
            return None, ""
        try:
            return self.stages(context), ""
        except (Refused, AnswerUnusable) as error:
            return None, error.cause if isinstance(error, Refused) else error.message
