"""The places of write-back, their recipes, directories and lookups: checked nodes → typed objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, get_args

from engine.manifest.build.node import Node
from engine.manifest.model import Choices, Directory, FoundBy, Lookup, Place, RecipeStep
from engine.manifest.types import scope
from engine.manifest.types.scope import Scope
from engine.model import PlaceKind

PLACES: tuple[PlaceKind, ...] = get_args(PlaceKind)


def place(kind: PlaceKind, node: Node, given: Scope) -> Place:
    """How places of a ``kind`` are written; ``given`` holds what their calls see beside the usual names."""
    directory, options, verify = node.get("directory"), node.get("options"), node.get("verify")
    if "when" in node and "otherwise" not in node:
        node["when"].fail("missing-key", "say in `otherwise` why there is none where `when` does not hold")
    if kind == "stage" and directory is not None and "create" in directory:
        directory["create"].fail("not-made", "a stage is never made by the engine", "remove `create`", at_key=True)
    inside = options is not None and "in" in options
    if options is not None and inside and directory is None:
        options["in"].fail("missing-key", "the options stand in a field's record: say in `directory` what lists them")
    choices = _choices(options) if options is not None and inside else None
    return Place(
        kind=kind,
        write=_write(node, given),
        at=node.at,
        needs=tuple(need.as_reference("capability") for need in node.elements("needs")),
        directory=_directory(directory, choices) if directory else None,
        options=_directory(options) if options and not inside else None,
        id_pattern=node.pattern("id_pattern"),
        item=node.tree("item", scope.FIELD_ITEM),
        types=node.value("types", {}),
        batch=node.value("batch", 100),
        longest=node.value("longest", node.value("longest_text")),
        read=node.refer("read", "operation") or None,
        current=node.expression("current", scope.PRESENT if kind == "stage" else None),
        order=node.texts("order"),
        is_html=node.value("format") == "html",
        when=node.expression("when", scope.FILTER),
        otherwise=node.value("otherwise", ""),
        verify=_found_by(verify, given) if verify else None,
        link_lasts_s=node.seconds("link_lasts", "24h") or 86400.0,
    )


def _write(node: Node, given: Scope) -> tuple[RecipeStep, ...]:
    """The calls of a place, with its own ``found_by`` on the last."""
    if isinstance(node.value("write"), list):
        steps = [_step(element, given) for element in node.elements("write")]
    else:
        steps = [RecipeStep(node.refer("write", "operation"))]
    whole = node.get("found_by")
    if whole is not None and steps:
        if steps[-1].found_by is not None:
            whole.fail(
                "two-ways", "the last step says already how its write is found", "keep one of them", at_key=True
            )
        steps[-1] = replace(steps[-1], found_by=_found_by(whole, given))
    return tuple(steps)


def _step(node: Node, given: Scope) -> RecipeStep:
    found_by, captured = node.get("found_by"), scope.LOOKED_UP if "where" in node else None
    return RecipeStep(
        call=node.refer("call", "operation"),
        when=node.expression("when", {**scope.REQUEST, **given}),
        where=node.expression("where", {**scope.REQUEST, **given}),
        capture={name: path.as_expression(captured) for name, path in node.items("capture")},
        found_by=_found_by(found_by, given) if found_by else None,
    )


def _found_by(node: Node, given: Scope) -> FoundBy:
    return FoundBy(
        operation=node.refer("operation", "operation"),
        when=node["when"].as_expression({**scope.WRITTEN, **given}),
        capture={name: path.as_expression(scope.LOOKED_UP) for name, path in node.items("capture")},
    )


def captures(write_back: Node | None) -> Iterator[str]:
    """The names that the recipes of all places capture."""
    for _, kind in write_back.items("places") if write_back else ():
        for step in kind.elements("write"):
            yield from step.value("capture", {})


def _choices(node: Node) -> Choices:
    """Options that stand in the record of their field: nothing is called for them, nor kept beside it."""
    for key in ("cache", "create", "created_id"):
        if key in node:
            message = f"`{key}` goes with `operation`: options in the field's own record are not called for"
            node[key].fail("key-of-a-call", message, at_key=True)
    return Choices(node["in"].as_expression(), node["id"].as_expression(), node["name"].as_expression())


def _directory(node: Node, choices: Choices | None = None) -> Directory:
    if ("create" in node) != ("created_id" in node):
        node.fail("missing-key", "`create` and `created_id` stand together: the call, and the new id in its answer")
    return Directory(
        operation=node.refer("operation", "operation"),
        id=node["id"].as_expression(),
        name=node["name"].as_expression(),
        type=node.expression("type"),
        cache_s=node.seconds("cache", "1h") or 3600.0,
        create=node.refer("create", "operation") or None,
        created_id=node.expression("created_id"),
        order=node.expression("order"),
        choices=choices,
    )


def lookup(name: str, node: Node, operations: Node) -> Lookup:
    """A lookup; its own calls (of ``operations``) may not need one."""
    if ("create" in node) != ("created" in node):
        node.fail("missing-key", "`create` and `created` stand together: the call, and what its answer holds")
    for key in ("operation", "create"):
        called = operations.get(node.value(key, "")) if key in node else None
        if called is not None and _uses_lookup(called.data):
            node[key].fail(
                "lookup-in-lookup", f"`{node.value(key)}` uses a lookup itself", "give it a setting instead"
            )
    return Lookup(
        name=name,
        operation=node.refer("operation", "operation"),
        where=node["where"].as_expression(scope.LOOKED_UP),
        give=node["give"].as_expression(scope.LOOKED_UP),
        at=node.at,
        cache_s=node.seconds("cache", "24h") or 86400.0,
        create=node.refer("create", "operation") or None,
        created=node.expression("created"),
    )


def _uses_lookup(data: Any) -> bool:
    if isinstance(data, dict):
        return any(map(_uses_lookup, data.values()))
    if isinstance(data, list):
        return any(map(_uses_lookup, data))
    return isinstance(data, str) and "lookup." in data and "{{" in data
