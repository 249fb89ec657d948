"""Signing in: a profile's authenticator and the tenant's settings in, what signs its requests in out.

Steps run in order, once, and their captures are shared until they expire (less a margin) or are renewed. However
many calls find a credential dead at once, it is renewed once: a renewal names the generation it found dead.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from connectors.answers import credential_refused
from connectors.assertions import made_assertion
from connectors.credentials import credential_of, read_by
from connectors.messages import Keeper
from connectors.request import Credential
from engine.clock import Clock, parse_iso
from engine.errors import CredentialRefused, ExpressionError, InputError
from engine.manifest.model import Api, AssertionStep, Authenticator, AuthStep, Expiry, Step
from engine.model import Json

MARGIN_S = 30.0
_REFUSED_REMEMBERED_S = 30.0
_PLACEHOLDER = "not-signed-in"
_MILLISECONDS_FROM = 1e11
"""A number above this is no moment in seconds: it would be in the year 5138."""

RunStep = Callable[[AuthStep, Mapping[str, Json]], Json]
"""A step and its context {settings, auth} in, the JSON of its answer out. Raises CallError."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What signs requests in, for as long as it lives. ``auth`` is what templates see; ``expires_at`` UTC seconds."""

    generation: int
    credential: Credential
    auth: Mapping[str, Json] = field(repr=False)
    expires_at: float = math.inf


@dataclass(frozen=True, slots=True)
class _Captured:
    values: Mapping[str, Json] = field(repr=False)
    expires_at: float = math.inf


class SignIn:
    """The sign-in of one profile of a connection, shared by all its calls. Safe for any number of threads."""

    def __init__(
        self, api: Api, settings: Mapping[str, Json], *, run: RunStep, clock: Clock, keeper: Keeper | None
    ) -> None:
        self._api, self._way = api, _chosen(api, settings)
        self._settings, self._run, self._clock, self._keeper = settings, run, clock, keeper
        self._lock = threading.Lock()
        self._captured: list[_Captured] = []
        self._current: SignedIn | None = None
        self._generation = 0
        self._refusal: tuple[CredentialRefused, float] | None = None

    @property
    def renew_on(self) -> frozenset[int]:
        """Statuses that mean: sign in anew. Empty where there is nothing to renew."""
        return self._way.renew_on if self._way.steps else frozenset()

    def signed_in(self) -> SignedIn:
        """What signs requests in now, signing in first if needed. Raises CallError."""
        current = self._current
        if current is not None and self._clock.now() < current.expires_at:
            return current
        with self._lock:
            current = self._current
            if current is not None and self._clock.now() < current.expires_at:
                return current
            return self._made()

    def renewed(self, generation: int) -> SignedIn:
        """Signs in anew, unless another call has done so since ``generation``. Raises CallError."""
        with self._lock:
            if self._current is not None and self._current.generation != generation:
                return self._current
            self._captured, self._current = [], None
            return self._made()

    def preview(self) -> SignedIn:
        """What would sign requests in, without calling anyone: placeholders stand for what is not captured yet."""
        if self._current is not None:
            return self._current
        auth: dict[str, Json] = {name: self._api.stand_in(name, _PLACEHOLDER) for name in self._names()}
        auth |= self._kept()
        return SignedIn(0, self._credential(auth), auth)

    def _names(self) -> list[str]:
        """What the steps give, by name."""
        return [
            name
            for step in self._way.steps
            for name in ([step.name] if isinstance(step, AssertionStep) else step.capture)
        ]

    def _made(self) -> SignedIn:
        self._check_refusal()
        self._drop_ended()
        auth = self._kept()
        for at, step in enumerate(self._way.steps):
            if at >= len(self._captured):
                self._captured.append(self._ran(step, auth))
            elif isinstance(step, AssertionStep):
                self._captured[at] = self._ran(step, auth)
            auth.update(self._captured[at].values)
        self._generation += 1
        self._current = SignedIn(self._generation, self._credential(auth), auth, self._ends_at())
        return self._current

    def _drop_ended(self) -> None:
        """Forgets what the first step gave whose captures have ended, and all that followed from it."""
        now = self._clock.now()
        for at, step in enumerate(self._way.steps[: len(self._captured)]):
            if isinstance(step, AuthStep) and self._captured[at].expires_at <= now:
                del self._captured[at:]
                return

    def _ends_at(self) -> float:
        # A token of our own that only signs in ends without a consequence: the next sign-in makes another.
        used = read_by(self._way)
        return min(
            (
                done.expires_at
                for step, done in zip(self._way.steps, self._captured, strict=True)
                if isinstance(step, AuthStep) or step.name in used
            ),
            default=math.inf,
        )

    def _check_refusal(self) -> None:
        # A refused credential is not tried again at once: many tries would lock the account.
        if self._refusal is not None and self._clock.monotonic() < self._refusal[1]:
            raise self._refusal[0].with_traceback(None)
        self._refusal = None

    def _ran(self, step: Step, auth: Mapping[str, Json]) -> _Captured:
        context = {"settings": dict(self._settings), "auth": dict(auth)}
        if isinstance(step, AuthStep):
            return self._called(step, context)
        now, life_s = self._clock.now(), step.assertion.lifetime_s
        token = made_assertion(step.name, step.assertion, context, now)
        return _Captured({step.name: token}, _shortened(now, life_s))

    def _called(self, step: AuthStep, context: Mapping[str, Json]) -> _Captured:
        try:
            body = self._run(step, context)
            values = _captures(step, body)
        except CredentialRefused as error:
            self._refusal = error, self._clock.monotonic() + _REFUSED_REMEMBERED_S
            raise
        for name in step.keep:
            if self._keeper is not None and name in values:
                self._keeper.put(name, str(values[name]))
        return _Captured(values, self._expires_at(step.expiry, body))

    def _expires_at(self, expiry: Expiry | None, body: Json) -> float:
        if expiry is None:
            return math.inf
        now = self._clock.now()
        life_s = _stated_life_s(expiry, body, now) or expiry.default_s
        return _shortened(now, life_s)

    def _kept(self) -> dict[str, Json]:
        names = [name for step in self._way.calls for name in step.keep] if self._keeper else []
        kept = {name: self._keeper.get(name) for name in names} if self._keeper else {}
        return {name: value for name, value in kept.items() if value is not None}

    def _credential(self, auth: Mapping[str, Json]) -> Credential:
        addresses = self._api.address_captures
        secret = (str(value) for name, value in auth.items() if name not in addresses and value != _PLACEHOLDER)
        return credential_of(
            self._way, {"settings": dict(self._settings), "auth": dict(auth)}, self._clock, tuple(secret)
        )


def _shortened(now: float, life_s: float) -> float:
    """When what lives ``life_s`` from ``now`` is to be made anew."""
    return now + life_s - min(MARGIN_S, life_s / 2)


def _chosen(api: Api, settings: Mapping[str, Json]) -> Authenticator:
    for way in api.auth:
        if way.when is None or way.when({"settings": dict(settings)}):
            return way
    raise InputError(f"none of the ways to sign in to `{api.name}` fits the settings")


def _captures(step: AuthStep, body: Json) -> dict[str, Json]:
    """What the step captures. A capture that is kept may be absent: the value kept earlier then stays."""
    found = {name: path(body) for name, path in step.capture.items()}
    for name, value in found.items():
        if value is None and name not in step.keep:
            error = credential_refused()
            error.message += f": the answer of sign-in step `{step.name}` has nothing at `{step.capture[name].text}`"
            error.operation = f"sign_in.{step.name}"
            raise error
    return {name: value for name, value in found.items() if value is not None}


def _stated_life_s(expiry: Expiry, body: Json, now: float) -> float | None:
    try:
        if expiry.after is not None:
            life_s = float(expiry.after(body))
        elif expiry.moment is not None:
            life_s = _moment(expiry.moment(body)) - now
        else:
            return None
    except (ExpressionError, TypeError, ValueError, OverflowError):
        return None
    return life_s if 0 < life_s < math.inf else None


def _moment(value: Json) -> float:
    """UTC seconds of a moment: ISO 8601, or seconds or milliseconds since the epoch. Raises ValueError."""
    try:
        since_epoch = float(value)
    except (TypeError, ValueError):
        return parse_iso(str(value))
    return since_epoch / 1000 if since_epoch > _MILLISECONDS_FROM else since_epoch
