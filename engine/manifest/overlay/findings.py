"""An overlay and its manifest in; what a tenant would be surprised by out: warnings, each with its place.

Without effect: the manifest says the same. Shadowed: another setting makes it moot. Stale: the manifest's value has
changed since the override was pinned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path as FilePath

from engine.manifest.build.node import Node
from engine.manifest.findings import Finding
from engine.manifest.model import Manifest, Output
from engine.manifest.overlay.changes import Change
from engine.manifest.overlay.pin import Pin, PinUnreadable, pin_file, read_pin
from engine.model import Json

STALE = "stale-override"
WITHOUT_EFFECT = "override-without-effect"

_SHOWN = 60
_REFERENCE = re.compile(r"\$\{(env|file):")


class OverlayReview:
    """One overlay that is right as it stands, looked at for what it does not do."""

    def __init__(self, root: Node, base: Manifest, effective: Manifest, changes: Sequence[Change]) -> None:
        self._root, self._base, self._effective, self._changes = root, base, effective, changes
        self._outputs = effective.write_back.outputs

    def findings(self, file: FilePath) -> tuple[Finding, ...]:
        """All of it, in the order of the file; ``file`` is the tenant's, with its pin beside it."""
        stale = [*self._stale(file)]
        places = {(finding.line, finding.column) for finding in stale}
        shadowed = [one for one in self._shadowed() if (one.line, one.column) not in places]
        places |= {(finding.line, finding.column) for finding in shadowed}
        idle = [one for one in self._without_effect() if (one.line, one.column) not in places]
        return tuple(sorted({*stale, *shadowed, *idle}))

    # ── without effect ───────────────────────────────────────────────────────────────────────────────────────

    def _without_effect(self) -> Iterator[Finding]:
        telling = {change.at for change in self._changes if change.has_effect}
        for change in self._changes:
            if change.at not in telling:
                said = f"{change.what}: the manifest says `{_short(change.before)}` already"
                yield _warning(change, WITHOUT_EFFECT, said, "leave it out: what the manifest says holds")

    # ── shadowed ─────────────────────────────────────────────────────────────────────────────────────────────

    def _shadowed(self) -> Iterator[Finding]:
        yield from self._of_outputs()
        yield from self._of_notes()
        yield from self._of_settings()
        shortlist = self._root.get("shortlist")
        if shortlist is not None and not self._reads("shortlist"):
            yield self._moot(shortlist, "shortlist", "no output that is on, and no note, reads `shortlist`")
        webhook = self._root.get("events")
        if webhook is not None and "webhook" in webhook and self._base.events.webhook is None:
            why = f"{self._base.ats.name} sends no webhooks here; events are polled"
            yield self._moot(webhook["webhook"], "events.webhook", why)

    def _of_outputs(self) -> Iterator[Finding]:
        for section in ("fields", "rungs", "texts", "when"):
            for name, node in self._root.items(section):
                output = self._outputs.get(name)
                why = None if output is None else self._why_moot(section, output)
                if why is not None:
                    yield self._moot(node, f"{section}.{name}", why)

    def _why_moot(self, section: str, output: Output) -> str | None:
        if not output.enabled:
            at = output.parts.get("enabled", output.at)
            switch = "`stage_move`" if output.name == "stage" else f"`outputs: {{{output.name}: on}}`"
            return f"the output is off ({at.file}:{at.line}); {switch} turns it on"
        if section == "when" and output.name == "stage":
            return "`stage_move.when` decides"
        if section == "fields" and not any(rung.place == "field" for rung in output.rungs):
            return f"`rungs.{output.name}` leaves the field out"
        return None

    def _of_notes(self) -> Iterator[Finding]:
        rungs = [rung for output in self._outputs.values() if output.enabled for rung in output.rungs]
        used = {rung.target for rung in rungs if rung.place == "note"}
        for name, node in self._root.items("notes"):
            if name not in used:
                yield self._moot(node, f"notes.{name}", "no output that is on has this note among its rungs")

    def _of_settings(self) -> Iterator[Finding]:
        known = self._base.settings
        values: dict[str, Json] = {name: setting.default for name, setting in known.items()}
        given = {name: node.data for name, node in self._root.items("settings")}
        values |= given
        for name, node in self._root.items("settings"):
            setting = known.get(name)
            if setting is None or setting.when is None:
                continue
            read = [chain[1] for chain in setting.when.references if chain[:1] == ("settings",) and chain[1:]]
            if any(isinstance(values.get(one), str) and _REFERENCE.search(values[one]) for one in read):
                continue
            if not setting.when({"settings": values}):
                told = ", ".join(f"{one} is {values.get(one)}" for one in read)
                yield self._moot(node, f"settings.{name}", f"it is read only when {setting.when.text} ({told})")

    def _reads(self, name: str) -> bool:
        outputs = [output for output in self._outputs.values() if output.enabled]
        chains = [chain for output in outputs for chain in output.value.references]
        chains += [chain for output in outputs if output.when for chain in output.when.references]
        notes = self._effective.write_back.notes.values()
        chains += [chain for note in notes for chain in note.text.references]
        return any(chain[0] == name for chain in chains)

    def _moot(self, node: Node, what: str, why: str) -> Finding:
        return Finding(
            *(node.at.file, node.at.line, node.at.column, "shadowed-override"),
            f"{what} changes nothing: {why}",
            "leave it out, or change what makes it moot",
            "warning",
        )

    # ── stale ────────────────────────────────────────────────────────────────────────────────────────────────

    def _stale(self, file: FilePath) -> Iterator[Finding]:
        try:
            pin = read_pin(file)
        except PinUnreadable as error:
            said = f"what {file.name} was written against cannot be told: {error}"
            hint = f"make it anew: fieldwright diff {file.stem} --pin"
            yield Finding(str(pin_file(file)), 1, 1, "unreadable-pin", said, hint, "warning")
            return
        if pin is not None:
            yield from self._against(pin, file)

    def _against(self, pin: Pin, file: FilePath) -> Iterator[Finding]:
        accept = f"look at it, then accept it: fieldwright diff {file.stem} --pin"
        at = self._root["extends"].at
        if pin.extends != self._base.ats.id:
            said = f"the overrides were pinned on `{pin.extends}`, and the file extends `{self._base.ats.id}` now"
            yield Finding(at.file, at.line, at.column, STALE, said, accept, "warning")
            return
        for change in self._changes:
            before = pin.values.get(change.what)
            if before is not None and before != change.before:
                said = (
                    f"{change.what}: the manifest said `{_short(before)}` when this was pinned and says "
                    f"`{_short(change.before)}` now; yours is `{_short(change.after)}`"
                )
                yield _warning(change, STALE, said if change.has_effect else f"{said}, the same", accept)


def _warning(change: Change, code: str, message: str, hint: str) -> Finding:
    return Finding(change.at.file, change.at.line, change.at.column, code, message, hint, "warning")


def _short(text: str) -> str:
    line = " ⏎ ".join(text.strip().splitlines())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
