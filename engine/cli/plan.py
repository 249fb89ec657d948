"""``fieldwright plan``: a tenant and an event in; what would be read and written, and why, out. Sends nothing."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.options import AsJson, Mappings, Tenants
from engine.cli.output import print_json
from engine.cli.plan_text import Planning, plan_json, show_plan
from engine.cli.tenants import tenant_file
from engine.errors import ExpressionError, InputError, TranslationError
from engine.intake.translate import translate
from engine.manifest.connection import Connection
from engine.manifest.findings import did_you_mean
from engine.manifest.overlay import Overlay, load_overlay
from engine.model import CanonicalEvent, EventType, Ids, Json
from engine.rehearsal.answers import SIGN_IN, Answers, CannedAnswer
from engine.rehearsal.incoming import named_delivery, raw_events
from engine.rehearsal.rehearse import rehearse
from engine.rehearsal.running import scorer_of
from engine.rehearsal.samples import answers_about
from engine.rehearsal.suite import ENDING, load_answers
from engine.rehearsal.tenant import placeholder_connection
from engine.settings import settings_from

_WEBHOOK = frozenset({"headers", "query", "body"})
_CANONICAL = frozenset({"event", "ids", "data", "version"})
_POLLED = frozenset({"stream", "records"})


def plan(
    tenant: Annotated[str, typer.Argument(help="A tenant's id, or its file.")],
    event: Annotated[
        str,
        typer.Option(
            "--event",
            metavar="FILE",
            help="JSON: {headers, body}, a bare body, {event, ids}, or {stream, records}; - for standard input.",
        ),
    ],
    name: Annotated[
        str | None, typer.Option("--name", metavar="EVENT", help="The event's name, where a header carries it.")
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option("--answers", metavar="FILE", help="What the ATS answers; else the mapping test's own answers."),
    ] = None,
    refuse: Annotated[
        list[str] | None,
        typer.Option(
            "--refuse", metavar="OPERATION[=STATUS]", help="As if this call were refused (403); may be given again."
        ),
    ] = None,
    tenants: Tenants = None,
    mappings: Mappings = None,
    as_json: AsJson = False,
) -> None:
    """Show what one event would lead to: requests, and for each output its place and why. Sends nothing."""
    settings = settings_from(tenants=tenants, mappings=mappings)
    overlay = load_overlay(tenant_file(tenant, settings), settings.mappings)
    connection = replace(placeholder_connection(overlay, os.environ), public_url=settings.public_url)
    given = read_event(event, connection, name)
    source, known = _answers(overlay, connection, given, answers)
    refused = dict(_refusal(text, connection) for text in refuse or ())
    known = {**known, **{operation: (CannedAnswer(status),) for operation, status in refused.items()}}
    rehearsal = rehearse(connection, given, known, scorer=scorer_of("builtin"))
    planning = Planning(connection, rehearsal, source, refused)
    if as_json:
        print_json(plan_json(planning))
    else:
        show_plan(planning)


def read_event(file: str, connection: Connection, name: str | None) -> dict[str, Json]:
    """The event in ``file`` in a form that can be rehearsed. Raises InputError."""
    given = _json(file)
    keys = set(given) if isinstance(given, Mapping) else set()
    if "body" in keys and keys <= _WEBHOOK:
        if name is None:
            return dict(given)
        named = named_delivery(connection, given["body"], name)
        return {**given, "headers": {**given.get("headers", {}), **named["headers"]}}
    if keys and (keys <= _POLLED or (keys <= _CANONICAL and "event" in keys and "ids" in keys)):
        if "event" in keys and given["event"] not in list(EventType):
            known = [kind.value for kind in EventType]
            raise InputError(
                f"there is no canonical event `{given['event']}`", hint=did_you_mean(given["event"], known)
            )
        return dict(given)
    return named_delivery(connection, given, name)


def _json(file: str) -> Json:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(f"The event {file} cannot be read: {reason}.") from None
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{file}:{error.lineno}:{error.colno} this is not JSON: {error.msg}") from None
    except RecursionError:
        raise InputError(f"The event {file} is nested too deep.") from None


def _answers(
    overlay: Overlay, connection: Connection, given: Mapping[str, Json], file: Path | None
) -> tuple[str, Answers]:
    """Where the answers come from, and the answers; shipped ones are turned to be about the event's ids."""
    if file is not None:
        return str(file), load_answers(file)
    manifest = Path(overlay.base.file)
    samples = manifest.with_name(f"{manifest.stem}{ENDING}")
    if not samples.is_file():
        raise InputError(
            f"Nothing says what {overlay.base.ats.name} answers: there is no {samples}.",
            hint="Give the answers with --answers FILE: answers: {OPERATION: {status: 200, json: …}}",
        )
    return str(samples), answers_about(connection.manifest, load_answers(samples), _ids(connection, given))


def _ids(connection: Connection, given: Mapping[str, Json]) -> Ids:
    """The ids that the event names; none where it cannot be translated, or is more than one event."""
    raw = raw_events(connection, given, 0.0)
    if len(raw) != 1:
        return Ids()
    try:
        found = translate(connection, raw[0])
    except (TranslationError, ExpressionError):
        return Ids()
    return found.ids if isinstance(found, CanonicalEvent) else Ids()


def _refusal(text: str, connection: Connection) -> tuple[str, int]:
    operation, _, status = text.partition("=")
    operations: Iterable[str] = connection.manifest.operations
    if operation not in operations and not operation.startswith(SIGN_IN):
        hint = (
            did_you_mean(operation, operations) or "without --refuse, the plan names the operations that are called"
        )
        raise InputError(f"there is no operation `{operation}`", hint=hint)
    if not status:
        return operation, 403
    if not status.isdecimal() or not 400 <= int(status) <= 599:
        raise InputError(f"`{status}` is no status that refuses", hint="one from 400 to 599, such as 403")
    return operation, int(status)
