"""The places of each output: those that can never be reached, and results that could be lost."""

from __future__ import annotations

from engine.manifest.build.node import Node
from engine.manifest.lint.expressions import Followings
from engine.manifest.lint.knowledge import Knowledge

_BY_NAME = frozenset({"field", "slot"})
"""Places of which there are several: that one is refused says nothing of another."""
_NOT_THERE = {
    "field": "a tenant may have no such field",
    "slot": "a tenant may have no such slot",
    "tag": "tags may be refused, or not be defined",
}


def check_rungs(knowledge: Knowledge, _: Followings) -> None:
    """Warns of each rung behind one that leads to the same place, and of each last rung that may not be there."""
    root = knowledge.root
    for name, output in root["write_back"].items("outputs"):
        rungs = list(output.elements("rungs"))
        seen: dict[tuple[str, ...], int] = {}
        for number, rung in enumerate(rungs, 1):
            kind = next(iter(rung.data))
            place = (kind, str(rung.data[kind])) if kind in _BY_NAME else (kind,)
            if place in seen:
                what = f"place {seen[place]} of `{name}` is the same: where it is refused, so is this one"
                rung[kind].warn("unreachable-rung", what, "leave it out, or name another place", offset=0)
            seen.setdefault(place, number)
        if rungs:
            _check_last(root, name, rungs)


def _check_last(root: Node, name: str, rungs: list[Node]) -> None:
    last = rungs[-1]
    kind = next(iter(last.data))
    if kind in _NOT_THERE:
        what = f"{_NOT_THERE[kind]}, and behind it `{name}` has no other place: the result would be lost"
        last[kind].warn("last-rung-refusable", what, "end with a note or an attachment", offset=0)
    elif kind != "stage" and all(_without_prospects(root, next(iter(rung.data))) for rung in rungs):
        what = f"no place of `{name}` is there for a person without an application: the result would be lost"
        last[kind].warn("last-rung-refusable", what, "end with a place that a prospect has, such as a note", offset=0)


def _without_prospects(root: Node, kind: str) -> bool:
    """Whether a place needs a capability that prospects do not have."""
    if "prospect_job" not in root["events"]:
        return False
    place = root["write_back"]["places"].get(kind)
    capabilities = root.get("capabilities")
    needs = place.value("needs", ()) if place is not None else ()
    known = [capabilities.get(need) for need in needs] if capabilities is not None else []
    return any(node is not None and "".join(str(node.value("when", "")).split()) == "!prospect" for node in known)
