"""Lists of a manifest: checked nodes → how their pages and their records are had."""

from __future__ import annotations

import re
from typing import get_args

from engine.manifest.build.node import Node
from engine.manifest.model import Fetch, Paging, PagingKind
from engine.model import Json

_COUNTED = {"size": ("number", "offset"), "total": ("number", "offset"), "pages": ("number",)}


def paging(node: Node, owner: Node) -> Paging:
    """How the next page of the call ``owner`` is had."""
    kind: PagingKind = next((kind for kind in get_args(PagingKind) if kind in node), "cursor")
    if "records" not in owner:
        node.fail("missing-key", "paging needs `records`: where the list of records stands")
    counted = kind in ("number", "offset")
    if counted and not re.search(rf"\bpage\.{kind}\b", str(owner.data)):
        node.fail("page-unused", f"no template of this call uses page.{kind}: every page would be the same")
    if kind == "cursor" and not re.search(r"\bpage\.cursor\b", str(owner.data)):
        node.fail("page-unused", "no template of this call uses page.cursor: every page would be the same")
    for name, kinds in _COUNTED.items():
        if name in node and kind not in kinds:
            node[name].fail("misplaced", f"`{name}` means nothing with `{kind}`", "take it out", at_key=True)
    return Paging(
        kind=kind,
        at=node.at,
        source=node.expression(kind) if kind in ("cursor", "next_url") else None,
        start=node.value(kind) if counted else 1,
        more=node.expression("more"),
        size=node.value("size"),
        total=node.expression("total"),
        pages=node.expression("pages"),
        max_pages=node.value("max_pages", 10_000),
        stop_without_new=node.value("stop_without_new", 1),
    )


def fetch(node: Node, owner: Node) -> Fetch:
    """By which call the records of the list ``owner`` are read."""
    if "records" not in owner:
        node.fail("missing-key", "fetch needs `records`: where the list of ids stands")
    name, batch = node.refer("operation", "operation"), node.value("batch", 1)
    wanted = "ids" if batch > 1 else "id"
    if not re.search(rf"(?<![\w.]){wanted}s?\b", _templates(node.report.names["operation"].get(name, wanted))):
        node["operation"].fail("ids-unused", f"no template of `{name}` uses {wanted}: every batch would be the same")
    return Fetch(name, batch)


def _templates(node: Json) -> str:
    return " ".join(re.findall(r"\{\{.*?\}\}", str(node))) if isinstance(node, dict) else str(node)
