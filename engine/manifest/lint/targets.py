"""What is due where: the canonical fields, ids and moments that expressions give, and what addresses are made of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from engine.manifest.build.node import Use
from engine.manifest.findings import did_you_mean
from engine.manifest.language.expressions import Chain, Path
from engine.manifest.language.templates import Template
from engine.manifest.lint.expressions import Followings, tell
from engine.manifest.lint.identities import Identities
from engine.manifest.lint.knowledge import Knowledge
from engine.manifest.types import TEXT, Kind, Type, describe, list_of
from engine.manifest.types.clashes import Clash, fits, is_id, misplaced
from engine.manifest.types.paths import Followed
from engine.manifest.types.scope import APPLICATION, ATTACHMENT, CANDIDATE, JOB

_OBJECTS = {"candidate": CANDIDATE, "application": APPLICATION, "job": JOB}
_APPLICATION = ("job_id", "status", "application_id")
_SCALAR: tuple[Kind, ...] = ("text", "number", "boolean")
_NAMED = re.compile(r"/([A-Za-z_-]+)/\{\{\s*([\w.]+)\s*\}\}")
_WHOLE = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
_TREES = ("json", "form", "query", "multipart", "bytes")


def check_targets(knowledge: Knowledge, followings: Followings) -> None:
    """Reports each expression whose result cannot be what is due where it stands."""
    identities = Identities(knowledge.root["ats"].value("vocabulary", {}))
    for use in knowledge.root.report.uses:
        found = followings[use.node.path]
        if isinstance(use.compiled, Path):
            clash = _of_path(use.compiled, use.node.path, found.type, identities)
        else:
            clash = _of_template(use, found, knowledge, identities)
        if clash is not None:
            tell(use.node, clash)


# ── JMESPath ─────────────────────────────────────────────────────────────────────────────────────────────────


def _of_path(path: Path, place: tuple[str | int, ...], given: Type, identities: Identities) -> Clash | None:
    known = _keys_due(place)
    if known is not None:
        return _unknown_key(path, known, given)
    due = _due(place)
    if due is None:
        return None
    if due.means.endswith(".id"):
        for chain, at in _chains(path):
            means = given.means if is_id(given) else identities.meaning(chain)
            clash = misplaced(replace(TEXT, means=means), due.means)
            if clash is not None:
                return replace(clash, at=at)
    return _unfit(due, given, str(place[-1]))


def _keys_due(place: tuple[str | int, ...]) -> tuple[str, ...] | None:
    """The keys of the object that is made here, where it is one of the engine's."""
    if place[:2] == ("objects", "resume") and place[-1] in ("pick", "attachment"):
        return tuple(ATTACHMENT.keys or ())
    return _APPLICATION if place == ("objects", "candidate", "applications") else None


def _unknown_key(path: Path, known: tuple[str, ...], given: Type) -> Clash | None:
    made = given.element if given.may_be("list") else given
    written = [name for name in made.keys or () if re.search(rf"\b{re.escape(name)}\s*:", path.text)]
    for name in written if not made.origin else ():
        if name not in known:
            found = re.search(rf"\b{re.escape(name)}\s*:", path.text)
            at = found.start() if found else 0
            return Clash("unknown-key", f"unknown key `{name}`", did_you_mean(name, known), at)
    return None


def _due(place: tuple[str | int, ...]) -> Type | None:
    """What is due at a place of the document, where something certain is."""
    last = str(place[-1])
    if len(place) == 4 and place[0] == "objects" and place[2] == "fields":
        kind = _OBJECTS.get(str(place[1]))
        return (kind.keys or {}).get(last) if kind is not None else None
    if len(place) > 1 and place[-2] == "ids":
        return replace(TEXT, means=f"{last}.id")
    if place[:2] == ("objects", "application_list") and last in ("job_id", "application_id"):
        return replace(TEXT, means=f"{last.removesuffix('_id')}.id")
    if last == "watermark":
        return replace(TEXT, means="moment")
    if (place[0] == "operations" and last == "records") or place[-2:] == ("options", "in"):
        return list_of(Type())
    return TEXT if place[0] == "operations" and last in ("key", "cursor", "next_url") else None


def _unfit(due: Type, given: Type, name: str) -> Clash | None:
    if name == "records":
        return None if fits(given, "list", "object") else _clash("a list of records", given)
    if name == "in":
        return None if fits(given, "list") else _clash("a list of options", given)
    if name == "watermark":
        known = given.present.kinds is not None and not given.is_nothing
        right = given.may_be("text") and given.means in ("moment", "")
        return _clash("a moment", given, "it is written 2026-06-08T17:20:29Z") if known and not right else None
    if due.may_be("list"):
        return None if fits(given, "list", "text") else _clash(describe(due), given)
    if fits(given, *_SCALAR):
        return None
    hint = "join('\n', …) makes text of a list, `[0]` takes one of it" if given.may_be("list") else ""
    return _clash(describe(due), given, hint.replace("\n", "\\n"))


def _clash(due: str, given: Type, hint: str = "") -> Clash:
    return Clash("wrong-kind", f"{due} is due here, and this is {describe(given)}", hint)


def _chains(path: Path) -> Iterator[tuple[Chain, int]]:
    """The plain chains of names that the expression gives, its alternatives each, and where they end."""
    waiting = [path.tree]
    while waiting:
        node = waiting.pop()
        if node["type"] == "or_expression" or (
            node["type"] == "function_expression" and node["value"] == "to_string"
        ):
            waiting += node["children"]
        elif node["type"] == "field":
            yield (node["value"],), node.get("at", 0)
        elif node["type"] == "subexpression" and all(child["type"] == "field" for child in node["children"]):
            names = tuple(child["value"] for child in node["children"])
            yield names, node["children"][0].get("at", 0)


# ── templates ────────────────────────────────────────────────────────────────────────────────────────────────


def _of_template(use: Use, found: Followed, knowledge: Knowledge, identities: Identities) -> Clash | None:
    template, place = use.compiled, use.node.path
    assert isinstance(template, Template)
    if template.kind not in ("value", "text", "note"):
        return _in_address(template, knowledge.context(use), identities)
    whole = _WHOLE.fullmatch(template.text)
    if place[0] != "operations" or whole is None or not any(tree in place for tree in _TREES):
        return None
    due = identities.meaning((str(place[-1]),)) if isinstance(place[-1], str) else ""
    given = found.type.means if is_id(found.type) else identities.meaning(tuple(whole[1].split(".")))
    clash = misplaced(replace(TEXT, means=given), due)
    return replace(clash, at=whole.start(1)) if clash is not None else None


def _in_address(template: Template, context: Type, identities: Identities) -> Clash | None:
    """An id behind a word for things of another kind: ``/candidates/{{ job.id }}``."""
    for match in _NAMED.finditer(template.text):
        kind, chain = identities.kind_of(match[1]), tuple(match[2].split("."))
        type_: Type = context
        for name in chain:
            type_ = type_.key(name)
        means = type_.means if is_id(type_) else identities.meaning(chain)
        clash = misplaced(replace(TEXT, means=means), f"{kind}.id") if kind else None
        if clash is not None:
            return replace(clash, at=match.start(2))
    return None
