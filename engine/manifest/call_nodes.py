"""A manifest's document in; how its calls are made, and which API profile each is on, out."""

from __future__ import annotations

from collections.abc import Collection

from engine.manifest.node import Node

METHODS = ("get", "post", "put", "patch", "delete")


def method_of(call: Node) -> str | None:
    """The key that holds the address of an operation or a sign-in step; None where there is none."""
    return next((method for method in METHODS if method in call), None)


def usual_profile(profiles: Collection[str]) -> str | None:
    """The API profile of operations that name none: the only one, else ``main``."""
    return next(iter(profiles)) if len(profiles) == 1 else "main" if "main" in profiles else None


def profile_of(root: Node, operation: Node) -> str | None:
    """The name of the API profile that ``operation`` is called on."""
    named = operation.value("api")
    return str(named) if named else usual_profile(root.value("apis", {}))
