"""What a manifest declares and nothing refers to: operations, notes, capabilities, settings."""

from __future__ import annotations

from engine.manifest.build.node import Node
from engine.manifest.lint.expressions import Followings
from engine.manifest.lint.knowledge import Knowledge

_HINT = "leave it out, or name it where it is meant to be used"


def check_unused(knowledge: Knowledge, _: Followings) -> None:
    """Warns of each declared thing that nothing uses; once nothing is wrong: a misspelt name uses nothing either."""
    root = knowledge.root
    if any(finding.severity == "error" for finding in root.report.findings):
        return
    referred = root.report.referred
    for name, node in root.items("operations"):
        if ("operation", name) not in referred:
            node.warn("unused-operation", f"nothing calls `{name}`", _HINT)
    for name, node in root.items("capabilities"):
        if ("capability", name) not in referred:
            node.warn("unused-capability", f"nothing needs `{name}`", _HINT)
    for name, node in root["write_back"].items("notes"):
        if ("note", name) not in referred:
            node.warn("unused-note", f"no output goes to the note `{name}`", _HINT)
    read = _settings_read(root)
    for name, node in root.items("settings"):
        if name not in read and ("setting", name) not in referred:
            node.warn("unused-setting", f"nothing reads the setting `{name}`", _HINT)


def _settings_read(root: Node) -> frozenset[str]:
    chains = [chain for use in root.report.uses for chain in use.compiled.references]
    return frozenset(chain[1] for chain in chains if chain[0] == "settings" and len(chain) > 1)
