"""The webhook subscription of a connection, kept alive by operations of its manifest.

In: what the ATS lists, or what the store remembers (``subscriptions``). Out: a RegistrationReport for people; nothing
here raises for what the ATS answers. Our subscription is known by its address in the list, or by its remembered id
where there is none: one of ours with another address is left alone. There is one for all event types, or for each.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import quote

from connectors.calls import Caller
from engine.clock import Clock
from engine.errors import AnswerUnusable, CallError, CredentialRefused, ExpressionError, Refused, Throttled
from engine.intake.existing import Existing, Found, id_text
from engine.intake.registration_words import Failure, RegistrationReport, State, failed, full, not_declared, stands
from engine.intake.subscriptions import ONLY, Kept, KeptSubscriptions
from engine.manifest.connection import Connection
from engine.manifest.language.expressions import Path
from engine.manifest.model import Registration
from engine.model import Json
from engine.redaction import MASK, Secret
from engine.store import Store

_WORST_FIRST: tuple[State, ...] = ("created", "reactivated", "active")


@dataclass(frozen=True, slots=True)
class Seen:
    """How many subscriptions are due, how many are there, how many of these are active, and others at the ATS."""

    due: int
    there: int
    active: int
    others: int | None = None


class Registrar:
    """Creates, activates, re-activates and removes one connection's subscriptions.

    ``changed`` is told the connection's name when what the door must know of them changed.
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
        self._connection, self._caller, self._clock = connection, caller, clock
        self._kept = KeptSubscriptions(store, connection.name, changed)
        self._public_url = public_url.rstrip("/")
        self._door = connection.manifest.events.webhook
        self._there = Existing(caller, self._kept, self.callback_url())

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
        if declared is None or not (self._connection.webhook or self._kept.places()):
            return not_declared(self._connection, self.shown_url())
        try:
            return self._ensured(declared) if self._connection.webhook else self._ended()
        except (CallError, AnswerUnusable, ExpressionError) as error:
            return failed(self._connection, error, self.shown_url())

    def remove(self) -> None:
        """Ends our subscriptions, if there are any. Raises CallError where the ATS does not let us."""
        declared = self._door.registration if self._door is not None else None
        if declared is not None and declared.remove is not None:
            ours = [one.id for one in self._there.ours(self._there.listed(declared))] if declared.list else []
            kept = [self._kept.get(place).id for place in self._kept.places()] if not declared.list else []
            for id_ in (*ours, *kept):
                if id_ is not None:
                    self._end(declared.remove, id_)
        self._kept.clear()

    def look(self, declared: Registration) -> Seen:
        """How things stand, without changing anything. Raises CallError, AnswerUnusable."""
        due = len(self._places(declared))
        if declared.list is None:
            found = [self._there.remembered(declared, self._kept.get(place).id) for place in self._places(declared)]
            there = [one for one in found if one is not None]
            return Seen(due, len(there), sum(one.is_active for one in there))
        listed = self._there.listed(declared)
        ours = self._there.ours(listed)
        return Seen(due, len(ours), sum(one.is_active for one in ours), len(listed) - len(ours))

    def _ended(self) -> RegistrationReport:
        self.remove()
        return RegistrationReport("removed", "webhooks are off for this tenant; its subscription was ended")

    # ── keeping them alive ───────────────────────────────────────────────────────────────────────────────────

    def _ensured(self, declared: Registration) -> RegistrationReport:
        listed = self._there.listed(declared) if declared.list is not None else None
        places = self._places(declared)
        for place in self._kept.places():
            if place not in places:
                self._removed(declared, self._kept.get(place).id)
                self._kept.drop(place)
        states: set[State] = set()
        trouble: RegistrationReport | None = None
        for place in places:
            try:
                states.add(self._place(declared, place, listed))
            except _Full as error:
                return full(self._connection, error.limit, self.shown_url())
            except (CredentialRefused, Throttled):
                raise
            except (CallError, AnswerUnusable, ExpressionError) as error:
                # The other event types need not wait for one that the ATS does not take.
                trouble = trouble or self._failed(error)
        return trouble or stands(next(state for state in _WORST_FIRST if state in states), self.shown_url())

    def _failed(self, error: Failure) -> RegistrationReport:
        return failed(self._connection, error, self.shown_url())

    def _place(self, declared: Registration, place: str, listed: list[Found] | None) -> State:
        """Makes one subscription be as it should be; what was done."""
        found = (
            self._there.remembered(declared, self._kept.get(place).id)
            if listed is None
            else self._there.at(listed, place)
        )
        if found is not None and self._is_outdated(declared, place, found):
            gone = self._removed(declared, found.id)
            listed = [one for one in listed if one is not found] if listed is not None else None
            found = None if gone or self._key_is_lost(declared, place, found.id) else found
        if found is None:
            if declared.limit is not None and listed is not None and len(listed) >= declared.limit:
                raise _Full(declared.limit)
            self._create(declared, place)
            return "created"
        if declared.secret is not None and not self._knows_key(place, found.id):
            self._give_key(declared, place, found.id)
        else:
            self._remember(place, found.id)
        if found.is_active:
            return "active"
        self._activate(declared, found.id)
        return "reactivated"

    def _is_outdated(self, declared: Registration, place: str, found: Found) -> bool:
        """Whether it was made for other event types or another address, or its key cannot be had: it cannot stay."""
        kept = self._kept.get(place)
        otherwise = kept.id == found.id and kept.events is not None and list(kept.events) != self._events(place)
        elsewhere = declared.list is None and kept.url != self.callback_url()
        return otherwise or elsewhere or self._key_is_lost(declared, place, found.id)

    def _key_is_lost(self, declared: Registration, place: str, id_: str) -> bool:
        """Whether its key was told only where it was made, and is not known here."""
        told_once = declared.created_secret is not None or self._makes_key(declared)
        return told_once and declared.secret is None and not self._knows_key(place, id_)

    def _makes_key(self, declared: Registration) -> bool:
        request = self._connection.manifest.operations[declared.create].request
        return request.reads("webhook", "secret")

    def _create(self, declared: Registration, place: str) -> None:
        secret = None
        if self._makes_key(declared):
            # Kept before it is given away: the first delivery may be quicker than the answer.
            secret = self._kept.get(place).secret or secrets.token_hex(32)
            self._kept.put(place, Kept(None, self.callback_url(), secret))
        asked: dict[str, Json] = {"url": self.callback_url(), "events": self._events(place)}
        asked |= {"event": place} if place != ONLY else {}
        asked |= {"secret": Secret(secret)} if secret else {}
        answer = self._caller.call(declared.create, {"webhook": asked})
        id_ = id_text(declared.created_id, answer.body)
        if not id_:
            raise AnswerUnusable(f"{declared.create}: the answer holds no id of the new subscription")
        if declared.created_secret is not None:
            secret = _needed(declared.created_secret, answer.body, declared.create)
        self._kept.put(place, Kept(id_, self.callback_url(), secret, tuple(self._events(place))))
        self._give_key(declared, place, id_)
        if declared.look is None or not self._there.is_active(declared, id_):
            self._activate(declared, id_)

    def _give_key(self, declared: Registration, place: str, id_: str) -> None:
        """Has a new key made: those before are told only once, and ours is lost or was never made."""
        if declared.secret is None or declared.secret_value is None:
            return
        answer = self._caller.call(declared.secret, {"subscription": {"id": id_}})
        self._remember(place, id_, _needed(declared.secret_value, answer.body, declared.secret))

    def _activate(self, declared: Registration, id_: str) -> None:
        if declared.activate is None:
            return
        try:
            self._caller.call(declared.activate, {"subscription": {"id": id_}})
        except Refused as error:
            # It is active already: what we want.
            if error.kind != "conflict":
                raise

    def _removed(self, declared: Registration, id_: str | None) -> bool:
        """Ends a subscription, so that a better one can be made; whether the credential may do so."""
        if declared.remove is None or id_ is None:
            return False
        try:
            self._end(declared.remove, id_)
        except Refused:
            return False
        return True

    def _end(self, operation: str, id_: str) -> None:
        try:
            self._caller.call(operation, {"subscription": {"id": id_}})
        except Refused as error:
            if error.kind != "missing":
                raise

    def _places(self, declared: Registration) -> list[str]:
        types = list(self._door.types) if self._door is not None else []
        return types if declared.each_type else [ONLY]

    def _events(self, place: str) -> list[str]:
        return [place] if place != ONLY else list(self._door.types) if self._door is not None else []

    def _knows_key(self, place: str, id_: str) -> bool:
        kept = self._kept.get(place)
        return kept.id == id_ and bool(kept.secret)

    def _remember(self, place: str, id_: str, secret: str | None = None) -> None:
        """Keeps its id, and a new key; of another one than was known, nothing else is kept."""
        before = self._kept.get(place)
        kept = before if before.id == id_ else Kept()
        kept = replace(kept, id=id_, url=self.callback_url(), secret=secret or kept.secret)
        if kept != before:
            self._kept.put(place, kept)

    def _address(self, secret: str) -> str:
        return f"{self._public_url}/hooks/{quote(self._connection.name, safe='')}" + (f"/{secret}" if secret else "")


class _Full(Exception):
    """There are as many subscriptions as the ATS allows."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit


def _needed(path: Path, data: Json, operation: str) -> str:
    """The key at ``path``. Raises AnswerUnusable where there is none."""
    found = id_text(path, data)
    if not found:
        raise AnswerUnusable(f"{operation}: the answer holds no key at `{path.text}`")
    return found
