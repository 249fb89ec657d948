"""A manifest and what its mapping tests came to in, what they exercise of it and what they do not out. Pure.

Of the operations those count that an event can lead to; lists of polls, subscriptions and a person's actions are not
called by a mapping test.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.errors import FieldwrightError
from engine.manifest.language.expressions import Path
from engine.manifest.model import Manifest, PollStream, WebhookDoor
from engine.manifest.usage import Purpose, purposes
from engine.model import Json
from engine.rehearsal.rehearse import Rehearsal
from engine.rehearsal.running import Result

Kind = Literal["operations", "events", "rungs", "capabilities", "fallbacks"]
KINDS: tuple[Kind, ...] = ("operations", "events", "rungs", "capabilities", "fallbacks")
_CALLED: frozenset[Purpose] = frozenset({"reading", "writing", "switched off"})


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a mapping test can exercise; ``add`` says what to write where none does."""

    kind: Kind
    name: str
    exercised: bool
    add: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """All items of one manifest."""

    items: tuple[Item, ...]

    def of(self, kind: Kind) -> tuple[Item, ...]:
        """The items of one kind."""
        return tuple(item for item in self.items if item.kind == kind)


def percent(items: Iterable[Item]) -> int:
    """How many of 100 are exercised, rounded down; 100 where there is nothing to exercise."""
    given = list(items)
    return 100 * sum(item.exercised for item in given) // len(given) if given else 100


def coverage(manifest: Manifest, results: Iterable[Result]) -> Coverage:
    """What ``results`` exercise of ``manifest``."""
    ended = [(result.case, result.rehearsal) for result in results if result.rehearsal is not None]
    runs = [run for _, run in ended]
    events = [event for case, _ in ended for event in (*case.before, case.event)]
    return Coverage(
        (
            *_operations(manifest, runs),
            *_events(manifest, events),
            *_rungs(manifest, runs),
            *_capabilities(manifest, runs),
            *_fallbacks(manifest, runs),
        )
    )


def _operations(manifest: Manifest, runs: Sequence[Rehearsal]) -> Iterator[Item]:
    called = {operation for run in runs for operation in run.called}
    for name, why in purposes(manifest).items():
        if why & _CALLED or name in called:
            yield Item("operations", name, name in called, f"a case in which `{name}` is called")


def _events(manifest: Manifest, events: Sequence[Mapping[str, Json]]) -> Iterator[Item]:
    door, poll = manifest.events.webhook, manifest.events.poll
    names = {_name(door, event) for event in events} if door is not None else set()
    for name in door.types if door is not None else ():
        yield Item("events", name, name in names, f"a case whose event is the webhook `{name}`")
    yield from _queued(manifest, events)
    fed = {str(event.get("stream")) for event in events}
    streams: Mapping[str, PollStream] = poll.streams if poll is not None else {}
    for name in streams:
        add = f"a case with `event: {{stream: {name}, records: […]}}`"
        yield Item("events", f"stream {name}", name in fed, add)


def _queued(manifest: Manifest, events: Sequence[Mapping[str, Json]]) -> Iterator[Item]:
    queue = manifest.events.queue
    if queue is None:
        return
    records = [record for event in events if event.get("queue") for record in event.get("records", ())]
    names = {_read(queue.name, {"record": record, "received": ""}) for record in records}
    for name in queue.types:
        add = f"a case with `event: {{queue: true, records: […]}}` and a record of `{name}`"
        yield Item("events", f"queue {name}", name in names, add)


def _name(door: WebhookDoor, event: Mapping[str, Json]) -> str | None:
    if "body" not in event:
        return None
    headers = {str(name).lower(): str(value) for name, value in event.get("headers", {}).items()}
    return _read(door.name, {"headers": headers, "query": event.get("query", {}), "body": event["body"]})


def _read(path: Path, data: Json) -> str | None:
    try:
        return str(path(data))
    except FieldwrightError:
        return None


def _rungs(manifest: Manifest, runs: Sequence[Rehearsal]) -> Iterator[Item]:
    reached = {(placed.output, placed.rung) for run in runs for placed in run.placed}
    for output in manifest.write_back.outputs.values():
        for number, rung in enumerate(output.rungs, 1):
            before = dict.fromkeys(earlier.place for earlier in output.rungs[: number - 1])
            add = f"a case in which `{output.name}` goes to its {rung.place}"
            if before:
                add += f" (refuse {' and '.join(_writing(manifest, place) for place in before)})"
            yield Item("rungs", f"{output.name} → {number}. {rung.place}", (output.name, number) in reached, add)


def _writing(manifest: Manifest, kind: str) -> str:
    place = next((place for name, place in manifest.write_back.places.items() if name == kind), None)
    return f"`{place.operation}`" if place is not None else kind


def _capabilities(manifest: Manifest, runs: Sequence[Rehearsal]) -> Iterator[Item]:
    missing = {name for run in runs for name in run.unavailable}
    used = {placed.where for run in runs for placed in run.placed}
    there = {need for kind, place in manifest.write_back.places.items() if kind in used for need in place.needs}
    for name, one in manifest.capabilities.items():
        by = f"answer `{one.probe}` with 403" if one.probe else "by a setting, or by a write that is refused with 403"
        yield Item("capabilities", f"{name}: there", name in there, f"a case that writes where `{name}` is needed")
        yield Item("capabilities", f"{name}: not there", name in missing, f"a case without `{name}`: {by}")


def _fallbacks(manifest: Manifest, runs: Sequence[Rehearsal]) -> Iterator[Item]:
    refused = {kind for run in runs for kind in run.refused}
    kinds = {rung.place for output in manifest.write_back.outputs.values() for rung in output.rungs}
    for kind, place in manifest.write_back.places.items():
        if kind in kinds:
            add = f"a case with `answers: {{{place.operation}: {{status: 403}}}}`"
            yield Item("fallbacks", f"{kind} refused", kind in refused, add)
