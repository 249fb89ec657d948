"""A manifest file → a ``Manifest``. All mistakes are found at once and raised together as SpecError."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path as FilePath
from typing import Any

from engine.errors import SpecError
from engine.manifest.build import actions as build_actions
from engine.manifest.build import apis as build_apis
from engine.manifest.build import calls as build_calls
from engine.manifest.build import events as build_events
from engine.manifest.build import places as build_places
from engine.manifest.build import writeback as build_writeback
from engine.manifest.build.call_nodes import usual_profile
from engine.manifest.build.node import Node, Report
from engine.manifest.build.secrets import check_secrets
from engine.manifest.build.unsupported import refused, without_echoes
from engine.manifest.findings import Finding
from engine.manifest.model import Api, ApplicationList, Ats, Manifest, ObjectMap, Operation
from engine.manifest.schema.files import schema
from engine.manifest.schema.shape import check
from engine.manifest.types.scope import REQUEST, setting_type
from engine.manifest.yaml.source import Source, read
from engine.model import Json


def load(path: FilePath) -> Manifest:
    """The manifest at ``path``. Raises SpecError with every mistake in it."""
    return manifest_in(read(path))


def manifest_in(source: Source) -> Manifest:
    """The manifest in ``source``. Raises SpecError with every mistake in it."""
    manifest, findings = examine(source)
    if manifest is None or any(finding.severity == "error" for finding in findings):
        raise SpecError([finding for finding in findings if finding.severity == "error"])
    return manifest


def examine(source: Source) -> tuple[Manifest | None, list[Finding]]:
    """The manifest in ``source`` (None when its form is wrong) and all findings, warnings too, sorted."""
    manifest, root = opened(source)
    return manifest, sorted(set(root.report.findings))


@lru_cache(maxsize=8)
def opened(source: Source) -> tuple[Manifest | None, Node]:
    """The manifest in ``source`` (None when its form is wrong) and its document, which holds the findings.

    A source is opened once: nobody may add to what is found here.
    """
    data, findings = check(source, schema("manifest"))
    findings = without_echoes(findings, refused(source, data))
    malformed = frozenset(finding.line for finding in findings if finding.severity == "error")
    report = Report(findings=findings, malformed=malformed)
    root = Node(source, (), data, report)
    manifest = None if malformed else build(root)
    if malformed:
        _look_around(root)
    return manifest, root


def build(root: Node) -> Manifest:
    """A manifest from a document of the right form; mistakes in its meaning go to ``root.report``."""
    made = {name: make() for name, make in _blocks(root).items()}
    made["operations"] = {name: _judged(one, made["apis"]) for name, one in made["operations"].items()}
    build_actions.check_calls(root)
    return Manifest(file=root.source.file, digest=digest(root.data), **made)


def _judged(operation: Operation, apis: Mapping[str, Api]) -> Operation:
    """``operation`` with its profile's ``success`` where it has none of its own and answers JSON."""
    profile = apis.get(operation.api)
    if profile is None or operation.binary or operation.success is not None:
        return operation
    return replace(operation, success=profile.errors.success)


def _look_around(root: Node) -> None:
    """Finds mistakes of meaning in the well-formed parts of a document that has mistakes of form elsewhere."""
    before = tuple(root.report.findings)
    try:
        blocks = _blocks(root)
    except (LookupError, TypeError, AttributeError):
        root.report.findings[:] = before
        return
    for make in blocks.values():
        with suppress(LookupError, TypeError, AttributeError, ValueError, AssertionError):
            make()


def _blocks(root: Node) -> dict[str, Callable[[], Any]]:
    """What makes each block of the manifest."""
    _collect_names(root)
    _check_id(root)
    check_secrets(root)
    build_apis.check_kept(root)
    written = {"captured": dict.fromkeys(build_places.captures(root.get("write_back")))}
    lookups = {"lookup": dict.fromkeys(root.value("lookups", {}))}
    # One for all operations, so that lint makes types of its names once.
    known = {**REQUEST, "given": _given(root), "auth": _captures(root), **written, **lookups}
    usual_api = usual_profile(root.report.names["api"])
    settings = root.report.names["setting"]
    operation = partial(build_calls.operation, usual_api=usual_api, known=known)
    return {
        "ats": lambda: _ats(root["ats"]),
        "settings": lambda: {
            name: build_calls.setting(name, node, dict.fromkeys(settings)) for name, node in root.items("settings")
        },
        "apis": lambda: {name: build_apis.api(name, node) for name, node in root.items("apis")},
        "operations": lambda: {name: operation(name, node) for name, node in root.items("operations")},
        "objects": lambda: _objects(root["objects"]),
        "resume": lambda: tuple(build_events.resume_source(node) for node in root["objects"].elements("resume")),
        "application_list": lambda: _application_list(root["objects"].get("application_list")),
        "events": lambda: build_events.events(root["events"]),
        "capabilities": lambda: {
            name: build_writeback.capability(name, node) for name, node in root.items("capabilities")
        },
        "write_back": lambda: build_writeback.write_back(root["write_back"], written),
        "actions": lambda: {name: build_writeback.action(name, node) for name, node in root.items("actions")},
        "lookups": lambda: {
            name: build_places.lookup(name, node, root["operations"]) for name, node in root.items("lookups")
        },
        "setup": lambda: tuple(build_writeback.setup_step(node) for node in root.elements("setup")),
    }


def _objects(node: Node) -> dict[str, ObjectMap]:
    kinds = ("candidate", "application", "job")
    return {name: build_events.object_map(name, node[name]) for name in kinds if name in node}


def _application_list(node: Node | None) -> ApplicationList | None:
    return build_events.application_list(node) if node else None


def digest(*documents: Json) -> str:
    """sha256 hex of the documents' content, whatever their layout."""
    return hashlib.sha256(json.dumps(documents, sort_keys=True).encode()).hexdigest()


def _collect_names(root: Node) -> None:
    names: dict[str, Mapping[str, Any]] = {
        "operation": root.value("operations", {}),
        "api": root.value("apis", {}),
        "capability": root.value("capabilities", {}),
        "setting": root.value("settings", {}),
        "note": root.value("write_back", {}).get("notes", {}),
    }
    root.report.names.update(names)
    root.report.settings = {name: setting_type(declared) for name, declared in names["setting"].items()}
    root.report.secrets = frozenset(name for name, node in root.items("settings") if node.value("type") == "secret")


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
    return {name: None for _, api in root.items("apis") for name in build_apis.captured(api)}
