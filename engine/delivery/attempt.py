"""One attempt of one delivery: looked for where it may have arrived before, then sent; the result is a value.

The marker of a write (in a note's text, in a file's name) is what it is looked for by, so that an answer that
was lost never makes a second note (design, reliability row 12).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from connectors.calls import Caller
from connectors.messages import UploadFile
from engine.errors import Ambiguous, AnswerUnusable, CallError, CredentialRefused, Refused, Throttled, Transient
from engine.manifest.model import FoundBy, Operation
from engine.model import Json


@dataclass(frozen=True, slots=True)
class Arrived:
    """It is there. ``how`` says in one phrase how that is known."""

    how: str = "accepted"


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


def attempt(
    caller: Caller,
    operation: Operation,
    context: Mapping[str, Json],
    *,
    file: UploadFile | None,
    sent_before: bool,
    found_by: FoundBy | None,
    marker: str,
    before_sending: Callable[[], None],
) -> Attempted:
    """Makes the attempt. ``before_sending`` is called just before a write that must not be made twice leaves."""
    if sent_before and not operation.idempotent:
        looked = look(caller, context, found_by, marker)
        if not isinstance(looked, bool):
            return looked
        if looked:
            return Arrived("found there after a lost answer")
    if not operation.idempotent:
        before_sending()
    try:
        caller.call(operation.name, context, file)
    except Refused as refusal:
        return Arrived("already there") if refusal.kind == "conflict" else refusal
    except CallError as error:
        return _later(error)
    except AnswerUnusable as error:
        return Later(error.message, sent=not operation.idempotent)
    return Arrived()


def look(
    caller: Caller, context: Mapping[str, Json], found_by: FoundBy | None, marker: str
) -> bool | Unproven | Later:
    """Whether a write with ``marker`` is there; a value of its own where that cannot be told (now, or ever)."""
    if found_by is None:
        return Unproven("sent without an answer, and this ATS shows no way to look")
    try:
        records = caller.records(found_by.operation, context)
    except (Refused, AnswerUnusable) as error:
        cause = error.cause if isinstance(error, Refused) else error.message
        return Unproven(f"sent without an answer, and looking for it was refused: {cause}")
    except CallError as error:
        return Later(error.cause, sent=True, wait_s=_asked(error), held=held_up(error))
    return any(found_by.when({"record": record, "marker": marker, "value": marker}) for record in records)


def _later(error: CallError) -> Later:
    known: tuple[type[CallError], ...] = (Throttled, CredentialRefused, Transient, Ambiguous)
    assert isinstance(error, known)
    return Later(error.cause, sent=isinstance(error, Ambiguous), wait_s=_asked(error), held=held_up(error))


def held_up(error: CallError) -> bool:
    """Whether our own limits held the call up: nothing was sent, and it counts as no try."""
    return isinstance(error, Throttled) and error.stage == "before"


def _asked(error: CallError) -> float | None:
    return error.wait_s if isinstance(error, Throttled) else None
