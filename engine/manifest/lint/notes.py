"""What notes say of the outputs that go to them: one that is not told of would be lost, and nobody would see it."""

from __future__ import annotations

from collections.abc import Mapping

from engine.manifest.build.node import Node, Use
from engine.manifest.language.expressions import Chain
from engine.manifest.lint.expressions import Followings
from engine.manifest.lint.knowledge import Knowledge
from engine.manifest.yaml.reader import PathKey

_ALL: Chain = ("outputs",)


def check_notes(knowledge: Knowledge, _: Followings) -> None:
    """Warns of each output with a rung to a note whose text does not read it."""
    write_back = knowledge.root["write_back"]
    uses = {use.node.path: use for use in knowledge.root.report.uses}
    told = {name: _read_at(note, uses) for name, note in write_back.items("notes") if (*note.path, "text") in uses}
    for name, output in write_back.items("outputs"):
        value = _read_at(output, uses)
        for rung in output.elements("rungs"):
            read = told.get(str(rung.value("note")), {_ALL})
            if not _tells(read, name, value):
                what = f"the note `{rung.value('note')}` does not read `outputs.{name}`: it would be lost there"
                rung["note"].warn("output-not-in-note", what, _lines_to_add(name), offset=0)


def _lines_to_add(name: str) -> str:
    label = name.replace("_", " ").capitalize()
    told = f"{{% if outputs.{name} is defined %}}{label}: {{{{ outputs.{name} }}}}"
    return f"add to its text `{told}`, and in the line below `{{% endif %}}`"


def _read_at(node: Node, uses: Mapping[PathKey, Use]) -> set[Chain]:
    """What a note's subject and text, or an output's value, read."""
    found = [uses[path] for key in ("subject", "text", "value") if (path := (*node.path, key)) in uses]
    return {chain for use in found for chain in use.compiled.references}


def _tells(read: set[Chain], name: str, value: set[Chain]) -> bool:
    """Whether a note that reads ``read`` tells the output: by its name, or the audit id that is its value."""
    is_audit_id = value == {("score", "audit_id")}
    return (
        _ALL in read
        or any(chain[:2] == ("outputs", name) for chain in read)
        or (is_audit_id and ("audit_id",) in read)
    )
