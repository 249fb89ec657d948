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
from engine.manifest.model import Capability, Directory, Place, Rung
from engine.model import Candidate, Json, PlaceKind
from engine.store.store import Store
from engine.writeback.bindings import Bindings
from engine.writeback.field_finding import LostField, find_field
from engine.writeback.field_values import Misfit
from engine.writeback.grouping import Planned, apart
from engine.writeback.known import Binding, FieldInfo, Known


class Discovery:
    """What is known of one connection's ATS. Raises CallError when the ATS cannot be asked now."""

    def __init__(self, connection: Connection, caller: Caller, store: Store) -> None:
        self._connection, self._caller, self._store = connection, caller, store
        self._manifest = connection.manifest
        self.bindings = Bindings(connection.name, store)

    def known(self, candidate: Candidate, stage: str | None, subject: str, *, prospect: bool = False) -> Known:
        """What the planner may rely on for one application, or for a ``prospect``: a person without one."""
        unavailable = self.unavailable(prospect=prospect)
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
            stage=stage,
            bound=bound,
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
        context = {"settings": dict(self._connection.settings), "prospect": prospect}
        causes = ((one.name, self._cause(one, context)) for one in self._manifest.capabilities.values())
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
        """Makes the next look read the fields and their options anew."""
        name = self._connection.name
        place = self._manifest.write_back.places.get("field")
        if place is None or place.directory is None:
            return
        kept = self._store.cache.get(name, "directory", place.directory.operation)
        self._store.cache.forget(name, "directory", place.directory.operation)
        if place.options is not None and kept is not None:
            for entry in kept:
                self._store.cache.forget(name, "directory", f"{place.options.operation}/{entry['id']}")

    def _cause(self, capability: Capability, context: Mapping[str, Json]) -> str | None:
        if capability.when is not None and not capability.when(context):
            return capability.otherwise
        remembered = self._store.capabilities.get(self._connection.name, capability.name)
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
            self._directory(place.directory, {})
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
            entries = self._directory(place.directory, {})
        except (Refused, AnswerUnusable) as error:
            return None, error.cause if isinstance(error, Refused) else error.message
        ids = {binding.id for binding in bound.values()}
        return {entry["id"]: self._field(place, entry, ids) for entry in entries}, ""

    def _field(self, place: Place, entry: Mapping[str, Json], bound: Collection[str]) -> FieldInfo:
        is_option = place.types.get(str(entry.get("type"))) == "option"
        wanted = is_option and (entry["id"] in bound or self._is_written(entry))
        options = self._options(place, entry["id"]) if wanted else None
        return FieldInfo(entry["id"], entry["name"], entry.get("type"), options)

    def _is_written(self, entry: Mapping[str, Json]) -> bool:
        names = {rung.target.strip().casefold() for _, rung in self._field_rungs()}
        return entry["id"].casefold() in names or entry["name"].strip().casefold() in names

    def _options(self, place: Place, field_id: str) -> dict[str, str] | None:
        if place.options is None:
            return None
        try:
            entries = self._directory(place.options, {"field": {"id": field_id}})
        except Refused:
            return None
        return {entry["name"]: entry["id"] for entry in entries}

    def _directory(self, directory: Directory, context: Mapping[str, Json]) -> list[dict[str, Json]]:
        key = "/".join([directory.operation, *(str(value["id"]) for value in context.values())])
        kept = self._store.cache.get(self._connection.name, "directory", key)
        if kept is not None:
            entries: list[dict[str, Json]] = kept
            return entries
        records = self._caller.records(directory.operation, context)
        entries = [entry for entry in (_entry(directory, record) for record in records) if entry["id"]]
        self._store.cache.put(self._connection.name, "directory", key, entries, ttl_s=directory.cache_s)
        return entries


def _entry(directory: Directory, record: Json) -> dict[str, Json]:
    return {
        "id": _text(directory.id(record)),
        "name": _text(directory.name(record)),
        "type": _text(directory.type(record)) if directory.type else None,
    }


def _text(value: Json) -> str:
    return "" if value is None else str(value)
