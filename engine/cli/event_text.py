"""Events in words: the list as a table, one event's way as lines that can be read from top to bottom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.cli.output import printable
from engine.cli.tables import console, hanging, is_wider, show, table
from engine.clock import iso
from engine.model import Json
from engine.pipeline.payload import planned_of
from engine.pipeline.story import Story, body_text, event_summary
from engine.redaction import masked_headers
from engine.runtime.rebinding import remedy
from engine.store import StoredEvent

_SHORT = 8
_COLORS = {
    "delivered": "green",
    "unchanged": "green",
    "filtered": "yellow",
    "superseded": "yellow",
    "quarantined": "red",
    "dead": "red",
    "refused": "red",
    "later": "yellow",
    "held": "yellow",
}


def show_list(events: Sequence[StoredEvent], counts: Mapping[str, Mapping[str, int]]) -> None:
    """The events as a table, and below it how many there are in all."""
    out = console()
    if not events:
        out.print("No events.")
    else:
        whole = table(("received (UTC)", "id", "tenant", "event", "about", "ended", "why"), [*map(_row, events)])
        show(_narrow_list(events) if is_wider(whole) else whole)
    told = [f"{number} {name}" for name, number in sorted(counts["state"].items()) if name != "finished"]
    told += [f"{number} {name}" for name, number in sorted(counts["outcome"].items())]
    if told:
        out.print(f"In all: {', '.join(told)}.")


def show_missing(missing: int) -> None:
    """That the ledger does not balance, where it does not."""
    if missing:
        what = f"{missing} accepted and neither open nor ended" if missing > 0 else f"{-missing} never accepted"
        console().print(f"THE LEDGER DOES NOT BALANCE: {what}. docs/operations.md says what to do.", style="red")


def show_refused(refused: Mapping[str, Mapping[str, int]]) -> None:
    """What was turned away at the door and is no event: a line per tenant."""
    for tenant, reasons in sorted(refused.items()):
        told = ", ".join(f"{reason} ({number})" for reason, number in sorted(reasons.items()))
        console().print(f"Turned away at the door{f' of {tenant}' if tenant else ''}: {printable(told)}.")


def _row(event: StoredEvent) -> tuple[str | Text, ...]:
    kind = str((event.canonical or {}).get("type") or f"({event.source})")
    ended = event.outcome.kind.value if event.outcome else event.state
    why = (event.outcome.why if event.outcome else event.why) or ""
    moment = iso(event.received_at)[:19].replace("T", " ")
    return moment, event.id, event.connection, kind, event.subject or "", _colored(ended), why


def _narrow_list(events: Sequence[StoredEvent]) -> Table:
    """The same in two lines each: an id that is broken cannot be copied."""
    rows = []
    for moment, identity, tenant, kind, about, ended, why in map(_row, events):
        end = Text.assemble(ended, f" at {tenant}", f"\n{printable(str(why))}")
        rows.append((f"{moment}\n{kind}", f"{identity}\n{_short(str(about))}", end))
    made = table(("received (UTC)\nevent", "id\nabout", "ended\nwhy"), rows)
    for column in made.columns[:2]:
        column.no_wrap = True
    return made


def _short(subject: str) -> str:
    """The ids of a subject by their beginnings: 61045af4…|bc09bc0d…."""
    parts = subject.split("|")
    return "|".join(part if len(part) <= _SHORT + 4 else f"{part[:_SHORT]}…" for part in parts)


def show_story(story: Story, raw: bool) -> None:
    """One event's way: what came in, each step, the requests, the deliveries, the end."""
    out, event = console(), story.event
    facts = event_summary(event)
    out.print(Text.assemble((event.id, "bold"), f"  {facts['type'] or event.source}  at {event.connection}"))
    about = f", about {printable(event.subject)}" if event.subject else ""
    split = f", split from {event.parent_id}" if event.parent_id else ""
    out.print(f"received {facts['received_at']} by {event.source}{about}{split}")
    if raw:
        _show_received(out, event)
    _show_steps(out, story)
    _show_requests(out, story)
    _show_deliveries(out, story)
    ended = facts["outcome"] or event.state
    why = f": {printable(str(facts['why']))}" if facts["why"] else ""
    out.print(Text.assemble("\n", _colored(str(ended)), why))


def _show_received(out: Console, event: StoredEvent) -> None:
    out.print("\nAs it came")
    for name, value in masked_headers(event.headers).items():
        out.print(f"  {printable(name)}: {printable(value)}")
    out.print(f"  {printable(body_text(event))}")


def _show_steps(out: Console, story: Story) -> None:
    out.print("\nSteps")
    for step in story.steps:
        after_s = step.at - story.event.received_at
        lines = [printable(line) for line in step_lines(step.detail)]
        head = Text.assemble(f"  +{after_s:8.3f} s  ", (f"{printable(step.stage):<10} ", "bold"))
        hanging(head, lines[0] if lines else "")
        for line in lines[1:]:
            hanging(" " * len(head), line)
    if not story.steps:
        out.print("  none yet")


def step_lines(detail: Mapping[str, Json]) -> list[str]:
    """A step's detail in lines: scalars first on one, then one line for each element of its lists."""
    if "output" in detail:
        return list(_row_lines("", [detail]))
    flat = " · ".join(_phrase(name, value) for name, value in detail.items() if not _is_rows(value) and _tells(value))
    rows = [line for name, value in detail.items() if _is_rows(value) for line in _row_lines(name, value)]
    return [line for line in (flat, *rows) if line]


def _row_lines(name: str, rows: Sequence[Mapping[str, Json]]) -> Iterator[str]:
    for row in rows:
        said = dict(row)
        causes = said.pop("causes", None)
        output, place = said.pop("output", None), said.pop("place", None)
        if place and output:
            target = said.pop("target", "")
            head = f"{output} → {place} {target}".rstrip()
        else:
            head = f"{name}: {output or place or ''}".rstrip(": ")
        rest = ", ".join(_phrase(key, value) for key, value in said.items() if _tells(value))
        why = f", because {_causes(causes)}" if causes else ""
        yield f"{head}{f' ({rest})' if rest else ''}{why}"


def _causes(causes: Sequence[Mapping[str, Json]]) -> str:
    return "; ".join(f"{cause.get('place')}: {cause.get('why')}" for cause in causes)


def _phrase(name: str, value: Json) -> str:
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    if isinstance(value, float) and name.endswith("_at"):
        value = iso(value)
    if isinstance(value, bool):
        return f"{name} {'yes' if value else 'no'}"
    return f"{name.replace('_', ' ')} {value}"


def _tells(value: Json) -> bool:
    return value is not None and value != "" and value != []


def _is_rows(value: Json) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _show_requests(out: Console, story: Story) -> None:
    if not story.requests:
        return
    rows = [
        (
            f"{entry.at - story.event.received_at:+.3f} s",
            entry.operation,
            f"{entry.method} {entry.path}",
            str(entry.status or "no answer"),
            f"{entry.duration_ms:.0f} ms",
            _colored(entry.outcome),
            entry.id,
        )
        for entry in story.requests
    ]
    out.print("\nRequests")
    whole = table(("when", "operation", "request", "status", "took", "result", "audit id"), rows)
    if is_wider(whole):
        _show_narrow_requests(rows)
    else:
        show(whole)


def _show_narrow_requests(rows: Sequence[tuple[str, str, str, str, str, Text, str]]) -> None:
    """The same in two lines each, with the request below its operation."""
    widest = max(len(operation) for _, operation, *_ in rows)
    for when, operation, request, status, took, result, audit_id in rows:
        facts = f"{operation:<{widest}}  {status:<9}  {took:>8}  "
        line = Text.assemble(facts, result, " " * max(2, 9 - len(result)), audit_id)
        hanging(f"  {when:>11}  ", Text.assemble(line, "\n", (printable(request), "dim")))


def _show_deliveries(out: Console, story: Story) -> None:
    if not story.deliveries:
        return
    rows = [
        (one.place, one.operation, _colored(one.state), str(one.attempts), one.last_cause) for one in story.deliveries
    ]
    out = console()
    out.print("\nDeliveries")
    show(table(("place", "operation", "state", "attempts", "cause"), rows))
    for one in story.deliveries:
        if one.state == "held":
            output = planned_of(one.payload).writes[0].output
            out.print(printable(f"{output} is held: {remedy(one.connection, output)}"))


def _colored(word: str) -> Text:
    return Text(printable(word), style=_COLORS.get(word, ""))
