"""How a webhook's registration stands, in words for people. In: what the manifest declares, or an error. Pure.

No message holds a secret: addresses come in as they may be shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.errors import AnswerUnusable, CallError, CredentialRefused, ExpressionError, Refused, Transient
from engine.manifest.connection import Connection

State = Literal["active", "created", "reactivated", "removed", "not_declared", "failed"]
Failure = CallError | AnswerUnusable | ExpressionError


@dataclass(frozen=True, slots=True)
class RegistrationReport:
    """How the subscription stands; ``detail`` in one sentence. ``by_hand``: what a person must do, if anything."""

    state: State
    detail: str
    by_hand: str | None = None


def stands(state: State, shown_url: str) -> RegistrationReport:
    """The report of a subscription that is as it should be (now)."""
    if state == "reactivated":
        return RegistrationReport(state, f"the subscription at {shown_url} had been turned off")
    return RegistrationReport(state, f"subscribed at {shown_url}")


def not_declared(connection: Connection, shown_url: str) -> RegistrationReport:
    """The report where there is no subscription by API."""
    ats, door = connection.manifest.ats.name, connection.manifest.events.webhook
    if door is None or not connection.webhook:
        return RegistrationReport("not_declared", "webhooks are off; events are polled for")
    if door.url_secret is not None and not connection.address_secret:
        why = f"the door is shut: the setting behind `{door.url_secret.text}` is not set"
        return RegistrationReport("not_declared", why, door.by_hand)
    if door.basic is not None and not connection.caller_credential:
        why = f"the door is shut: the setting behind `{door.basic.password.text}` is not set"
        return RegistrationReport("not_declared", why, door.by_hand)
    detail = f"{ats} has no call for this; its webhook is set up by hand, with the address {shown_url}"
    return RegistrationReport("not_declared", detail, door.by_hand)


def full(connection: Connection, limit: int, shown_url: str) -> RegistrationReport:
    """The report where the ATS allows no more subscriptions."""
    ats = connection.manifest.ats.name
    return RegistrationReport(
        "failed",
        f"{ats} allows {limit} subscriptions, and there are {limit} already, none of them at {shown_url}",
        "Remove a subscription that is no longer used; the next check then makes ours.",
    )


def failed(connection: Connection, error: Failure, shown_url: str) -> RegistrationReport:
    """The report of a call that failed."""
    ats, later = connection.manifest.ats.name, "it is tried again at the next check"
    if not isinstance(error, CallError):
        return RegistrationReport("failed", f"{error.message}; {later}")
    what = f"{error.operation} ({error.cause})"
    if isinstance(error, CredentialRefused):
        return RegistrationReport("failed", f"{what}: the credential is not accepted", error.hint)
    if isinstance(error, Refused):
        return RegistrationReport("failed", f"{ats} refused {what}", _remedy(connection, error, shown_url))
    if isinstance(error, Transient) and error.status is not None and error.status < 500:
        return RegistrationReport(
            "failed",
            f"{ats} could not shake hands with {shown_url} ({error.cause}); {later}",
            "Check that the address can be reached from outside, over https, and leads to this engine.",
        )
    return RegistrationReport("failed", f"{ats} cannot do it now: {what}; {later}")


def _remedy(connection: Connection, error: Refused, shown_url: str) -> str:
    if error.kind == "invalid":
        return f"Check the public address {shown_url}: most ATSs take https only, and no private address."
    operation = connection.manifest.operations.get(error.operation)
    scopes = ", ".join(operation.scopes) if operation is not None else ""
    allow = f"Allow the credential to manage webhooks (scopes: {scopes})" if scopes else "Allow the credential it"
    return f"{allow}, or remove a subscription that is no longer used if there are too many."
