"""Replayed events in words and as JSON: what would differ, event by event, and a summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.text import Text

from engine.cli.output import counted, printable
from engine.cli.tables import console, hanging
from engine.clock import iso
from engine.model import Json, as_plain
from engine.rehearsal.replaying import Difference, Replayed


def show_replay(tenant: str, found: Sequence[Replayed]) -> None:
    """Each event that would differ or cannot be compared, and the summary."""
    for one in found:
        if one.differences or one.lacks:
            _show_event(one)
    console().print(_summary(tenant, found))


def _show_event(one: Replayed) -> None:
    moment = iso(one.received_at)[:19].replace("T", " ")
    about = f"  {printable(one.subject)}" if one.subject else ""
    console().print(Text.assemble((one.event_id, "bold"), f"  {one.type}  {moment}{about}"))
    for difference in one.differences:
        _show_difference(difference)
    for lack in one.lacks:
        hanging("  not compared: ", printable(lack))
    for note in one.notes if one.differences else ():
        hanging("  note: ", printable(note))
    console().print()


def _show_difference(difference: Difference) -> None:
    console().print(f"  {difference.what}")
    for mark, color, text in (("-", "red", difference.before), ("+", "green", difference.after)):
        for line in text.splitlines() or [""]:
            hanging(Text(f"    {mark} ", style=color), printable(line))
    for why in difference.why:
        hanging("      because ", printable(why))


def _summary(tenant: str, found: Sequence[Replayed]) -> str:
    """How many would differ and in what, how many would not, how many could not be compared."""
    differing = [one for one in found if one.differences]
    unknown = [one for one in found if one.lacks and not one.differences]
    partly = sum(bool(one.lacks) for one in differing)
    names = Counter(difference.what for one in differing for difference in one.differences)
    told = ", ".join(f"{name} {number}" for name, number in names.most_common())
    same = len(found) - len(differing) - len(unknown)
    parts = [f"{len(differing)} would differ{f' ({told})' if told else ''}", f"{same} would not"]
    if unknown:
        parts.append(f"{len(unknown)} could not be compared")
    if partly:
        parts.append(f"of those that differ, {partly} could be compared in part only")
    return f"{counted(len(found), 'event')} of {tenant}: {'; '.join(parts)}. Nothing was sent."


def replay_json(tenant: str, found: Sequence[Replayed]) -> Json:
    """The same as plain data."""
    counts = Counter("differs" if one.differences else "unknown" if one.lacks else "same" for one in found)
    return {
        "tenant": tenant,
        "events": [{**as_plain(one), "received_at": iso(one.received_at)} for one in found],
        "summary": {"events": len(found), **{name: counts[name] for name in ("differs", "same", "unknown")}},
    }
