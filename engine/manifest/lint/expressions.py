"""Follows every expression of a manifest by what is known where it stands, and tells what cannot be right."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from engine.manifest.build.node import Node, Use
from engine.manifest.findings import did_you_mean, nearest
from engine.manifest.language.expressions import Path
from engine.manifest.lint.knowledge import Knowledge
from engine.manifest.types import Kind, Type, describe
from engine.manifest.types.clashes import Clash
from engine.manifest.types.paths import Absent, Followed, follow
from engine.manifest.types.scope import as_type
from engine.manifest.types.templates import follow_template

Followings = Mapping[tuple[str | int, ...], Followed]
"""What each expression gives, by its place in the document."""

_SHOWN = 12
_ALMOST = 0.75


def follow_all(knowledge: Knowledge) -> Followings:
    """What every expression gives. What is wrong inside one is reported, once for each place."""
    followings: dict[tuple[str | int, ...], Followed] = {}
    for use in knowledge.root.report.uses:
        context = knowledge.context(use)
        found = _followed(use, context)
        followings[use.node.path] = found
        told = _told_places(use.node)
        for absent in found.absent:
            _tell_absent(use, absent, told, _may_be_absent(knowledge.root, use.node, absent))
        for clash in found.clashes:
            tell(use.node, clash, told)
    return followings


def follow_overlay(root: Node) -> None:
    """Follows the expressions of a tenant's file, which read nothing but what the engine itself gives them."""
    settings = as_type(root.report.settings)
    for use in root.report.uses:
        found = _followed(use, as_type({**(use.scope or {}), "settings": settings}))
        told = _told_places(use.node)
        for absent in found.absent:
            _tell_absent(use, absent, told, may_be_absent=False)
        for clash in found.clashes:
            tell(use.node, clash, told)


def _followed(use: Use, context: Type) -> Followed:
    compiled = use.compiled
    return follow(compiled, context) if isinstance(compiled, Path) else follow_template(compiled, context)


def tell(node: Node, clash: Clash, told: set[tuple[int, int]] | None = None) -> None:
    """Reports the clash, unless something is told at its place already."""
    told = _told_places(node) if told is None else told
    place = node.position(clash.at)
    if place not in told:
        told.add(place)
        node.fail(clash.code, clash.message, clash.hint, offset=clash.at)


def _told_places(node: Node) -> set[tuple[int, int]]:
    return {(finding.line, finding.column) for finding in node.report.findings}


def _tell_absent(use: Use, absent: Absent, told: set[tuple[int, int]], may_be_absent: bool) -> None:
    node, name = use.node, ".".join(absent.chain)
    if node.position(absent.at) in told:
        return
    if not absent.origin and not absent.instead:
        # Where the manifest's own check tells of it: at the first of its names.
        at = use.compiled.offset_of(absent.chain) if isinstance(use.compiled, Path) else absent.at
        if node.position(at) not in told:
            told.add(node.position(at))
            node.fail("unknown-name", f"`{name}` is not known here", _instead(absent), offset=at)
    elif absent.optional or may_be_absent:
        _tell_misspelt(use, absent)
    else:
        told.add(node.position(absent.at))
        where = absent.origin or "what stands here"
        is_text = isinstance(use.compiled, Path) and _is_compared(use.compiled, absent)
        hint = f"a text stands between single quotes: '{absent.chain[-1]}'" if is_text else _instead(absent)
        node.fail("never-matched", f"`{name}` is never there in {where}{_found(absent)}", hint, offset=absent.at)


def _is_compared(path: Path, absent: Absent) -> bool:
    """Whether the name stands where a text is likely meant: bare, behind a comparison, and near to no other name."""
    waiting = [path.tree]
    while waiting:
        node = waiting.pop()
        right = node["children"][1] if node["type"] == "comparator" else None
        if right is not None and right["type"] == "field" and right.get("at") == absent.at:
            return nearest(absent.chain[-1], absent.known) is None
        waiting.extend(child for child in node.get("children", ()) if isinstance(child, dict))
    return False


def _tell_misspelt(use: Use, absent: Absent) -> None:
    """A name that need not be there, but is almost one that is there and that is not read."""
    text = use.compiled.text
    near = difflib.get_close_matches(absent.chain[-1], absent.known, n=1, cutoff=_ALMOST)
    if near and near[0] not in text.replace(absent.chain[-1], ""):
        message = f"`{'.'.join(absent.chain)}` is never there in {absent.origin or 'what stands here'}"
        use.node.warn("likely-misspelt", message, _instead(absent), offset=absent.at)


def _may_be_absent(root: Node, node: Node, absent: Absent) -> bool:
    """Whether what ``node`` reads may be left out: an error's code, the key of a field that may be empty."""
    path = node.path
    if path[-2:] == ("errors", "code"):
        return True
    if len(path) != 4 or path[0] != "objects" or path[2] != "fields" or absent.chain[1:]:
        return False
    return path[3] in root["objects"][path[1]].value("may_be_empty", ())


def _found(absent: Absent) -> str:
    if not absent.instead:
        return ""
    kinds: frozenset[Kind] = absent.instead
    above = f"`{'.'.join(absent.chain[:-1])}`" if absent.chain[:-1] else "what it is read from"
    return f": {above} is {describe(Type(kinds))}"


def _instead(absent: Absent) -> str:
    *above, name = absent.chain
    if "list" in absent.instead:
        return "`[0]` takes one of a list, `[]` all of them"
    near = nearest(name, absent.known)
    if near is not None:
        return f"did you mean `{'.'.join((*above, near))}`?"
    if not absent.origin:
        return did_you_mean(name, absent.known)
    return f"there are: {', '.join(sorted(absent.known)[:_SHOWN])}{', …' if len(absent.known) > _SHOWN else ''}"
