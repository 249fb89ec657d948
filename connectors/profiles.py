"""One API profile of a connection, live: its frame, its limiter, its sign-in, and one exchange over the wire."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from connectors.addresses import parts
from connectors.answers import Reading, credential_refused, read
from connectors.limits import Limiter, Slot
from connectors.messages import Answer, Exchange, Keeper, PreparedRequest, RawAnswer, Transport
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
from engine.manifest.model import Api, AuthStep, Operation
from engine.model import Json

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
        self._limiter = Limiter(api.limits, clock, patience_s=patience_s)
        self._found_good: tuple[int, float] | None = None
        base_url = str(api.base_url.render({"settings": self.settings}))
        origins = frozenset({parts(base_url).origin, *_origins(connection, self.settings)})
        self.frame = Frame(base_url, api.headers, api.timeout_s, api.largest_answer_bytes, origins)
        self.sign_in = SignIn(api, self.settings, run=self._run_step, clock=clock, keeper=keeper)

    def exchange(self, operation: Operation, request: PreparedRequest) -> Answer:
        """Sends ``request`` when the limits allow it and reads its answer. Raises CallError, AnswerUnusable."""
        reading = Reading(operation, self.api.errors, self.api.limits)
        raw: RawAnswer | None = None
        error: FieldwrightError | None = None
        with self._limiter.slot(operation.name, operation.concurrency) as slot:
            started = self._clock.monotonic()
            try:
                raw = self._transport.send(request)
                answer = read(raw, reading, self._clock.now())
            except FieldwrightError as found:
                error = _settled(found, reading)
            duration_ms = (self._clock.monotonic() - started) * 1000
            self._tell(slot, raw, error)
        if self._observe is not None:
            self._observe(_exchange(operation, request, raw, error, duration_ms))
        if error is not None:
            raise error
        return answer

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
            left = raw.headers.get((self.api.limits.remaining or "").lower(), "")
            self._limiter.passed(slot, int(left) if left.isascii() and left.isdigit() and len(left) < 10 else None)

    def _run_step(self, step: AuthStep, context: Mapping[str, Json]) -> Json:
        name = f"sign_in.{step.name}"
        frame = Frame(
            self.frame.base_url, None, self.frame.timeout_s, self.frame.largest_answer_bytes, self.frame.origins
        )
        request = prepare(name, step.request, frame, context, credential=Credential())
        operation = Operation(name=name, api=self.api.name, request=step.request, at=step.at, idempotent=True)
        try:
            return self.exchange(operation, request).body
        except Refused as error:
            if error.stage == "before":
                raise
            refused = credential_refused()
            refused.operation, refused.status, refused.code = name, error.status, error.code
            raise refused from None


def _origins(connection: Connection, settings: Mapping[str, Json]) -> set[str]:
    """The origins of the manifest's profiles; one whose settings are not given has none."""
    found = set()
    for api in connection.manifest.apis.values():
        try:
            found.add(parts(str(api.base_url.render({"settings": settings}))).origin)
        except (ExpressionError, Refused):
            continue
    return found


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
        path=urlsplit(request.url).path,
        status=raw.status if raw is not None else None,
        bytes_out=len(request.body or b""),
        bytes_in=raw.received if raw is not None else 0,
        duration_ms=duration_ms,
        result=result,
        writes=operation.writes,
    )
