"""Capabilities, write-back, actions and setup: checked nodes → typed objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from engine.manifest.build.node import Node
from engine.manifest.build.places import PLACES, place
from engine.manifest.language.templates import compile_template
from engine.manifest.model import (
    Action,
    Capability,
    CheckKind,
    Note,
    Output,
    Parameter,
    Place,
    Rung,
    SetupStep,
    WriteBack,
)
from engine.manifest.types import scope
from engine.manifest.types.scope import Scope
from engine.model import PlaceKind


def capability(name: str, node: Node) -> Capability:
    if "when" in node and "otherwise" not in node:
        node["when"].fail("missing-key", "say in `otherwise` why it is off where `when` does not hold")
    return Capability(
        name=name,
        says=node.value("says"),
        at=node.at,
        when=node.expression("when", scope.ENGINE),
        otherwise=node.value("otherwise", ""),
        probe=node.refer("probe", "operation") or None,
        remember_s=node.seconds("remember", "1h") or 3600.0,
    )


def write_back(node: Node, given: Scope) -> WriteBack:
    """``given`` holds the names that all of a manifest's calls see beside the usual ones."""
    places = {kind: place(kind, node["places"][kind], given) for kind in PLACES if kind in node["places"]}
    notes = {name: note(name, text) for name, text in node.items("notes")}
    outputs = {name: _output(name, output, places) for name, output in node.items("outputs")}
    return WriteBack(places, notes, outputs)


def note(name: str, node: Node) -> Note:
    subject = node.template("subject", "text", scope.NOTE)
    return Note(name, node.template("text", "note", scope.NOTE) or compile_template("", "note"), node.at, subject)


def _output(name: str, node: Node, places: Mapping[PlaceKind, Place]) -> Output:
    return Output(
        name=name,
        value=node["value"].as_tree(scope.VALUE),
        rungs=tuple(_rung(rung, places) for rung in node.elements("rungs")),
        at=node.at,
        enabled=node.value("enabled", True),
        when=node.expression("when", scope.VALUE),
        parts={part: node[part].at for part in ("value", "when", "rungs", "enabled") if part in node},
    )


def _rung(node: Node, places: Mapping[PlaceKind, Place]) -> Rung:
    kind: PlaceKind = next((kind for kind in PLACES if kind in node), "note")
    if kind not in places:
        node.fail("unknown-place", f"`write_back.places` does not say how a {kind} is written")
    target = node.refer(kind, "note") if kind == "note" else str(node.value(kind))
    return Rung(kind, target, node.at)


def action(name: str, node: Node) -> Action:
    takes = {
        key: Parameter(key, parameter.value("required", False), parameter.value("description", ""))
        for key, parameter in node.items("takes")
    }
    return Action(name, node.value("says"), node.refer("operation", "operation"), takes, node.at)


def setup_step(node: Node) -> SetupStep:
    check = node.get("check")
    kind: CheckKind | None = next((kind for kind in get_args(CheckKind) if check and kind in check), None)
    subject = _check_subject(check, kind) if check and kind else ""
    return SetupStep(node.value("id"), node.value("title"), node.at, node.value("by_hand", ""), kind, subject)


def _check_subject(check: Node, kind: CheckKind) -> str:
    names = {"call": "operation", "capability": "capability", "test_candidate": "setting"}
    return check.refer(kind, names[kind]) if kind in names else ""
