"""A rehearsed event as ``plan`` tells it: for people with secrets masked, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import typer

from engine.cli.output import printable
from engine.manifest.connection import Connection
from engine.model import Ids, Json, as_plain
from engine.redaction import masked, masked_headers
from engine.rehearsal.answers import Exchanged
from engine.rehearsal.composed import composed
from engine.rehearsal.placing import Placed
from engine.rehearsal.rehearse import Rehearsal
from engine.rehearsal.staging import Way
from engine.writeback.places import place_words


@dataclass(frozen=True, slots=True)
class Planning:
    """A rehearsal with what it rests on: where the answers came from, and which calls were refused on demand."""

    connection: Connection
    rehearsal: Rehearsal
    answers_from: str
    refused: Mapping[str, int]


# ── for people ───────────────────────────────────────────────────────────────────────────────────────────────


def show_plan(planning: Planning) -> None:
    """Prints the plan."""
    _say(f"{planning.connection.name} on {planning.connection.manifest.ats.name}", bold=True)
    _say(f"Nothing is sent. Secrets are placeholders, and the ATS's answers those of {planning.answers_from}.")
    for operation, status in planning.refused.items():
        _say(f"As if {operation} were refused with {status}.")
    for way in planning.rehearsal.ways:
        _show_event(way, "Event")
    for way in planning.rehearsal.split:
        _show_event(way, "Split into")
    _show_reads(planning)
    _show_writes(planning)
    for way in (*planning.rehearsal.ways, *planning.rehearsal.split):
        _show_outputs(planning, way)
    _show_outcomes(planning.rehearsal)


def _show_event(way: Way, title: str) -> None:
    if way.canonical is None:
        _say(f"\n{title}: it becomes no canonical event")
        return
    _say(f"\n{title}: {way.canonical.type.value} ({way.canonical.source})", bold=True)
    _say(f"  {ids_text(way.canonical.ids)}")
    for step in way.steps:
        if step.stage == "scored":
            match = step.detail["match"]
            told = step.detail["problem"] if match is None else f"{match} of 100"
            _say(f"  score {told}, by {step.detail['scorer']} from the answers' résumé and job")


def _show_reads(planning: Planning) -> None:
    made = [one for one in planning.rehearsal.exchanged if one.kind != "write"]
    _say(f"\nReads: {len(made)}", bold=True)
    for number, one in enumerate(made, 1):
        first = one.request.shown(planning.connection.secrets).partition("\n")[0]
        _say(f"  {number:>2}. {one.request.operation:<28} {first}{_answered(one)}")


def _show_writes(planning: Planning) -> None:
    made = planning.rehearsal.of_kind("write")
    _say(f"\nWrites: {len(made)}", bold=True)
    for number, one in enumerate(made, 1):
        _say(f"\n  {number}. {one.request.operation}{_answered(one)}", bold=True)
        for line in one.request.shown(planning.connection.secrets).splitlines():
            _say(f"     {line}".rstrip())


def _answered(one: Exchanged) -> str:
    if one.status is None:
        return "  → no answer"
    return f"  → refused: {one.status}" if one.status >= 400 else ""


def _show_outputs(planning: Planning, way: Way) -> None:
    placed = [one for one in planning.rehearsal.placed if one.event_id == way.event_id]
    if not placed:
        return
    about = f" of {ids_text(way.canonical.ids)}" if planning.rehearsal.split and way.canonical else ""
    _say(f"\nOutputs{about}", bold=True)
    for one in placed:
        _show_output(planning, one)
    silent = [name for name in planning.connection.manifest.write_back.outputs if name not in _names(placed)]
    if silent:
        _say(f"  without a value, or switched off: {', '.join(silent)}")


def _show_output(planning: Planning, one: Placed) -> None:
    rungs = planning.connection.manifest.write_back.outputs[one.output].rungs
    if one.where == "unchanged":
        _say(f"  {one.output:<16} is there already")
        return
    if one.where == "held":
        _say(f"  {one.output:<16} is held: {one.causes[-1].why}")
        return
    where = "has no place left" if one.where == "nowhere" else f"→ {one.said} (place {one.rung} of {len(rungs)})"
    _say(f"  {one.output:<16} {where}")
    for cause in one.causes:
        _say(f"  {'':<16}   passed over {cause.place}: {cause.why}")
    if one.where != "nowhere":
        _say(f"  {'':<16}   if refused: {one.otherwise or 'no place is left'}")


def _names(placed: Sequence[Placed]) -> set[str]:
    return {one.output for one in placed}


def _show_outcomes(rehearsal: Rehearsal) -> None:
    for way in rehearsal.split or rehearsal.ways:
        if way.outcome is not None:
            _say(f"\nOutcome: {way.outcome.kind.value} — {way.outcome.why}", bold=True)


def ids_text(ids: Ids) -> str:
    """The ids that are known, as people read them."""
    return ", ".join(f"{name} {value}" for name, value in as_plain(ids).items() if value is not None) or "no ids"


def _say(text: str, *, bold: bool = False) -> None:
    typer.secho(printable(text), bold=bold)


# ── for machines ─────────────────────────────────────────────────────────────────────────────────────────────


def plan_json(planning: Planning) -> Json:
    """The plan as plain data, secrets masked."""
    rehearsal, connection = planning.rehearsal, planning.connection
    return {
        "tenant": connection.name,
        "ats": connection.manifest.ats.id,
        "answers": planning.answers_from,
        "refused": dict(planning.refused),
        "events": [_way(way) for way in rehearsal.ways],
        "split": [_way(way) for way in rehearsal.split],
        "sign_in": [_request(connection, one) for one in rehearsal.of_kind("sign_in")],
        "reads": [_request(connection, one) for one in rehearsal.of_kind("read")],
        "writes": [_request(connection, one) for one in rehearsal.of_kind("write")],
        "outputs": [_output(connection, one) for one in rehearsal.placed],
    }


def _way(way: Way) -> Json:
    canonical = way.canonical
    return {
        "id": way.event_id,
        "event": canonical.type.value if canonical else None,
        "source": canonical.source if canonical else None,
        "ids": as_plain(canonical.ids) if canonical else None,
        "outcome": as_plain(way.outcome),
    }


def _request(connection: Connection, one: Exchanged) -> Json:
    plain = composed(one.request)
    plain["headers"] = masked_headers(plain["headers"])
    text = json.dumps({**plain, "status": one.status}, ensure_ascii=False)
    return json.loads(masked(text, (*connection.secrets, *one.request.hidden)))


def _output(connection: Connection, one: Placed) -> Json:
    rungs = connection.manifest.write_back.outputs[one.output].rungs
    return {
        "event": one.event_id,
        "output": one.output,
        "place": one.where,
        "said": one.said,
        "rung": one.rung,
        "rungs": [place_words(rung) for rung in rungs],
        "causes": as_plain(one.causes),
        "otherwise": one.otherwise or None,
    }
