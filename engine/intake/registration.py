"""The webhook subscription of a connection, kept alive by operations of its manifest.

In: what the ATS lists, and what the store remembers ({id, url, secret}). Out: a RegistrationReport for people;
nothing here raises for what the ATS answers. Our subscription is known by its address: one of ours with another
address is left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from connectors.calls import Caller
from engine.clock import Clock
from engine.errors import AnswerUnusable, CallError, CredentialRefused, ExpressionError, Refused, Transient
from engine.intake.subscriptions import STATE
from engine.manifest.connection import Connection
from engine.manifest.expressions import Path
from engine.manifest.model import Registration
from engine.model import Json
from engine.redaction import MASK
from engine.store import Store

State = Literal["active", "created", "reactivated", "removed", "not_declared", "failed"]


@dataclass(frozen=True, slots=True)
class RegistrationReport:
    """How the subscription stands; ``detail`` in one sentence. ``by_hand``: what a person must do, if anything."""

    state: State
    detail: str
    by_hand: str | None = None


@dataclass(frozen=True, slots=True)
class _Listed:
    """A subscription as the ATS lists it."""

    id: str
    url: str
    is_active: bool


class Registrar:
    """Creates, activates, re-activates and removes one connection's subscription.

    ``changed`` is told the connection's name when what the door must know of it changed.
    """

    def __init__(
        self,
        connection: Connection,
        caller: Caller,
        store: Store,
        clock: Clock,
        public_url: str,
        changed: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._connection, self._caller, self._store, self._clock = connection, caller, store, clock
        self._public_url, self._changed = public_url.rstrip("/"), changed
        self._door = connection.manifest.events.webhook

    def callback_url(self) -> str:
        """The address the ATS posts to; it holds the secret of an unsigned webhook."""
        return self._address(quote(self._connection.address_secret or "", safe=""))

    def shown_url(self) -> str:
        """The same, its secret masked."""
        return self._address(MASK if self._connection.address_secret else "")

    def ensure(self) -> RegistrationReport:
        """Makes the subscription be there, active, and its key known; for a tenant that wants none, be gone.

        Raises StoreUnavailable only.
        """
        declared = self._door.registration if self._door is not None else None
        if declared is None or not (self._connection.webhook or self._is_subscribed()):
            return self._not_declared()
        try:
            return self._ensured(declared) if self._connection.webhook else self._ended()
        except (CallError, AnswerUnusable, ExpressionError) as error:
            return self._failed(error)

    def remove(self) -> None:
        """Ends our subscription, if there is one. Raises CallError where the ATS does not let us."""
        declared = self._door.registration if self._door is not None else None
        if declared is not None and declared.remove is not None:
            for found in self._ours(self._listed(declared)):
                try:
                    self._caller.call(declared.remove, {"subscription": {"id": found.id}})
                except Refused as error:
                    if error.kind != "missing":
                        raise
        self._store.connections.delete(self._connection.name, STATE)
        self._changed(self._connection.name)

    def _is_subscribed(self) -> bool:
        return self._store.connections.get(self._connection.name, STATE) is not None

    def _ended(self) -> RegistrationReport:
        self.remove()
        return RegistrationReport("removed", "webhooks are off for this tenant; its subscription was ended")

    # ── keeping it alive ─────────────────────────────────────────────────────────────────────────────────────

    def _ensured(self, declared: Registration) -> RegistrationReport:
        listed = self._without_outdated(declared, self._listed(declared))
        ours = self._ours(listed)
        if not ours:
            if declared.limit is not None and len(listed) >= declared.limit:
                return self._full(declared.limit)
            id_ = self._created(declared)
            self._give_key(declared, id_)
            self._activate(declared, id_)
            return RegistrationReport("created", f"subscribed at {self.shown_url()}")
        found = ours[0]
        if declared.secret is not None and not self._knows_key(found.id):
            self._give_key(declared, found.id)
        elif declared.secret is None:
            self._remember(found.id, None)
        if found.is_active:
            return RegistrationReport("active", f"subscribed at {self.shown_url()}")
        self._activate(declared, found.id)
        return RegistrationReport("reactivated", f"the subscription at {self.shown_url()} had been turned off")

    def _without_outdated(self, declared: Registration, listed: list[_Listed]) -> list[_Listed]:
        """``listed`` without ours, where it had to be ended because the manifest has other event types now."""
        ended = {
            one.id
            for one in self._ours(listed)
            if self._asked_otherwise(one.id) and self._is_removed(declared, one.id)
        }
        return [one for one in listed if one.id not in ended]

    def _asked_otherwise(self, id_: str) -> bool:
        """Whether the subscription was made for other event types than the manifest has now: it cannot be changed."""
        known = self._store.connections.get(self._connection.name, STATE) or {}
        return known.get("id") == id_ and "events" in known and known["events"] != self._events()

    def _is_removed(self, declared: Registration, id_: str) -> bool:
        """Ends a subscription, so that a better one can be made; whether the credential may do so."""
        if declared.remove is None:
            return False
        try:
            self._caller.call(declared.remove, {"subscription": {"id": id_}})
        except Refused as error:
            return error.kind == "missing"
        return True

    def _events(self) -> list[str]:
        return list(self._door.types) if self._door is not None else []

    def _listed(self, declared: Registration) -> list[_Listed]:
        found = []
        for record in self._caller.records(declared.list, {}):
            id_, url = _text(declared.id, record), _text(declared.url, record)
            if id_ and url:
                found.append(_Listed(id_, url, bool(declared.active(record))))
        return found

    def _ours(self, listed: list[_Listed]) -> list[_Listed]:
        """Ours by the address; an active one first, then the one whose key we know."""
        url = self.callback_url()
        ours = [one for one in listed if one.url == url]
        return sorted(ours, key=lambda one: (not one.is_active, not self._knows_key(one.id)))

    def _created(self, declared: Registration) -> str:
        asked = {"url": self.callback_url(), "events": self._events()}
        answer = self._caller.call(declared.create, {"webhook": asked})
        id_ = _text(declared.created_id, answer.body)
        if not id_:
            raise AnswerUnusable(f"{declared.create}: the answer holds no id of the new subscription")
        self._remember(id_, None, self._events())
        return id_

    def _give_key(self, declared: Registration, id_: str) -> None:
        """Has a new key made: those before are told only once, and ours is lost or was never made."""
        if declared.secret is None or declared.secret_value is None:
            return
        answer = self._caller.call(declared.secret, {"subscription": {"id": id_}})
        secret = _text(declared.secret_value, answer.body)
        if not secret:
            raise AnswerUnusable(f"{declared.secret}: the answer holds no key")
        self._remember(id_, secret)

    def _activate(self, declared: Registration, id_: str) -> None:
        if declared.activate is None:
            return
        try:
            self._caller.call(declared.activate, {"subscription": {"id": id_}})
        except Refused as error:
            # It is active already: what we want.
            if error.kind != "conflict":
                raise

    def _knows_key(self, id_: str) -> bool:
        known = self._store.connections.get(self._connection.name, STATE)
        return bool(known) and known.get("id") == id_ and bool(known.get("secret"))

    def _remember(self, id_: str, secret: str | None, events: list[str] | None = None) -> None:
        """Keeps what is known of it; ``events`` are what it was made for, told where it is made."""
        known = self._store.connections.get(self._connection.name, STATE) or {}
        asked = events or (known.get("events") if known.get("id") == id_ else None)
        value: dict[str, Json] = {"id": id_, "url": self.callback_url()}
        value |= {"secret": secret} if secret else {}
        value |= {"events": asked} if asked else {}
        self._store.connections.put(self._connection.name, STATE, value)
        self._changed(self._connection.name)

    def _address(self, secret: str) -> str:
        return f"{self._public_url}/hooks/{quote(self._connection.name, safe='')}" + (f"/{secret}" if secret else "")

    # ── telling people ───────────────────────────────────────────────────────────────────────────────────────

    def _not_declared(self) -> RegistrationReport:
        ats = self._connection.manifest.ats.name
        if self._door is None or not self._connection.webhook:
            return RegistrationReport("not_declared", "webhooks are off; events are polled for")
        if self._door.url_secret is not None and not self._connection.address_secret:
            why = f"the door is shut: the setting behind `{self._door.url_secret.text}` is not set"
            return RegistrationReport("not_declared", why, self._door.by_hand)
        detail = f"{ats} has no call for this; its webhook is set up by hand, with the address {self.shown_url()}"
        return RegistrationReport("not_declared", detail, self._door.by_hand)

    def _full(self, limit: int) -> RegistrationReport:
        ats = self._connection.manifest.ats.name
        return RegistrationReport(
            "failed",
            f"{ats} allows {limit} subscriptions, and there are {limit} already, none of them at {self.shown_url()}",
            "Remove a subscription that is no longer used; the next check then makes ours.",
        )

    def _failed(self, error: CallError | AnswerUnusable | ExpressionError) -> RegistrationReport:
        ats, later = self._connection.manifest.ats.name, "it is tried again at the next check"
        if not isinstance(error, CallError):
            return RegistrationReport("failed", f"{error.message}; {later}")
        what = f"{error.operation} ({error.cause})"
        if isinstance(error, CredentialRefused):
            return RegistrationReport("failed", f"{what}: the credential is not accepted", error.hint)
        if isinstance(error, Refused):
            return RegistrationReport("failed", f"{ats} refused {what}", self._remedy(error))
        if isinstance(error, Transient) and error.status is not None and error.status < 500:
            return RegistrationReport(
                "failed",
                f"{ats} could not shake hands with {self.shown_url()} ({error.cause}); {later}",
                "Check that the address can be reached from outside, over https, and leads to this engine.",
            )
        return RegistrationReport("failed", f"{ats} cannot do it now: {what}; {later}")

    def _remedy(self, error: Refused) -> str:
        if error.kind == "invalid":
            return f"Check the public address {self.shown_url()}: most ATSs take https only, and no private address."
        operation = self._connection.manifest.operations.get(error.operation)
        scopes = ", ".join(operation.scopes) if operation is not None else ""
        allow = f"Allow the credential to manage webhooks (scopes: {scopes})" if scopes else "Allow the credential it"
        return f"{allow}, or remove a subscription that is no longer used if there are too many."


def _text(path: Path, data: Json) -> str | None:
    value = path(data)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    return str(value) or None
