"""What a worker holds is held on to: before a request leaves, its lease is made to outlast the request.

In: a transport, and what renews the lease of the work at hand. Out: a transport that sends nothing for a worker that
has lost its lease, however long it waited or stood still before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from connectors.messages import PreparedRequest, RawAnswer, Transport
from engine.clock import Clock

LEASE_S = 60.0
"""How long a worker may hold what it works on before another one takes it."""

_MARGIN_S = 15.0

Renew = Callable[[float], None]
"""Keeps the lease for so many seconds from now. Raises LeaseLost."""


class _Hold:
    def __init__(self, renew: Renew, clock: Clock) -> None:
        self._renew, self._clock = renew, clock
        self._until = clock.now() + LEASE_S

    def outlast(self, seconds: float) -> None:
        now = self._clock.now()
        if now + seconds + _MARGIN_S > self._until:
            lease_s = max(LEASE_S, seconds + 2 * _MARGIN_S)
            self._renew(lease_s)
            self._until = now + lease_s


_HOLD: ContextVar[_Hold | None] = ContextVar("hold", default=None)


@contextmanager
def holding_on(renew: Renew, clock: Clock) -> Iterator[None]:
    """Requests that leave inside are those of work that was claimed just now, and is kept by ``renew``."""
    hold = _HOLD.set(_Hold(renew, clock))
    try:
        yield
    finally:
        _HOLD.reset(hold)


class HoldingTransport:
    """``transport``, of which each request leaves under a lease that outlasts it. Raises LeaseLost instead."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def send(self, request: PreparedRequest) -> RawAnswer:
        hold = _HOLD.get()
        if hold is not None:
            hold.outlast(request.timeout_s)
        return self._transport.send(request)

    def close(self) -> None:
        """Closes what the transport keeps open."""
        closing = getattr(self._transport, "close", None)
        if closing is not None:
            closing()
