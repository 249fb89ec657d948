"""Where a manifest reads answers: its document in; each JMESPath over an answer, and what it is called with, out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from engine.manifest.build.node import Node
from engine.manifest.language.expressions import ExpressionSyntaxError, compile_path
from engine.manifest.types import ANY, Type, list_of, or_null, record
from engine.manifest.types.paths import follow

Base = Literal["answer", "record", "records", "named", "error", "choice"]
"""What an expression is called with: the whole answer, a record of it, the list of records, ``record`` and ``item``
by these names, the answer that tells of a failure, or one of the options in a field's record."""


CallPath = tuple[str | int, ...]
"""Where an operation or a step of signing in stands in the document."""

AnswerOf = Callable[[CallPath], Type | None]
"""A call → the type of its answer, None where nothing is known of it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One expression at ``node``. ``call`` is the path in the document of the operation or sign-in step it reads."""

    node: Node
    call: CallPath
    base: Base
    owner: Node


@dataclass(frozen=True, slots=True)
class _Rule:
    """``owner`` and ``keys`` are paths in which ``*`` stands for each; ``of`` is the key that names the operation.

    An empty ``of``: the owner itself is the call. One that begins with ``/`` counts from the top. ``has`` and
    ``lacks`` are keys that the owner must have, or must not.
    """

    owner: str
    of: str
    base: Base
    keys: tuple[str, ...]
    has: str = ""
    lacks: str = ""

    def holds_for(self, owner: Node) -> bool:
        return (not self.has or self.has in owner) and (not self.lacks or self.lacks not in owner)


_PAGING = ("paging.cursor", "paging.next_url", "paging.more", "paging.total", "paging.pages")
_FIELDS = "/write_back.places.field.directory.operation"
_RULES = (
    _Rule("apis.*.auth.*.steps.*", "", "answer", ("capture.*", "expires.after", "expires.at")),
    _Rule("operations.*", "", "answer", ("success", "records", "record", "must_hold.*", *_PAGING)),
    _Rule("operations.*", "", "record", ("key",)),
    _Rule("operations.*", "", "error", ("errors.code",)),
    _Rule("objects.*", "read", "record", ("fields.*", "applications", "job_id", "application_id")),
    _Rule("objects.application_list", "read", "named", ("keep",)),
    _Rule("objects.resume.*", "read", "records", ("pick",)),
    _Rule("objects.resume.*", "download", "answer", ("base64", "name")),
    _Rule("objects.resume.*", "locate", "answer", ("url",)),
    _Rule("objects.resume.*", "/objects.candidate.read", "record", ("text",)),
    _Rule("events.poll.streams.*", "operation", "record", ("each",)),
    _Rule("events.poll.streams.*", "operation", "named", ("ids.*", "version", "watermark", "data.*")),
    _Rule("events.poll.streams.*", "operation", "answer", ("sync.token",)),
    _Rule("events.queue", "read", "named", ("name", "dedupe", "types.*.ids.*", "types.*.version", "types.*.data.*")),
    _Rule("events.queue", "read", "answer", ("request_id",)),
    _Rule("events.queue.last", "operation", "answer", ("id",)),
    _Rule("events.webhook.registration", "list", "record", ("url", "id", "active", "event")),
    _Rule("events.webhook.registration", "look", "record", ("active",)),
    _Rule("events.webhook.registration", "create", "answer", ("created_id", "created_secret")),
    _Rule("events.webhook.registration", "secret", "answer", ("secret_value",)),
    _Rule("write_back.places.*.directory", "operation", "record", ("id", "name", "type", "order")),
    _Rule("write_back.places.*.directory", "create", "answer", ("created_id",)),
    _Rule("write_back.places.*.options", "operation", "record", ("id", "name")),
    _Rule("write_back.places.*.options", _FIELDS, "record", ("in",)),
    _Rule("write_back.places.*.options", _FIELDS, "choice", ("id", "name"), has="in"),
    _Rule("write_back.places.*.options", "create", "answer", ("created_id",)),
    _Rule("write_back.places.*.found_by", "operation", "named", ("when",)),
    _Rule("write_back.places.*.found_by", "operation", "named", ("capture.*",)),
    _Rule("write_back.places.*.write.*.found_by", "operation", "named", ("when", "capture.*")),
    _Rule("write_back.places.*.verify", "operation", "named", ("when",)),
    _Rule("write_back.places.*", "read", "record", ("current",)),
    _Rule("write_back.places.*.write.*", "call", "answer", ("capture.*",), lacks="where"),
    _Rule("write_back.places.*.write.*", "call", "named", ("where", "capture.*"), has="where"),
    _Rule("lookups.*", "operation", "named", ("where", "give")),
    _Rule("lookups.*", "create", "answer", ("created",)),
)


def readings(root: Node) -> Iterator[Reading]:
    """Every expression of the document at ``root`` that is called with an answer."""
    for rule in _RULES:
        for owner in _below(root, rule.owner.split(".")):
            call = _call(root, owner, rule)
            for key in rule.keys if call and rule.holds_for(owner) else ():
                for node in _below(owner, key.split(".")):
                    if isinstance(node.data, str):
                        yield Reading(node, call, rule.base, owner)


def _call(root: Node, owner: Node, rule: _Rule) -> CallPath:
    if not rule.of:
        return owner.path
    found = next(_below(root if rule.of[0] == "/" else owner, rule.of.strip("/").split(".")), None)
    if found is None or not isinstance(found.data, str):
        return ()
    # The records of a list of ids are those that another call gives for each.
    fetched = _below(root, ["operations", found.data, "fetch", "operation"]) if rule.base != "answer" else iter(())
    return ("operations", str(next(fetched, found).data))


def _below(node: Node, path: list[str]) -> Iterator[Node]:
    if not path:
        yield node
        return
    key, *rest = path
    if key == "*" and isinstance(node.data, (dict, list)):
        for name in node.data if isinstance(node.data, dict) else range(len(node.data)):
            yield from _below(node[name], rest)
    elif key in node:
        yield from _below(node[key], rest)


def given_to(root: Node, reading: Reading, answer_of: AnswerOf) -> Type:
    """The type of what the expression is called with."""
    answer = answer_of(reading.call) or ANY
    if reading.base in ("answer", "error"):
        return answer
    each = record_of(root, reading.call, answer)
    if reading.base == "records":
        return list_of(each)
    if reading.base == "named":
        return record({"record": each, "item": _item(reading.owner, each)}, open=True)
    if reading.base == "choice":
        return _followed(reading.owner.value("in"), each).element.present
    return _with_added(root, reading.owner, each, answer_of)


def record_of(root: Node, call: CallPath, answer: Type) -> Type:
    """The type of one record of an answer; of a list, of its items."""
    operation = root
    for key in call:
        if isinstance(key, str) and key not in operation:
            return ANY
        operation = operation[key]
    if operation.is_malformed or ("paging" in operation and "records" not in operation):
        return ANY
    expression = operation.value("records") or operation.value("record")
    given = _followed(expression, answer) if expression else answer
    return given.element.present if "records" in operation and given.may_be("list") and given.kinds else given


def _followed(expression: str, data: Type) -> Type:
    try:
        return follow(compile_path(expression), data).type
    except ExpressionSyntaxError:
        return ANY


def _item(owner: Node, each: Type) -> Type:
    items = owner.value("each")
    return _followed(items, each).element.present if items else ANY


def _with_added(root: Node, owner: Node, each: Type, answer_of: AnswerOf) -> Type:
    """The record with what the further reads of an object put into it under their names."""
    if each.keys is None or "add" not in owner:
        return each
    added = {}
    for name, node in owner.items("add"):
        call: CallPath = ("operations", node.value("read"))
        added[name] = or_null(record_of(root, call, answer_of(call) or ANY))
    return replace(each, keys={**each.keys, **added})
