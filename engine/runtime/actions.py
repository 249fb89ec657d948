"""Calls made for a person: an action of the manifest and what the person gave in; the request, then its answer out.

Nothing here runs by itself: a person names the action, sees the request and agrees (design, "No automatic
rejection, ever").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.errors import InputError
from engine.manifest.findings import did_you_mean
from engine.manifest.model import Action, Manifest
from engine.model import Json
from engine.pipeline.route import Route


@dataclass(frozen=True, slots=True)
class ActionAnswer:
    """What the ATS answered: the HTTP status and its JSON, None where there is none."""

    status: int
    body: Json = field(repr=False)


def action_of(manifest: Manifest, name: str) -> Action:
    """The action ``name``. Raises InputError with the nearest right name."""
    if name not in manifest.actions:
        hint = did_you_mean(name, manifest.actions)
        raise InputError(f"{manifest.ats.name} has no action `{name}`.", hint=hint or "its manifest declares none")
    return manifest.actions[name]


def given_of(action: Action, pairs: Sequence[str]) -> dict[str, str]:
    """``name=value`` texts as what the action takes. Raises InputError with everything that is wrong."""
    given: dict[str, str] = {}
    wrong: list[str] = []
    for pair in pairs:
        name, equals, value = pair.partition("=")
        name = name.strip()
        if not equals:
            wrong.append(f"{name[:40]!r} gives no value: write name=value")
        elif name not in action.takes:
            wrong.append(_unknown(action, name))
        elif name in given:
            wrong.append(f"`{name}` is given twice")
        elif value.strip():
            given[name] = value.strip()
    missing = [taken for taken in action.takes.values() if taken.required and taken.name not in given]
    wrong += [f"`{taken.name}` is needed: {taken.description or 'no description'}" for taken in missing]
    if wrong:
        raise InputError(f"{action.name}: " + "; ".join(wrong), hint=usage(action))
    return given


def usage(action: Action) -> str:
    """How the action's values are given, such as ``candidate_id=… [reason=…]``."""
    words = [f"{taken.name}=…" if taken.required else f"[{taken.name}=…]" for taken in action.takes.values()]
    return f"{action.name} {' '.join(words)}"


def shown_request(route: Route, action: Action, given: Mapping[str, str]) -> str:
    """The request as it would be sent, credentials masked. Nothing is sent. Raises ExpressionError."""
    prepared = route.caller.prepare(action.operation, {"given": dict(given)})
    return prepared.shown(route.connection.secrets)


def send(route: Route, action: Action, given: Mapping[str, str]) -> ActionAnswer:
    """Makes the call; the audit gets its row. Raises CallError, AnswerUnusable, ExpressionError."""
    answer = route.caller.call(action.operation, {"given": dict(given)})
    return ActionAnswer(answer.status, answer.body)


def _unknown(action: Action, name: str) -> str:
    hint = did_you_mean(name, action.takes)
    return f"there is no `{name[:40]}`" + (f" ({hint})" if hint else "")
