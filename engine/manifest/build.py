"""A manifest file → a ``Manifest``. All mistakes are found at once and raised together as SpecError."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from engine.errors import SpecError
from engine.manifest import build_calls, build_events, build_writeback
from engine.manifest.build_secrets import check_secrets
from engine.manifest.findings import Finding
from engine.manifest.model import Ats, Manifest
from engine.manifest.node import Node, Report
from engine.manifest.schemas import schema
from engine.manifest.shape import check
from engine.manifest.source import Source, read
from engine.model import Json


def load(path: FilePath) -> Manifest:
    """The manifest at ``path``. Raises SpecError with every mistake in it."""
    manifest, findings = examine(read(path))
    if manifest is None or any(finding.severity == "error" for finding in findings):
        raise SpecError([finding for finding in findings if finding.severity == "error"])
    return manifest


def examine(source: Source) -> tuple[Manifest | None, list[Finding]]:
    """The manifest in ``source`` (None when its shape is wrong) and all findings, warnings too, sorted."""
    data, findings = check(source, schema("manifest"))
    if any(finding.severity == "error" for finding in findings):
        return None, findings
    report = Report(findings=findings)
    manifest = build(Node(source, (), data, report))
    return manifest, sorted(set(report.findings))


def build(root: Node) -> Manifest:
    """A manifest from a document of the right shape; mistakes in its meaning go to ``root.report``."""
    _collect_names(root)
    _check_id(root)
    check_secrets(root)
    given = {"given": _given(root), "auth": _captures(root)}
    only_api = next(iter(root.data["apis"])) if len(root.data["apis"]) == 1 else None
    settings = dict.fromkeys(root.value("settings", {}))
    objects = root["objects"]
    listed = objects.get("application_list")
    return Manifest(
        file=root.source.file,
        digest=digest(root.data),
        ats=_ats(root["ats"]),
        settings={name: build_calls.setting(name, node, settings) for name, node in root.items("settings")},
        apis={name: build_calls.api(name, node) for name, node in root.items("apis")},
        operations={
            name: build_calls.operation(name, node, only_api, given) for name, node in root.items("operations")
        },
        objects={
            name: build_events.object_map(name, objects[name])
            for name in ("candidate", "application", "job")
            if name in objects
        },
        resume=tuple(build_events.resume_source(node) for node in objects.elements("resume")),
        application_list=build_events.application_list(listed) if listed else None,
        events=build_events.events(root["events"]),
        capabilities={name: build_writeback.capability(name, node) for name, node in root.items("capabilities")},
        write_back=build_writeback.write_back(root["write_back"]),
        actions={name: build_writeback.action(name, node) for name, node in root.items("actions")},
        setup=tuple(build_writeback.setup_step(node) for node in root.elements("setup")),
    )


def digest(*documents: Json) -> str:
    """sha256 hex of the documents' content, whatever their layout."""
    return hashlib.sha256(json.dumps(documents, sort_keys=True).encode()).hexdigest()


def _collect_names(root: Node) -> None:
    names: dict[str, Mapping[str, Any]] = {
        "operation": root.data["operations"],
        "api": root.data["apis"],
        "capability": root.value("capabilities", {}),
        "setting": root.value("settings", {}),
        "note": root["write_back"].value("notes", {}),
    }
    root.report.names.update(names)
    root.report.settings = dict.fromkeys(names["setting"])


def _check_id(root: Node) -> None:
    expected = FilePath(root.source.file).stem
    node = root["ats"]["id"]
    if expected != node.data and not root.source.file.startswith("<"):
        node.fail("id-not-file", f"the id is `{node.data}`, but the file is `{expected}.yaml`", "make them the same")


def _ats(node: Node) -> Ats:
    return Ats(node.value("id"), node.value("name"), node.value("docs"), node.value("vocabulary", {}))


def _given(root: Node) -> dict[str, None]:
    return {name: None for _, action in root.items("actions") for name in action.value("takes", {})}


def _captures(root: Node) -> dict[str, None]:
    return {
        name: None
        for _, api in root.items("apis")
        for way in api.elements("auth")
        for step in way.elements("steps")
        for name in step.value("capture", {})
    }
