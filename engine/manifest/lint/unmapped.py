"""Canonical fields that expressions read and that the manifest's ``objects`` do not map: always null."""

from __future__ import annotations

from engine.manifest.build.node import Node, Use
from engine.manifest.language.expressions import Path
from engine.manifest.language.template_problems import offset_of
from engine.manifest.lint.expressions import Followings
from engine.manifest.lint.knowledge import Knowledge
from engine.manifest.types.scope import OBJECTS

_FILLED = frozenset({"id", "candidate_id", "job_id", "name", "text"})
"""What the engine itself fills: ids as events and addresses bring them, and what it composes of other fields."""


def check_unmapped(knowledge: Knowledge, _: Followings) -> None:
    """Warns of each field that is read and never filled, at the first place of each expression that reads it."""
    objects = knowledge.root["objects"]
    for use in knowledge.root.report.uses:
        if use.scope is None:
            continue
        fields = {chain[:2] for chain in use.compiled.references if len(chain) > 1 and use.scope.get(chain[0])}
        for kind, field in sorted(fields):
            # A scope with a kind of its own under this name holds another object.
            if use.scope.get(kind) is OBJECTS.get(kind) and _is_never_filled(objects, kind, field):
                _tell(use, objects, kind, field)


def _is_never_filled(objects: Node, kind: str, field: str) -> bool:
    mapped = objects.get(kind)
    return (
        field in OBJECTS[kind].keys
        and field not in _FILLED
        and (mapped is None or field not in (mapped.value("fields") or {}))
        and not objects.is_malformed
    )


def _tell(use: Use, objects: Node, kind: str, field: str) -> None:
    compiled, chain = use.compiled, (kind, field)
    at = compiled.offset_of(chain) if isinstance(compiled, Path) else offset_of(compiled.text, chain)
    line = f"`{field}: …` (where it stands in the ATS's record)"
    hint = f"add {line} to `objects.{kind}.fields`"
    if kind not in objects:
        hint = f"add `objects.{kind}`: the call that reads it, and in its `fields` {line}"
    what = f"`{kind}.{field}` is never filled: `objects` does not map it"
    use.node.warn("never-filled", what, hint, offset=at)
