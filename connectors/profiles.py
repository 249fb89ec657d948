"""One API profile of a connection, live: its frame, its limiter, its sign-in, and one exchange over the wire."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

from connectors.answers import Reading, asked_wait, credential_refused, read
from connectors.base_urls import BaseUrls
from connectors.basic_auth import basic_header
from connectors.budgets import Budgets
from connectors.limits import Limiter, Slot
from connectors.messages import Answer, Exchange, Keeper, PreparedRequest, RawAnswer, Transport
from connectors.redirects import MOST, redirected
from connectors.request import Credential, Frame, prepare
from connectors.sign_in import SignIn
from engine.clock import Clock
from engine.errors import (
    Ambiguous,
    AnswerUnusable,
    CredentialRefused,
    ExpressionError,
    FieldwrightError,
    Refused,
    Throttled,
    Transient,
)
from engine.manifest.connection import Connection
from engine.manifest.language.templates import Tree
from engine.manifest.model import Api, AuthStep, Operation
from engine.model import Json
from engine.telemetry.tracing import span

Observe = Callable[[Exchange], None]
_RESULTS: Mapping[type[FieldwrightError], str] = {
    Throttled: "throttled",
    CredentialRefused: "credential",
    Transient: "transient",
    Ambiguous: "ambiguous",
    AnswerUnusable: "unusable",
}
_CHECK_REMEMBERED_S = 60.0


class Profile:
    """What all calls of one profile share. Safe for any number of threads."""

    def __init__(
        self,
        connection: Connection,
        api: Api,
        *,
        base_urls: BaseUrls,
        budgets: Budgets,
        transport: Transport,
        clock: Clock,
        keeper: Keeper | None,
        observe: Observe | None,
        patience_s: float,
    ) -> None:
        self.api = api
        self.settings: dict[str, Json] = dict(connection.settings)
        self.checking = threading.Lock()
        self._transport, self._clock, self._observe = transport, clock, observe
        budget = budgets.of(connection.name, connection.manifest.ats.id, api.name, _budget_key(api, self.settings))
        self._limiter = Limiter(api.limits, clock, budget=budget, patience_s=patience_s, name=connection.name)
        if keeper is not None:
            self._limiter.remember(keeper)
        self._found_good: tuple[int, float] | None = None
        self._apis, self._base_urls = connection.manifest.apis, base_urls
        self.sign_in = SignIn(api, self.settings, run=self._run_step, clock=clock, keeper=keeper)

    def frame(self, auth: Mapping[str, Json], *, preview: bool = False) -> Frame:
        """What requests share for one who is signed in with ``auth``. Raises Refused, ExpressionError, InputError."""
        return self._frame(self._base_urls.of(self.api, auth, preview=preview), self.api.headers)

    def exchange(self, operation: Operation, request: PreparedRequest, frame: Frame) -> Answer:
        """Sends ``request`` when the limits allow it and reads its answer. Raises CallError, AnswerUnusable.

        ``frame`` says where a redirect may lead.
        """
        reading = Reading(operation, self.api.errors, self.api.limits)
        raw: RawAnswer | None = None
        error: FieldwrightError | None = None
        with self._limiter.slot(operation.name, operation.concurrency, operation.cost) as slot:
            started = self._clock.monotonic()
            with span(f"call {operation.name}", {"http.request.method": request.method}) as note:
                try:
                    raw = self._sent(operation, request, frame)
                    answer = read(raw, reading, self._clock.now())
                except FieldwrightError as found:
                    error = _settled(found, reading)
                    note("error.type", type(error).__name__)
                if raw is not None:
                    note("http.response.status_code", raw.status)
            duration_ms = (self._clock.monotonic() - started) * 1000
            # What the transport held back was no call: the ATS asked for nothing, and there is nothing to log.
            is_held_back = isinstance(error, Throttled) and error.stage == "before"
            if not is_held_back:
                self._tell(slot, raw, error)
        if self._observe is not None and not is_held_back:
            self._observe(_exchange(operation, request, raw, error, duration_ms))
        if error is not None:
            raise error
        return answer

    def _sent(self, operation: Operation, request: PreparedRequest, frame: Frame) -> RawAnswer:
        raw = self._transport.send(request)
        for _ in range(MOST if operation.request.follow else 0):
            following = redirected(request, raw, frame)
            if following is None:
                break
            request, raw = following, self._transport.send(following)
        return raw

    def found_good(self, generation: int) -> None:
        """Remembers that the credential of ``generation`` was accepted just now."""
        self._found_good = generation, self._clock.monotonic() + _CHECK_REMEMBERED_S

    def is_known_good(self, generation: int) -> bool:
        """Whether the credential of ``generation`` was found good within the last minute."""
        known = self._found_good
        return known is not None and known[0] == generation and self._clock.monotonic() < known[1]

    def _tell(self, slot: Slot, raw: RawAnswer | None, error: FieldwrightError | None) -> None:
        if isinstance(error, Throttled):
            self._limiter.throttled(slot, error.wait_s)
        elif raw is not None:
            limits = self.api.limits
            left = raw.headers.get((limits.remaining or "").lower(), "")
            remaining = int(left) if left.isascii() and left.isdigit() and len(left) < 10 else None
            reset_s = asked_wait(raw.headers, (limits.reset,), self._clock.now()) if limits.reset else None
            self._limiter.passed(slot, remaining, reset_s)

    def _run_step(self, step: AuthStep, context: Mapping[str, Json]) -> Json:
        name = f"sign_in.{step.name}"
        basic = {"Authorization": basic_header(step.basic, context)} if step.basic else {}
        frame = replace(self._frame(self._step_base(step, context["auth"]), None), signs_in=True)
        request = prepare(name, step.request, frame, context, credential=Credential(headers=basic))
        operation = Operation(name=name, api=self.api.name, request=step.request, at=step.at, idempotent=True)
        try:
            return self.exchange(operation, request, frame).body
        except Refused as error:
            if error.stage == "before":
                raise
            refused = credential_refused()
            refused.operation, refused.status, refused.code = name, error.status, error.code
            raise refused from None

    def _step_base(self, step: AuthStep, auth: Mapping[str, Json]) -> str:
        """Where a step's path begins; empty where that is only found by signing in."""
        api = self._apis[step.api] if step.api else self.api
        try:
            return self._base_urls.of(api, auth)
        except ExpressionError:
            if api.is_found_by_signing_in:
                return ""
            raise

    def _frame(self, base_url: str, headers: Tree | None) -> Frame:
        api = self.api
        origins = self._base_urls.origins()
        return Frame(base_url, headers, api.timeout_s, api.largest_answer_bytes, origins, api.hosts)


def _budget_key(api: Api, settings: Mapping[str, Json]) -> str | None:
    key = api.limits.key
    return str(key.render({"settings": dict(settings)})) if key is not None else None


def _settled(error: FieldwrightError, reading: Reading) -> FieldwrightError:
    """``error``, where only the operation tells whether an unanswered call may simply be made again."""
    if not isinstance(error, Ambiguous) or not reading.repeatable:
        return error
    again = Transient(error.message, operation=error.operation, status=error.status, code=error.code)
    again.stage = "sent"
    return again


def _exchange(
    operation: Operation,
    request: PreparedRequest,
    raw: RawAnswer | None,
    error: FieldwrightError | None,
    duration_ms: float,
) -> Exchange:
    result = "ok"
    if error is not None:
        result = error.kind if isinstance(error, Refused) else _RESULTS.get(type(error), "error")
    return Exchange(
        operation=operation.name,
        method=request.method,
        path=operation.request.outline,
        status=raw.status if raw is not None else None,
        bytes_out=len(request.body or b""),
        bytes_in=raw.received if raw is not None else 0,
        duration_ms=duration_ms,
        result=result,
        writes=operation.writes,
    )
