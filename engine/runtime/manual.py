"""A manifest, as it is or as a tenant's file changes it, in; one Markdown page for people out. Pure.

What is read, what is written where and where else, how it is set up, and the least privileges it needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from engine.manifest.model import Manifest, Output, Setting
from engine.manifest.usage import Purpose, purposes
from engine.model import Json
from engine.runtime.doctor.diagnosis import ScopeNeed
from engine.runtime.doctor.scopes import NOT_NEEDED, least_privileges
from engine.writeback.places import place_words

_WORDS: Mapping[Purpose, str] = {
    "reading": "scoring",
    "events": "events",
    "checking": "checking the credential",
    "writing": "writing",
}


def manual(manifest: Manifest, *, tenant: str | None = None, webhook: bool = True) -> str:
    """The page. ``tenant`` names whose file the manifest has taken up; ``webhook``: events come by webhook too."""
    title = f"{manifest.ats.name} for {tenant}" if tenant else manifest.ats.name
    lines = [
        f"# {title}",
        *([f"\nThe vendor's documentation: <{manifest.ats.docs}>"] if manifest.ats.docs else []),
        *_section("What comes in", _events(manifest, webhook)),
        *_section("What is read", _calls(manifest, webhook, writes=False)),
        *_section("What is written, and where", _outputs(manifest)),
        *_section("The calls that write", _calls(manifest, webhook, writes=True)),
        *_section("What a person may have done", _actions(manifest)),
        *_section("Settings", _settings(manifest)),
        *_section("Setting it up", _setup(manifest, webhook)),
        *_section("Least privileges", _privileges(manifest, webhook)),
    ]
    return "\n".join(lines) + "\n"


def _section(title: str, lines: Iterator[str]) -> list[str]:
    found = list(lines)
    return [f"\n## {title}\n", *found] if found else []


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if rows:
        yield f"| {' | '.join(head)} |"
        yield f"|{' --- |' * len(head)}"
        yield from (f"| {' | '.join(map(_cell, row))} |" for row in rows)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _events(manifest: Manifest, webhook: bool) -> Iterator[str]:
    events = manifest.events
    rows = []
    if events.webhook is not None and webhook:
        rows += [(f"`{name}`", "webhook", f"`{rule.event.value}`") for name, rule in events.webhook.types.items()]
    if events.poll is not None:
        every = f"poll, every {_duration(events.poll.every_s)}"
        rows += [(f"`{name}`", every, f"`{one.event.value}`") for name, one in events.poll.streams.items()]
    if events.queue is not None:
        every = f"queue, every {_duration(events.queue.every_s)}"
        rows += [(f"`{name}`", every, f"`{rule.event.value}`") for name, rule in events.queue.types.items()]
    yield f"Relied on is the {events.truth}; what comes in another way is a hint.\n"
    yield from _table(("event", "by", "taken for"), rows)


def _calls(manifest: Manifest, webhook: bool, *, writes: bool) -> Iterator[str]:
    rows = []
    for name, why in purposes(manifest, webhook=webhook).items():
        operation, needed = manifest.operations[name], why - NOT_NEEDED
        if needed and operation.writes == writes:
            what_for = operation.says or f"for {', '.join(_WORDS[purpose] for purpose in sorted(needed))}"
            rows.append(
                (
                    f"`{name}`",
                    f"`{operation.request.method} {operation.request.outline}`",
                    what_for,
                    operation.verified,
                )
            )
    yield from _table(("operation", "call", "what for", "confirmed by"), rows)


def _outputs(manifest: Manifest) -> Iterator[str]:
    outputs = manifest.write_back.outputs.values()
    rows = [_output(one) for one in outputs if one.enabled]
    places = max((len(row) - 1 for row in rows), default=0)
    heads = ["output", "goes to", *["else to"] * (places - 1)]
    yield from _table(heads, [[*row, *[""] * (places + 1 - len(row))] for row in rows])
    if rows:
        yield "\nA result goes to its next place when the one before is not there, or is refused for good."
    off = [f"`{one.name}`" for one in outputs if not one.enabled]
    if off:
        yield f"Switched off: {', '.join(off)}."


def _output(output: Output) -> list[str]:
    value = output.value.render({}) if not output.value.references else None
    return [f"`{output.name}`", *(place_words(rung, value) for rung in output.rungs)]


def _actions(manifest: Manifest) -> Iterator[str]:
    rows = [(f"`{one.name}`", one.says) for one in manifest.actions.values()]
    yield from _table(("action", "does"), rows)


def _settings(manifest: Manifest) -> Iterator[str]:
    rows = [(f"`{one.name}`", one.type, _need(one), one.description) for one in manifest.settings.values()]
    yield from _table(("setting", "is a", "needed", "what it is"), rows)


def _need(setting: Setting) -> str:
    if setting.when is not None:
        return f"when `{setting.when.text}`"
    if setting.default is not None:
        return f"no: {_shown(setting.default)}"
    return "yes" if setting.required else "no"


def _shown(value: Json) -> str:
    return "true" if value is True else "false" if value is False else str(value)


def _setup(manifest: Manifest, webhook: bool) -> Iterator[str]:
    for number, step in enumerate(manifest.setup, 1):
        checked = " (`fieldwright doctor` checks it)" if step.check else ""
        yield f"{number}. **{step.title}**{checked}{f': {step.by_hand}' if step.by_hand else ''}"
    door = manifest.events.webhook
    if webhook and door is not None and door.by_hand:
        yield f"\nThe webhook: {door.by_hand}"


def _privileges(manifest: Manifest, webhook: bool) -> Iterator[str]:
    found = least_privileges(manifest, webhook=webhook)
    if not found.needed and not found.apart:
        yield "The manifest names no scopes for this ATS. The credential must be allowed to make the calls above."
        return
    yield "The credential needs these scopes, and no others:\n"
    yield from _table(("scope", "for"), _needs(found.needed))
    if found.apart:
        yield "\nOnly for outputs that are off, the end of a subscription, or what a person has done:\n"
        yield from _table(("scope", "for"), _needs(found.apart))
    used = purposes(manifest, webhook=webhook)
    silent = [name for name, why in used.items() if why - NOT_NEEDED and not manifest.operations[name].scopes]
    if silent:
        yield f"\nNo scope is named for: {', '.join(f'`{name}`' for name in silent)}."


def _needs(needs: Sequence[ScopeNeed]) -> list[tuple[str, str]]:
    return [(f"`{need.scope}`", ", ".join(f"`{name}`" for name in need.operations)) for need in needs]


def _duration(seconds: float) -> str:
    for unit, size in (("h", 3600), ("m", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"
