"""A manifest's document in; how its calls are made, and which API profile each is on, out."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from engine.manifest.build.node import Node

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


def success_of(root: Node, operation: Node) -> str | None:
    """What must be true of the operation's good answers: its own ``success``, else its profile's."""
    apis, given = root.get("apis"), operation.value("success")
    profile = apis.get(str(profile_of(root, operation))) if apis else None
    errors = profile.get("errors") if profile else None
    if given is None and errors and not operation.value("binary"):
        given = errors.value("success")
    return given if isinstance(given, str) else None


def judged_by(root: Node, profile: str) -> Iterator[str]:
    """The operations whose good answers are told from failures by the ``success`` of their ``profile``."""
    for name, operation in root.items("operations"):
        if "success" not in operation and not operation.value("binary") and profile_of(root, operation) == profile:
            yield name
