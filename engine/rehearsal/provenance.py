"""One output of one event in; where its value comes from out: file, line, layer, names read, each rung, the request.

By the manifest and tenant's file as they are now, on what the store kept of the event. Nothing about a person is told
that the output itself does not show.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from engine.clock import iso
from engine.errors import ExpressionError, InputError
from engine.manifest.connection import Connection
from engine.manifest.findings import did_you_mean
from engine.manifest.language.expressions import Chain, holds
from engine.manifest.model import At, Output
from engine.model import Json, Write
from engine.rehearsal.kept import Kept, kept_of
from engine.rehearsal.kept_names import NameRead, names_read
from engine.rehearsal.standing import last_writes
from engine.store.deliveries import Delivery
from engine.store.store import Store
from engine.writeback.places import place_words
from engine.writeback.text import display, shorten
from engine.writeback.values import output_value

Layer = Literal["manifest", "tenant's file"]
_LONGEST = 2000
_MOST_REQUESTS = 500
_VERDICTS = {"delivered": "taken", "held": "held", "dead": "refused", "moved": "overtaken"}


@dataclass(frozen=True, slots=True)
class Written:
    """A place in a file, and whose file it is."""

    at: At
    layer: Layer

    def __str__(self) -> str:
        return f"{self.at.file}:{self.at.line} ({self.layer})"


@dataclass(frozen=True, slots=True)
class Evaluated:
    """An expression: where it is written, its text, the names it read, and what it gave."""

    written: Written
    text: str
    reads: tuple[NameRead, ...]
    result: str


@dataclass(frozen=True, slots=True)
class RungTold:
    """One rung in its order, and what came of it: taken, passed over, held, refused, waiting, not needed."""

    place: str
    written: Written
    verdict: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Provenance:
    """All of it. ``switch`` says where the output is turned off, None where it is on.

    ``note`` says where the note's text is written that the value went into, if it went into one.
    """

    event_id: str
    tenant: str
    subject: str
    output: str
    ended: str
    switch: Written | None
    when: Evaluated | None
    value: Evaluated | None
    order: Written
    rungs: tuple[RungTold, ...]
    note: Written | None
    requests: tuple[str, ...]
    notes: tuple[str, ...]


def provenance(store: Store, connection: Connection, event_id: str, name: str) -> Provenance:
    """Where the output ``name`` of an event comes from. Raises InputError where the store cannot tell."""
    outputs = connection.manifest.write_back.outputs
    if name not in outputs:
        ats = connection.manifest.ats.name
        raise InputError(f"{ats} has no output `{name[:60]}`.", hint=did_you_mean(name, outputs) or None)
    kept = kept_of(store, event_id)
    if kept.planned is None:
        raise _nothing_planned(kept)
    return _Told(store, connection, kept, outputs[name]).all()


def _nothing_planned(kept: Kept) -> InputError:
    event = kept.event
    ended = f"{event.outcome.kind.value}: {event.outcome.why}" if event.outcome else event.state
    into = [child for step in kept.steps if step.stage == "split" for child in step.detail["into"]]
    into += [word for word in ended.split() if word.startswith("evt_")]
    hint = f"Ask for {' or '.join(into)}." if into else "`fieldwright events show` tells its way."
    return InputError(f"The event {event.id} planned no output: {ended}.", hint=hint)


class _Told:
    """One output of one event being told."""

    def __init__(self, store: Store, connection: Connection, kept: Kept, output: Output) -> None:
        self._store, self._connection, self._kept, self._output = store, connection, kept, output
        self._context = kept.values(connection) if kept.context is not None else None
        last = last_writes(kept.deliveries).get(output.name)
        self._delivery: Delivery | None = last[0] if last else None
        self._write: Write | None = last[1] if last else None
        self._shown = "" if self._write is None else display(output.name, self._write.value)

    def all(self) -> Provenance:
        event, output = self._kept.event, self._output
        ended = f"{event.outcome.kind.value}: {event.outcome.why}" if event.outcome else event.state
        off = None if output.enabled else self._written("enabled")
        when, value = self._evaluated()
        told = (off, when, value, self._written("rungs"), tuple(self._rungs()), self._note())
        requests, notes = tuple(self._requests()), tuple(self._notes())
        return Provenance(event.id, event.connection, event.subject or "", output.name, ended, *told, requests, notes)

    # ── the value ────────────────────────────────────────────────────────────────────────────────────────────

    def _evaluated(self) -> tuple[Evaluated | None, Evaluated | None]:
        """The condition and the value; the value is not asked for where the condition does not hold."""
        output, context = self._output, self._context
        if not output.enabled or context is None:
            return None, None
        try:
            value = output_value(output, context)
            result = "nothing" if value is None else display(output.name, value)
            self._shown = self._shown or ("" if value is None else result)
        except ExpressionError as error:
            result = f"an error: {error.message}"
        when = None if output.when is None else self._condition(context)
        if when is not None and when.result == "does not hold":
            return when, None
        text = output.value.written if isinstance(output.value.written, str) else json.dumps(output.value.written)
        reads = self._reads(output.value.references, context)
        return when, Evaluated(self._written("value"), text, reads, shorten(result, _LONGEST))

    def _condition(self, context: Mapping[str, Json]) -> Evaluated:
        assert self._output.when is not None
        when = self._output.when
        try:
            result = "holds" if holds(when(context)) else "does not hold"
        except ExpressionError as error:
            result = f"an error: {error.message}"
        return Evaluated(self._written("when"), when.text, self._reads(when.references, context), result)

    def _reads(self, chains: tuple[Chain, ...], context: Mapping[str, Json]) -> tuple[NameRead, ...]:
        return names_read(chains, context, self._shown)

    def _written(self, part: str) -> Written:
        return self._in_layer(self._output.parts.get(part, self._output.at))

    def _in_layer(self, at: At) -> Written:
        return Written(at, "manifest" if at.file == self._connection.manifest.file else "tenant's file")

    # ── its places ───────────────────────────────────────────────────────────────────────────────────────────

    def _rungs(self) -> Iterator[RungTold]:
        causes, is_taken = self._causes(), False
        for number, rung in enumerate(self._output.rungs):
            words = place_words(rung, self._write.value if self._write else None)
            verdict, why = "not needed" if is_taken else "not asked", ""
            if words in causes:
                verdict, why = "passed over", causes[words]
            elif self._stands(number, rung.place, rung.target) and not is_taken:
                verdict, why = self._verdict()
                is_taken = verdict != "refused"
            yield RungTold(words, self._in_layer(rung.at), verdict, why)

    def _causes(self) -> dict[str, str]:
        found = {cause.place: cause.why for cause in self._write.causes} if self._write else {}
        for lost in (self._kept.planned or {}).get("nowhere", ()):
            if lost["output"] == self._output.name:
                found |= {cause["place"]: cause["why"] for cause in lost["causes"]}
        return found

    def _stands(self, number: int, place: str, target: str) -> bool:
        if self._write is not None:
            return place == self._write.place and (number == self._write.rung or target == self._write.target)
        last = self._last_written()
        return last is not None and last[0] == place

    def _verdict(self) -> tuple[str, str]:
        if self._delivery is not None:
            return _VERDICTS.get(self._delivery.state, "waiting"), self._delivery.last_cause
        last = self._last_written()
        return "left as it stands", f"written {last[1]}" if last else ""

    def _last_written(self) -> tuple[str, str] | None:
        """Where the value stands that this event left alone, and since when."""
        if self._output.name not in (self._kept.planned or {}).get("unchanged", ()):
            return None
        event = self._kept.event
        last = self._store.written.last(event.connection, event.subject or "").get(self._output.name)
        return None if last is None else (last.place, iso(last.at)[:19] if last.at else "")

    def _note(self) -> Written | None:
        if self._write is None or self._write.place != "note":
            return None
        note = self._connection.manifest.write_back.notes.get(self._write.target)
        return self._in_layer(note.at) if note else None

    # ── requests and notes ───────────────────────────────────────────────────────────────────────────────────

    def _requests(self) -> Iterator[str]:
        if self._delivery is None or self._write is None:
            return
        place = self._connection.manifest.write_back.places.get(self._write.place)
        calls = {self._delivery.operation, *(step.call for step in (place.write if place else ()))}
        for entry in reversed(self._store.audit.list(event_id=self._kept.event.id, limit=_MOST_REQUESTS)):
            if entry.operation in calls:
                answer = entry.status if entry.status is not None else "no answer"
                yield f"{entry.method} {entry.path} → {answer} ({entry.operation}, {entry.outcome})"

    def _notes(self) -> Iterator[str]:
        event = self._kept.event
        if event.manifest_hash != self._connection.manifest.digest:
            yield "the manifest or the tenant's file has changed since: expressions and lines are those of today"
        if self._kept.context is None:
            yield f"the value cannot be made again: {self._kept.lacks}"
        elif self._kept.lent_by is not None:
            yield f"made from what was kept of {self._kept.lent_by}, about the same application"
