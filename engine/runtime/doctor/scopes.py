"""The least set of scopes a connection needs, from what is used of its manifest. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.manifest.model import Manifest
from engine.manifest.usage import Purpose, purposes
from engine.runtime.doctor.diagnosis import Privileges, ScopeNeed

NOT_NEEDED: frozenset[Purpose] = frozenset({"switched off", "unsubscribing", "action"})
"""What is not done as things are, or by a person only."""


def least_privileges(manifest: Manifest, *, webhook: bool) -> Privileges:
    """Each scope with the operations that need it, by name. ``webhook``: events come by webhook too.

    Apart are the scopes that only actions, outputs that are off and the end of a subscription would need.
    """
    used = purposes(manifest, webhook=webhook)
    needed = _scopes(manifest, (name for name, why in used.items() if why - NOT_NEEDED))
    others = _scopes(manifest, used)
    return Privileges(
        tuple(ScopeNeed(scope, found) for scope, found in needed.items()),
        tuple(ScopeNeed(scope, found) for scope, found in others.items() if scope not in needed),
    )


def _scopes(manifest: Manifest, operations: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for operation in operations:
        for scope in manifest.operations[operation].scopes:
            found.setdefault(scope, set()).add(operation)
    return {scope: tuple(sorted(found[scope])) for scope in sorted(found)}
