"""A tenant's lines on a manifest → a connection whose secrets are placeholders: it can sign in to nothing."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import replace

from engine.errors import SpecError
from engine.manifest.build.node import Node, Report
from engine.manifest.connection import Connection, connect
from engine.manifest.model import Manifest
from engine.manifest.overlay import Overlay, applied
from engine.manifest.overlay.settings import is_needed
from engine.manifest.schema.files import schema
from engine.manifest.schema.shape import check
from engine.manifest.yaml.reader import PathKey, Place
from engine.manifest.yaml.source import Source
from engine.model import Json

_REFERENCE = re.compile(r"\$\{(?:env|file):[^}]+\}")


def overlay_within(source: Source, base: Manifest, name: str, tenant: PathKey, settings: PathKey) -> Overlay:
    """The overlay written at ``tenant`` of ``source``, on ``base``, over the settings at ``settings``.

    A null takes a shared setting back. Secrets that are needed and not given are references to placeholders.
    Raises SpecError, with positions.
    """
    own = _at(source.data, tenant) or {}
    shared = _at(source.data, settings) or {}
    merged = {**shared, **(own.get("settings") or {})}
    given = {setting: value for setting, value in merged.items() if value is not None}
    data = {**own, "tenant": name, "extends": base.ats.id, "settings": _with_secrets(base, given)}
    part = Source(source.file, data, {**_moved(source, settings, ("settings",)), **_moved(source, tenant, ())})
    plain, findings = check(part, schema("tenant"))
    if findings:
        raise SpecError(findings)
    root = Node(part, (), plain, Report(settings=dict.fromkeys(base.settings)))
    overlay = applied(root, base)
    if root.report.findings:
        raise SpecError(sorted(set(root.report.findings)))
    return overlay


def placeholder_connection(overlay: Overlay, environment: Mapping[str, str]) -> Connection:
    """The connection of ``overlay`` with a placeholder for each secret; what secrets refer to is never read.

    Other settings may refer to ``environment``. Raises SettingMissing.
    """
    secrets = {name for name, setting in overlay.base.settings.items() if setting.type == "secret"}
    given = {
        name: f"${{env:{_variable(name)}}}" if name in secrets and _is_reference(value) else value
        for name, value in overlay.given.items()
    }
    placeholders = {_variable(name): f"placeholder-{name}" for name in secrets}
    return connect(replace(overlay, given=given), ChainMap(placeholders, dict(environment)))


def _with_secrets(base: Manifest, given: Mapping[str, Json]) -> dict[str, Json]:
    effective = {name: setting.default for name, setting in base.settings.items()} | dict(given)
    needed = {
        name: f"${{env:{_variable(name)}}}"
        for name, setting in base.settings.items()
        if setting.type == "secret" and name not in given and is_needed(setting, effective)
    }
    return {**given, **needed}


def _variable(setting: str) -> str:
    return f"PLACEHOLDER_{setting.upper()}"


def _is_reference(value: Json) -> bool:
    return isinstance(value, str) and _REFERENCE.search(value) is not None


def _at(data: Json, path: PathKey) -> Json:
    for key in path:
        data = data[int(key)] if isinstance(data, list) else (data or {}).get(key)
    return data


def _moved(source: Source, start: PathKey, to: PathKey) -> dict[PathKey, Place]:
    """The places below ``start``, as seen from ``to``."""
    if start not in source.places:
        return {}
    size = len(start)
    return {(*to, *path[size:]): place for path, place in source.places.items() if path[:size] == start}
