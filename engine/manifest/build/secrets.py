"""Secrets written as values: a manifest is shared and read by many, a secret comes from a tenant's setting.

Looks at what is composed and sent (headers, queries, bodies), by the names under which credentials go, and at
settings that sound like a secret but are not declared as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.manifest.build.node import Node

_CREDENTIAL = re.compile(r"(token|secret|password|passwd|api[-_]?key|private[-_]?key|authorization)$", re.IGNORECASE)
_SHORTEST = 8
_SENT = ("headers", "query", "json", "form", "multipart", "basic")
_SIGNED_WITH = ("sign", "jwt")


def check_secrets(root: Node) -> None:
    """Reports each value that stands where a credential goes and is no template."""
    for node in _sent(root):
        for leaf in node.leaves():
            name = next((str(key) for key in reversed(leaf.path) if isinstance(key, str)), "")
            if _CREDENTIAL.search(name) and "{{" not in leaf.data and len(leaf.data) >= _SHORTEST:
                _refuse(leaf, name)
    for node in _signed_with(root):
        if "{{" not in node.data:
            _refuse(node, "key")
    for name, setting in root.items("settings"):
        if setting.value("type") == "text" and _CREDENTIAL.search(name):
            setting["type"].warn(
                "secret-as-text", f"`{name}` sounds like a secret, but as text it may stand in a tenant's file",
                "write `type: secret`",
            )  # fmt: skip


def _refuse(leaf: Node, name: str) -> None:
    leaf.fail(
        "secret-in-file",
        f"`{name}` carries a credential: its value may not stand in the file",
        'declare a setting of `type: secret` and write "{{ settings.<its name> }}"',
    )


def _signed_with(root: Node) -> Iterator[Node]:
    """The keys with which requests and assertions are signed."""
    for _, api in root.items("apis"):
        for way in api.elements("auth"):
            for holder in (way, *way.elements("steps")):
                yield from (holder[word]["key"] for word in _SIGNED_WITH if word in holder and "key" in holder[word])


def _sent(root: Node) -> Iterator[Node]:
    calls = [operation for _, operation in root.items("operations")]
    for _, api in root.items("apis"):
        calls.append(api)
        for way in api.elements("auth"):
            calls += [way, *way.elements("steps")]
    for call in calls:
        yield from (call[key] for key in _SENT if key in call)
