"""A tenant's overlay: what it changes of a manifest, checked against what it may change.

``load_overlay`` reads and checks the file, ``Overlay.manifest`` is the effective manifest, ``Overlay.changes`` the
effect line by line (``fieldwright diff``). Values of secrets are never read here; ``connection`` does that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path as FilePath

from engine.errors import SpecError
from engine.manifest import scope
from engine.manifest.build import digest, load
from engine.manifest.findings import Finding, did_you_mean
from engine.manifest.model import Api, Events, Limits, Manifest, Note, Output, Rung, WriteBack
from engine.manifest.node import Node, Report
from engine.manifest.overlay_settings import check_settings
from engine.manifest.schemas import data_folder, schema
from engine.manifest.shape import check
from engine.manifest.source import read
from engine.manifest.templates import Template
from engine.model import Json

_RAISED = "a tenant may lower a limit, never raise it"
_NEVER = ("apis", "operations", "objects", "capabilities", "write_back", "actions", "setup", "ats", "manifest")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing an overlay says: what, from what to what, and where. It may say what the manifest says already."""

    what: str
    before: str
    after: str
    line: int

    @property
    def has_effect(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Overlay:
    """A checked overlay on its manifest. ``given`` are the settings as written (references, not secrets)."""

    tenant: str
    file: str
    base: Manifest
    manifest: Manifest
    given: Mapping[str, Json]
    changes: tuple[Change, ...]
    only_jobs: frozenset[str]
    webhook: bool
    stage_to: str | None
    shortlist_url: Template | None


def load_overlay(path: FilePath, mappings: FilePath | None = None) -> Overlay:
    """The overlay at ``path`` on the manifest it extends, looked for in ``mappings``. Raises SpecError."""
    source = read(path)
    data, findings = check(source, schema("tenant"))
    findings = [_forbidden(finding, source.data) for finding in findings]
    if findings:
        raise SpecError(findings)
    root = Node(source, (), data, Report())
    base = load(_manifest_file(root, mappings or data_folder("mappings")))
    root.report.settings = dict.fromkeys(base.settings)
    overlay = _Application(root, base).overlay()
    if root.report.findings:
        raise SpecError(sorted(set(root.report.findings)))
    return overlay


def _forbidden(finding: Finding, data: Json) -> Finding:
    touched = next((key for key in _NEVER if finding.code == "unknown-key" and f"`{key}`" in finding.message), None)
    if touched is None or touched not in data:
        return finding
    return replace(
        finding,
        code="not-overridable",
        message=f"a tenant may not change `{touched}`",
        hint="a tenant changes names, texts, outputs, rung order, thresholds and intervals; "
        "hosts, sign-in, signatures and limits stay the manifest's",
    )


def _manifest_file(root: Node, mappings: FilePath) -> FilePath:
    known = sorted(file.stem for file in mappings.glob("*.yaml") if not file.stem.endswith(".test"))
    name = root.value("extends")
    if name not in known:
        root["extends"].fail("unknown-manifest", f"there is no manifest `{name}`", did_you_mean(name, known))
        raise SpecError(root.report.findings)
    return mappings / f"{name}.yaml"


class _Application:
    """One overlay being applied: gathers the changes; mistakes go to the root's report."""

    def __init__(self, root: Node, base: Manifest) -> None:
        self.root, self.base = root, base
        self.changes: list[Change] = []

    def overlay(self) -> Overlay:
        root = self.root
        stage = root.get("stage_move")
        write_back = self._write_back()
        manifest = replace(
            self.base,
            digest=digest(self.base.digest, root.data),
            apis=self._apis(),
            events=self._events(),
            write_back=write_back,
        )
        check_settings(root, self.base.settings)
        self._setting_changes()
        shortlist = root.get("shortlist")
        return Overlay(
            tenant=root.value("tenant"),
            file=root.source.file,
            base=self.base,
            manifest=manifest,
            given=root.value("settings", {}),
            changes=tuple(sorted(set(self.changes), key=lambda change: (change.line, change.what))),
            only_jobs=frozenset(root.value("jobs", {}).get("only", ())),
            webhook=root.value("events", {}).get("webhook", "on") == "on",
            stage_to=stage.value("to") if stage else None,
            shortlist_url=shortlist.template("url", "text", scope.OBJECTS) if shortlist else None,
        )

    def change(self, node: Node, what: str, before: object, after: object) -> None:
        self.changes.append(Change(what, str(before), str(after), node.at.line))

    def _setting_changes(self) -> None:
        for name, node in self.root.items("settings"):
            setting = self.base.settings.get(name)
            before = None if setting is None else setting.default
            self.change(node, f"settings.{name}", "(unset)" if before is None else _word(before), _word(node.data))
        if jobs := self.root.get("jobs"):
            self.change(jobs, "jobs", "all", f"only {', '.join(jobs.value('only'))}")

    # ── write-back ───────────────────────────────────────────────────────────────────────────────────────────

    def _write_back(self) -> WriteBack:
        base = self.base.write_back
        outputs = dict(base.outputs)
        for section, apply in (
            ("fields", self._field),
            ("rungs", self._rungs),
            ("texts", self._text),
            ("when", self._when),
            ("outputs", self._switch),
        ):
            for name, node in self.root.items(section):
                if output := self._known(node, outputs, name):
                    outputs[name] = apply(node, output)
        self._stage(outputs)
        return replace(base, outputs=outputs, notes=self._notes())

    def _known(self, node: Node, outputs: Mapping[str, Output], name: str) -> Output | None:
        if name not in outputs:
            node.fail("unknown-output", f"{self.base.ats.name} has no output `{name}`", did_you_mean(name, outputs))
        return outputs.get(name)

    def _field(self, node: Node, output: Output) -> Output:
        if not any(rung.place == "field" for rung in output.rungs):
            node.fail("no-field", f"`{output.name}` does not go to a field here", "see its rungs in the manifest")
        rungs = tuple(
            replace(rung, target=node.data, at=node.at) if rung.place == "field" else rung for rung in output.rungs
        )
        before = next((rung.target for rung in output.rungs if rung.place == "field"), "")
        self.change(node, f"outputs.{output.name}: field", before, node.data)
        return replace(output, rungs=rungs)

    def _rungs(self, node: Node, output: Output) -> Output:
        by_kind = {rung.place: rung for rung in output.rungs}
        for index, kind in enumerate(node.data):
            if kind not in by_kind:
                known = ", ".join(by_kind)
                node[index].fail("unknown-rung", f"`{output.name}` cannot go to a {kind} here", f"one of: {known}")
        rungs: tuple[Rung, ...] = tuple(by_kind[kind] for kind in node.data if kind in by_kind)
        self.change(node, f"outputs.{output.name}: rungs", _kinds(output.rungs), _kinds(rungs))
        return replace(output, rungs=rungs)

    def _text(self, node: Node, output: Output) -> Output:
        value = node.as_tree(scope.VALUE)
        self.change(node, f"outputs.{output.name}: text", "(the manifest's)", node.data)
        return replace(output, value=value, at=node.at)

    def _when(self, node: Node, output: Output) -> Output:
        condition = node.as_expression(scope.VALUE)
        before = output.when.text if output.when else "always"
        self.change(node, f"outputs.{output.name}: when", before, condition.text)
        return replace(output, when=condition)

    def _switch(self, node: Node, output: Output) -> Output:
        if output.name == "stage":
            node.fail("not-overridable", "the stage is moved by `stage_move` only", "write `stage_move: {to, when}`")
        enabled = node.data == "on"
        self.change(node, f"outputs.{output.name}", "on" if output.enabled else "off", node.data)
        return replace(output, enabled=enabled)

    def _stage(self, outputs: dict[str, Output]) -> None:
        node = self.root.get("stage_move")
        if node is None:
            return
        place = self.base.write_back.places.get("stage")
        if place is None or "stage" not in outputs:
            node.fail("no-stage", f"{self.base.ats.name} has no stage moves")
            return
        to = node["to"]
        if place.order and to.data not in place.order:
            to.fail(
                "unknown-stage", f"`{to.data}` is not a stage one may move to", did_you_mean(to.data, place.order)
            )
        condition = node["when"].as_expression(scope.VALUE)
        self.change(node, "stage_move", "off", f"to {to.data} when {condition.text}")
        outputs["stage"] = replace(outputs["stage"], enabled=True, when=condition)

    def _notes(self) -> Mapping[str, Note]:
        notes = dict(self.base.write_back.notes)
        for name, node in self.root.items("notes"):
            if name not in notes:
                node.fail("unknown-note", f"there is no note `{name}`", did_you_mean(name, notes))
                continue
            text = node.as_template("note", scope.NOTE)
            notes[name] = replace(notes[name], text=text, at=node.at)
            self.change(node, f"notes.{name}", self.base.write_back.notes[name].text.text, text.text)
        return notes

    # ── events, limits ───────────────────────────────────────────────────────────────────────────────────────

    def _events(self) -> Events:
        base, node = self.base.events, self.root.get("events")
        if node is None:
            return base
        coalesce = node.seconds("coalesce")
        if coalesce is not None:
            self.change(node["coalesce"], "events.coalesce", f"{base.coalesce_s:g} s", f"{coalesce:g} s")
            base = replace(base, coalesce_s=coalesce)
        if "webhook" in node:
            self.change(node["webhook"], "events.webhook", "on", node.value("webhook"))
        return self._polled(base, node)

    def _polled(self, base: Events, node: Node) -> Events:
        poll = node.get("poll")
        if poll is None:
            return base
        if base.poll is None:
            poll.fail("no-poll", f"{self.base.ats.name} is not polled")
            return base
        polled = base.poll
        every, full = poll.seconds("every"), poll.seconds("full_pass")
        if every is not None:
            self.change(poll["every"], "events.poll.every", f"{polled.every_s:g} s", f"{every:g} s")
            polled = replace(polled, every_s=every)
        if full is not None:
            before = "never" if polled.full_pass_s is None else f"{polled.full_pass_s:g} s"
            self.change(poll["full_pass"], "events.poll.full_pass", before, f"{full:g} s")
            polled = replace(polled, full_pass_s=full)
        return replace(base, poll=polled)

    def _apis(self) -> Mapping[str, Api]:
        node = self.root.get("limits")
        if node is None:
            return self.base.apis
        return {name: replace(api, limits=self._lowered(node, api)) for name, api in self.base.apis.items()}

    def _lowered(self, node: Node, api: Api) -> Limits:
        limits = api.limits
        rate = node.rate("rate")
        if rate is not None:
            if limits.rate and rate[0] / rate[1] > limits.rate[0] / limits.rate[1]:
                node["rate"].fail("limit-raised", _RAISED, f"at most {_rate(limits.rate)} at `{api.name}`")
            self.change(node["rate"], f"limits.rate of {api.name}", _rate(limits.rate), _rate(rate))
            limits = replace(limits, rate=rate)
        if "concurrency" in node:
            given = node.value("concurrency")
            if limits.concurrency and given > limits.concurrency:
                most = f"at most {limits.concurrency} at `{api.name}`"
                node["concurrency"].fail("limit-raised", _RAISED, most)
            before = limits.concurrency or "unlimited"
            self.change(node["concurrency"], f"limits.concurrency of {api.name}", before, given)
            limits = replace(limits, concurrency=given)
        return limits


def _word(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _rate(rate: tuple[int, float] | None) -> str:
    if rate is None:
        return "unlimited"
    calls, seconds = rate
    return f"{calls}/s" if seconds == 1 else f"{calls}/{seconds:g}s"


def _kinds(rungs: tuple[Rung, ...]) -> str:
    return " → ".join(rung.place for rung in rungs)


def overlay_files(folder: FilePath) -> Iterator[FilePath]:
    """The overlay files of a folder of tenants, in order of name."""
    yield from sorted(folder.glob("*.yaml"))
