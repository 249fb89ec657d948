"""A shipped manifest with one mistake planted into it, and where the mistake must be found.

``«`` in the new text marks the place; it is taken out before the manifest is read.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import SpecError
from engine.manifest.build import examine
from engine.manifest.findings import Finding
from engine.manifest.schema.files import data_folder
from engine.manifest.yaml.source import read_text

MARK = "«"
SHIPPED = {
    name: (data_folder("mappings") / f"{name}.yaml").read_text("utf-8") for name in ("smartrecruiters", "trackerrms")
}


@dataclass(frozen=True)
class Planted:
    text: str
    place: tuple[int, int]


def planted(text: str, old: str, new: str) -> Planted:
    """``text`` with the first ``old`` made ``new``, and the marked place (line, column) in it."""
    assert old in text, f"the shipped manifest does not hold {old!r}"
    at = text.index(old) + new.index(MARK)
    changed = text.replace(old, new.replace(MARK, ""), 1)
    return Planted(changed, (changed.count("\n", 0, at) + 1, at - changed.rfind("\n", 0, at)))


def findings(text: str, name: str = "smartrecruiters") -> list[Finding]:
    """All findings of this text, as the file ``<name>.yaml``."""
    try:
        return examine(read_text(text, f"{name}.yaml"))[1]
    except SpecError as error:
        return list(error.findings)
