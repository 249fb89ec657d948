"""Settings of a tenant: checked as written, and resolved to values when a connection is made."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path as FilePath

from engine.errors import SettingMissing
from engine.manifest.build.node import Node
from engine.manifest.durations import parse_duration
from engine.manifest.findings import did_you_mean, nearest
from engine.manifest.hosts import host_allowed
from engine.manifest.model import Setting
from engine.model import Json
from engine.redaction import Secret

_REFERENCE = re.compile(r"\$\{(env|file):([^}]+)\}")


def as_written(root: Node, known: Mapping[str, Setting]) -> dict[str, Json]:
    """The overlay's settings; a plain ``4711`` is text where the setting is text."""
    given = {}
    for name, node in root.items("settings"):
        is_text = name in known and known[name].type not in ("integer", "boolean")
        written = node.source.raw(node.path)
        given[name] = written if is_text and written and not isinstance(node.data, str) else node.data
    return given


def check_settings(root: Node, known: Mapping[str, Setting], given: Mapping[str, Json]) -> None:
    """Reports what is wrong with the settings ``given`` in the overlay ``root``, and what is missing there."""
    meant = set()
    for name, node in root.items("settings"):
        if name not in known:
            node.fail("unknown-setting", f"there is no setting `{name}`", did_you_mean(name, known), at_key=True)
            meant.add(nearest(name, known))
        else:
            _check_value(node, known[name], given[name])
    settings = root.get("settings")
    if settings is not None and settings.is_malformed:
        return
    effective = {name: setting.default for name, setting in known.items()}
    effective |= {name: value for name, value in given.items() if name in known}
    for name, setting in known.items():
        if effective[name] is None and name not in meant and is_needed(setting, effective):
            where = root.get("settings") or root
            message = f"the setting `{name}` is needed: {setting.description}".strip()
            where.fail("missing-setting", message, at_key=True)


def is_needed(setting: Setting, values: Mapping[str, Json]) -> bool:
    """Whether a value must be there, given the other settings' values."""
    return setting.required or (setting.when is not None and bool(setting.when({"settings": dict(values)})))


def _check_value(node: Node, setting: Setting, value: Json) -> None:
    if setting.type == "secret":
        if not is_reference(value):
            node.fail(
                "secret-in-file",
                f"`{setting.name}` is a secret: its value may not stand in the file",
                f"write ${{env:{setting.name.upper()}}} or ${{file:/run/secrets/{setting.name}}}",
            )
        return
    if isinstance(value, str) and _REFERENCE.search(value):
        return
    problem = value_problem(setting, value)
    if problem:
        node.fail("bad-setting", f"`{setting.name}` {problem}")


def value_problem(setting: Setting, value: Json) -> str | None:
    """Why ``value`` does not fit the setting's type, or None."""
    expected = {"integer": int, "boolean": bool}.get(setting.type, str)
    if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
        return f"must be {'text' if expected is str else 'a whole number' if expected is int else 'true or false'}"
    if setting.type == "choice" and value not in setting.of:
        return f"must be one of: {', '.join(setting.of)}"
    if setting.type == "host" and not host_allowed(str(value), setting.allow):
        return f"must be a host like: {', '.join(setting.allow) or 'example.com'}"
    if setting.type == "duration":
        try:
            parse_duration(str(value))
        except ValueError as error:
            return str(error)
    if setting.pattern and not re.fullmatch(setting.pattern, str(value)):
        return f"must match {setting.pattern}"
    return None


def resolve_settings(
    known: Mapping[str, Setting], given: Mapping[str, Json], environment: Mapping[str, str] = os.environ
) -> dict[str, Json]:
    """Every setting's value: references followed, defaults filled in; those without a value are left out.

    Raises SettingMissing naming the reference that leads nowhere, or the setting whose value does not fit.
    """
    values: dict[str, Json] = {}
    for name, setting in known.items():
        value = followed(name, given[name], environment) if name in given else setting.default
        if value is None:
            continue
        problem = value_problem(setting, value)
        if problem:
            raise SettingMissing(f"the setting `{name}` {problem}")
        values[name] = Secret(value) if setting.type == "secret" else value
    return values


def is_reference(value: Json) -> bool:
    """Whether ``value`` is one reference to a secret, and nothing else."""
    return isinstance(value, str) and bool(_REFERENCE.fullmatch(value))


def followed(name: str, value: Json, environment: Mapping[str, str]) -> Json:
    """``value`` with what its references lead to. Raises SettingMissing for one that leads nowhere."""
    if not isinstance(value, str):
        return value
    return _REFERENCE.sub(lambda match: _referenced(name, match[1], match[2], environment), value)


def _referenced(name: str, kind: str, target: str, environment: Mapping[str, str]) -> str:
    if kind == "env":
        if target not in environment:
            raise SettingMissing(
                f"the setting `{name}` refers to the environment variable {target}, which is not set",
                hint=f"export {target}=… before starting, or change the reference in the tenant's file",
            )
        return environment[target]
    try:
        return FilePath(target).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise SettingMissing(
            f"the setting `{name}` refers to the file {target}, which cannot be read",
            hint="mount the secret there, or change the reference in the tenant's file",
        ) from None
