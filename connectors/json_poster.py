"""Posts JSON to a service that the operator runs, such as their own scoring model, and gives back its JSON.

The address comes from the operator's configuration, so it may be plain http and on a private network; it must
not come from a tenant or from data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from connectors.answers import asked_wait
from connectors.json_body import parse
from connectors.messages import PreparedRequest, RawAnswer, Transport
from connectors.transport import HttpTransport, operator_parts
from engine.clock import SYSTEM, Clock
from engine.errors import Ambiguous, CallError, RefusalKind, Refused, Throttled, Transient
from engine.model import Json

_REFUSALS: Mapping[int, RefusalKind] = {401: "denied", 403: "denied", 404: "missing", 410: "missing", 409: "conflict"}
_OPERATION = "post"


class HttpJsonPoster:
    """A JsonPoster (``engine.ports``) over HTTP. ``timeout_s`` is the deadline of the whole exchange."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 30.0,
        *,
        largest_answer_bytes: int = 1024 * 1024,
        transport: Transport | None = None,
        clock: Clock = SYSTEM,
    ) -> None:
        """Raises InputError when ``url`` is no http or https address."""
        origin, target = operator_parts(url)
        self._transport = transport or HttpTransport.to_operator(origin)
        # The transport puts the operator's origin in this one's place.
        self._url = f"https://operator{target}"
        self._headers = {"content-type": "application/json", "accept": "application/json", **(headers or {})}
        self._timeout_s, self._largest_answer_bytes, self._clock = timeout_s, largest_answer_bytes, clock

    def post(self, body: Json) -> Json:
        """Posts ``body``; gives the answer's JSON. Raises Transient, Throttled or Refused."""
        raw = self._taken(body)
        try:
            if raw.problem is not None:
                raise ValueError(raw.problem)
            return parse(raw.body)
        except ValueError as problem:
            raise Transient(f"the service's answer cannot be used: {problem}", status=raw.status) from None

    def tell(self, body: Json) -> None:
        """Posts ``body``; whatever a good answer holds is left alone. Raises as ``post`` does."""
        self._taken(body)

    def close(self) -> None:
        """Closes what the transport keeps open."""
        closing = getattr(self._transport, "close", None)
        if closing is not None:
            closing()

    def _taken(self, body: Json) -> RawAnswer:
        raw = self._sent(json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace"))
        if not 200 <= raw.status < 300:
            raise self._failure(raw)
        return raw

    def _sent(self, data: bytes) -> RawAnswer:
        request = PreparedRequest(
            _OPERATION, "POST", self._url, self._headers, data, self._timeout_s, self._largest_answer_bytes
        )
        try:
            return self._transport.send(request)
        except Ambiguous as error:
            # Asking again does no harm here: the service only computes.
            raise Transient(f"the service gave no whole answer within {self._timeout_s:g} s") from error

    def _failure(self, raw: RawAnswer) -> CallError:
        if raw.status == 429:
            return Throttled(
                "the service asks to wait", status=429, wait_s=asked_wait(raw.headers, (), self._clock.now())
            )
        if raw.status >= 500 or raw.status in (408, 425):
            return Transient("the service cannot answer now", status=raw.status)
        kind = _REFUSALS.get(raw.status, "invalid")
        return Refused(kind, "the service refused what was posted", status=raw.status)
