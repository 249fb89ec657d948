"""One overlay being applied to a manifest: each section in, the changed part of the manifest and the changes out.

What a tenant may not do goes to the report of the overlay's document.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.manifest.build.node import Node
from engine.manifest.findings import did_you_mean
from engine.manifest.language.templates import Tree
from engine.manifest.model import Api, At, Events, Limits, Manifest, Note, Output, Rung, WriteBack
from engine.manifest.types import scope
from engine.model import Json

_RAISED = "a tenant may lower a limit, never raise it"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing an overlay says: what, from what to what, and where. It may say what the manifest says already."""

    what: str
    before: str
    after: str
    at: At

    @property
    def line(self) -> int:
        return self.at.line

    @property
    def has_effect(self) -> bool:
        return self.before != self.after


class Application:
    """One overlay being applied: gathers the changes; mistakes go to the root's report."""

    def __init__(self, root: Node, base: Manifest) -> None:
        self.root, self.base = root, base
        self.changes: list[Change] = []

    def change(self, node: Node, what: str, before: object, after: object) -> None:
        self.changes.append(Change(what, str(before), str(after), node.at))

    def settings(self, given: Mapping[str, Json]) -> None:
        """Adds the changes of the settings ``given`` and of the openings that take part."""
        for name, node in self.root.items("settings"):
            setting = self.base.settings.get(name)
            before = None if setting is None else setting.default
            self.change(node, f"settings.{name}", "(unset)" if before is None else _word(before), _word(given[name]))
        if jobs := self.root.get("jobs"):
            self.change(jobs, "jobs", "all", f"only {', '.join(jobs.value('only'))}")

    # ── write-back ───────────────────────────────────────────────────────────────────────────────────────────

    def write_back(self) -> WriteBack:
        """Outputs and notes as the tenant wants them."""
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
            hint = did_you_mean(name, outputs)
            node.fail("unknown-output", f"{self.base.ats.name} has no output `{name}`", hint, at_key=True)
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
                place = f"an {kind}" if kind == "attachment" else f"a {kind}"
                node[index].fail("unknown-rung", f"`{output.name}` cannot go to {place} here", f"one of: {known}")
        rungs: tuple[Rung, ...] = tuple(by_kind[kind] for kind in node.data if kind in by_kind)
        self.change(node, f"outputs.{output.name}: rungs", _kinds(output.rungs), _kinds(rungs))
        return replace(output, rungs=rungs, parts={**output.parts, "rungs": node.at})

    def _text(self, node: Node, output: Output) -> Output:
        value = node.as_tree(scope.VALUE)
        self.change(node, f"outputs.{output.name}: text", _written(output.value), node.data)
        return replace(output, value=value, parts={**output.parts, "value": node.at})

    def _when(self, node: Node, output: Output) -> Output:
        condition = node.as_expression(scope.VALUE)
        before = output.when.text if output.when else "always"
        self.change(node, f"outputs.{output.name}: when", before, condition.text)
        return replace(output, when=condition, parts={**output.parts, "when": node.at})

    def _switch(self, node: Node, output: Output) -> Output:
        if output.name == "stage":
            node.fail("not-overridable", "the stage is moved by `stage_move` only", "write `stage_move: {to, when}`")
        enabled = node.data == "on"
        self.change(node, f"outputs.{output.name}", "on" if output.enabled else "off", node.data)
        return replace(output, enabled=enabled, parts={**output.parts, "enabled": node.at})

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
        stage = outputs["stage"]
        parts = {**stage.parts, "when": node["when"].at, "enabled": node.at}
        outputs["stage"] = replace(stage, enabled=True, when=condition, parts=parts)

    def _notes(self) -> Mapping[str, Note]:
        notes = dict(self.base.write_back.notes)
        for name, node in self.root.items("notes"):
            if name not in notes:
                node.fail("unknown-note", f"there is no note `{name}`", did_you_mean(name, notes), at_key=True)
                continue
            text = node.as_template("note", scope.NOTE)
            notes[name] = replace(notes[name], text=text, at=node.at)
            self.change(node, f"notes.{name}", self.base.write_back.notes[name].text.text, text.text)
        return notes

    # ── events, limits ───────────────────────────────────────────────────────────────────────────────────────

    def events(self) -> Events:
        """The events at the tenant's intervals."""
        base, node = self.base.events, self.root.get("events")
        if node is None:
            return base
        coalesce = node.seconds("coalesce")
        if coalesce is not None:
            self.change(node["coalesce"], "events.coalesce", f"{base.coalesce_s:g} s", f"{coalesce:g} s")
            base = replace(base, coalesce_s=coalesce)
        if "webhook" in node:
            has = "on" if base.webhook else "off"
            self.change(node["webhook"], "events.webhook", has, node.value("webhook"))
        return self._drained(self._polled(base, node), node)

    def _drained(self, base: Events, node: Node) -> Events:
        queue = node.get("queue")
        every = queue.seconds("every") if queue is not None else None
        if queue is None or every is None:
            return base
        if base.queue is None:
            queue.fail("no-poll", f"{self.base.ats.name} has no event queue")
            return base
        self.change(queue["every"], "events.queue.every", f"{base.queue.every_s:g} s", f"{every:g} s")
        return replace(base, queue=replace(base.queue, every_s=every))

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

    def apis(self) -> Mapping[str, Api]:
        """The API profiles with the tenant's lower limits."""
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


def _written(value: Tree) -> str:
    text = value.written
    return text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)


def _word(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_UNITS_S = ((86400.0, "d"), (3600.0, "h"), (60.0, "m"), (1.0, "s"))


def _rate(rate: tuple[int, float] | None) -> str:
    if rate is None:
        return "unlimited"
    calls, seconds = rate
    if seconds == 1:
        return f"{calls}/s"
    length, unit = next((one, unit) for one, unit in _UNITS_S if seconds % one == 0)
    return f"{calls}/{seconds / length:g}{unit}"


def _kinds(rungs: tuple[Rung, ...]) -> str:
    return " → ".join(rung.place for rung in rungs)
