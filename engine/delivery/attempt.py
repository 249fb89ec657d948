"""One attempt of one call: looked for where it may have arrived before, then sent; the result is a value.

The marker of a write (in a note's text, in a file's name) is what it is looked for by, so that an answer that
was lost never makes a second note (design, reliability row 12).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from connectors.calls import Caller
from connectors.messages import UploadFile
from engine.errors import Ambiguous, AnswerUnusable, CallError, CredentialRefused, Refused, Throttled, Transient
from engine.manifest.language.expressions import holds
from engine.manifest.model import FoundBy, Operation, RecipeStep
from engine.model import Json


@dataclass(frozen=True, slots=True)
class Arrived:
    """It is there. ``how`` says in one phrase how that is known; ``captured`` is what its step wanted of it."""

    how: str = "accepted"
    captured: Mapping[str, Json] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Unproven:
    """It may be there and nothing can tell: sending again could write it twice."""

    cause: str


@dataclass(frozen=True, slots=True)
class Later:
    """It is to be tried again. ``sent``: it may have arrived, look first. ``held``: our own limits held it up."""

    cause: str
    sent: bool = False
    wait_s: float | None = None
    held: bool = False


Attempted = Arrived | Unproven | Later | Refused
"""What an attempt came to; a ``Refused`` is for good."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What a write is recognised by: its marker, and its value where it carries one output only."""

    marker: str
    value: Json = None


def attempt(
    caller: Caller,
    operation: Operation,
    step: RecipeStep,
    context: Mapping[str, Json],
    *,
    file: UploadFile | None,
    sent_before: bool,
    sought: Sought,
    before_sending: Callable[[], None],
) -> Attempted:
    """Makes the attempt. ``before_sending`` is called just before a write that must not be made twice leaves."""
    if sent_before and not operation.idempotent:
        looked = look(caller, context, step.found_by, sought)
        if isinstance(looked, There):
            return Arrived("found there after a lost answer", looked.captured)
        if looked is not None:
            return looked
    if not operation.idempotent:
        before_sending()
    try:
        captured = _called(caller, operation, step, context, file)
    except Refused as refusal:
        return Arrived("already there") if refusal.kind == "conflict" else refusal
    except CallError as error:
        return later(error)
    except AnswerUnusable as error:
        return Later(error.message, sent=not operation.idempotent)
    return Arrived(captured=captured)


def _called(
    caller: Caller, operation: Operation, step: RecipeStep, context: Mapping[str, Json], file: UploadFile | None
) -> Mapping[str, Json]:
    """What the step captures: of its answer, or of the record of a list that is meant. Raises as calls do."""
    if step.where is None:
        answer = caller.call(operation.name, context, file)
        return {name: path(answer.body) for name, path in step.capture.items()}
    for record in caller.records(operation.name, context):
        if holds(step.where({**context, "record": record})):
            return {name: path({"record": record}) for name, path in step.capture.items()}
    return dict.fromkeys(step.capture)


@dataclass(frozen=True, slots=True)
class There:
    """A record that shows the write, and what was captured of it."""

    captured: Mapping[str, Json] = field(default_factory=dict, repr=False)


def look(
    caller: Caller, context: Mapping[str, Json], found_by: FoundBy | None, sought: Sought
) -> There | Unproven | Later | None:
    """The write if it is there; a value of its own where that cannot be told (now, or ever)."""
    if found_by is None:
        return Unproven("sent without an answer, and this ATS shows no way to look")
    try:
        return find(caller, context, found_by, sought)
    except (Refused, AnswerUnusable) as error:
        cause = error.cause if isinstance(error, Refused) else error.message
        return Unproven(f"sent without an answer, and looking for it was refused: {cause}")
    except CallError as error:
        return Later(error.cause, sent=True, wait_s=_asked(error), held=held_up(error))


def find(caller: Caller, context: Mapping[str, Json], found_by: FoundBy, sought: Sought) -> There | None:
    """The record that shows a write. Raises as calls do."""
    seen = {**context, "marker": sought.marker, "value": sought.value}
    for record in caller.records(found_by.operation, context):
        if found_by.when({**seen, "record": record}):
            return There({name: path({"record": record}) for name, path in found_by.capture.items()})
    return None


def verify(caller: Caller, context: Mapping[str, Json], shown_by: FoundBy, sought: Sought) -> Attempted:
    """Whether a write that was answered well is there. Where that may not be looked at, the answer counts."""
    try:
        found = find(caller, context, shown_by, sought)
    except (Refused, AnswerUnusable) as error:
        cause = error.cause if isinstance(error, Refused) else error.message
        return Arrived(f"accepted; looking for it was refused: {cause}")
    except CallError as error:
        return later(error)
    if found is None:
        return Refused("invalid", "accepted, but not applied", operation=shown_by.operation)
    return Arrived("accepted, and seen there")


def later(error: CallError) -> Later:
    """What follows from a call that failed for now."""
    known: tuple[type[CallError], ...] = (Throttled, CredentialRefused, Transient, Ambiguous)
    assert isinstance(error, known)
    return Later(error.cause, sent=isinstance(error, Ambiguous), wait_s=_asked(error), held=held_up(error))


def held_up(error: CallError) -> bool:
    """Whether our own limits held the call up: nothing was sent, and it counts as no try."""
    return isinstance(error, Throttled) and error.stage == "before"


def _asked(error: CallError) -> float | None:
    return error.wait_s if isinstance(error, Throttled) else None
