"""A prepared request in, its raw answer out: the only module that talks HTTP.

One client per connection, keeping connections alive. The deadline covers the whole exchange: every read and
write gets what is left of it. No redirects, no cookies, no proxy from the environment, no logging of addresses.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import ssl
import threading
import time
from collections.abc import Iterable
from functools import cache
from types import TracebackType
from typing import Any, Literal

import httpcore
import httpx

from connectors.addresses import (
    Resolver,
    not_sent,
    parts,
    public_addresses,
    resolved,
    system_resolver,
    unreachable,
)
from connectors.decoding import decoded
from connectors.messages import PreparedRequest, RawAnswer
from engine.errors import Ambiguous, CallError, InputError

_LOOPBACK_ORIGIN = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\]):([0-9]{1,5})")
_OPERATOR_URL = re.compile(
    r"(https?://(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?)(/[!-~]*)?", re.IGNORECASE | re.ASCII
)
_WRITE_STEP = 16 * 1024

# Below this level both print addresses with their queries, and headers.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_MOST_CONNECTIONS, _MOST_IDLE, _IDLE_S = 64, 16, 20.0


Reach = Literal["public", "loopback", "operator"]
"""Which addresses may be connected to: public ones, this machine's own, or whatever the operator named."""


class _Budget(threading.local):
    """What the exchange of this thread may still take, and whether any byte of it has left."""

    ends_at = 0.0
    sent = False

    def start(self, timeout_s: float) -> None:
        self.ends_at, self.sent = time.monotonic() + timeout_s, False

    def left(self) -> float:
        return self.ends_at - time.monotonic()


class _TimedStream(httpcore.NetworkStream):
    """A network stream whose every step gets what is left of the exchange's deadline, not the time it is given."""

    def __init__(self, stream: httpcore.NetworkStream, budget: _Budget) -> None:
        self._stream, self._budget = stream, budget

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        left = self._budget.left()
        if left <= 0:
            raise httpcore.ReadTimeout
        return self._stream.read(max_bytes, left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        for start in range(0, len(buffer), _WRITE_STEP):
            left = self._budget.left()
            if left <= 0:
                raise httpcore.WriteTimeout
            self._budget.sent = True
            self._stream.write(buffer[start : start + _WRITE_STEP], left)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        left = max(0.001, self._budget.left())
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._budget)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Network(httpcore.NetworkBackend):
    """Connects to addresses that were checked, and to those only."""

    def __init__(self, budget: _Budget, resolver: Resolver, reach: Reach) -> None:
        self._budget, self._resolver, self._reach = budget, resolver, reach
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        addresses = self._addresses(host, port)
        for tried, address in enumerate(addresses, 1):
            share = max(0.001, self._budget.left() / (len(addresses) - tried + 1))
            try:
                return _TimedStream(self._sockets.connect_tcp(address, port, share), self._budget)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if tried == len(addresses):
                    raise
        raise unreachable(f"{host} has no address")

    def _addresses(self, host: str, port: int) -> list[str]:
        if self._reach == "public":
            return public_addresses(host, port, self._resolver, self._budget.left())
        addresses = resolved(host, port, self._resolver, self._budget.left())
        if self._reach == "loopback" and not all(ipaddress.ip_address(found).is_loopback for found in addresses):
            raise not_sent(f"{host} is not this machine")
        return addresses


class _Client(httpx.HTTPTransport):
    """httpx's own transport, on a network of ours: httpx has no public way to give it one."""

    def __init__(self, network: _Network) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=_trust(),
            network_backend=network,
            max_connections=_MOST_CONNECTIONS,
            max_keepalive_connections=_MOST_IDLE,
            keepalive_expiry=_IDLE_S,
        )


@cache
def _trust() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


class HttpTransport:
    """The transport of one connection.

    ``sandbox_origin``, from the operator and never from a tenant, is where every request goes instead of its own
    host; it must be this machine. Raises InputError when it is not.
    """

    def __init__(self, *, sandbox_origin: str | None = None, resolver: Resolver = system_resolver) -> None:
        if sandbox_origin is not None and not _LOOPBACK_ORIGIN.fullmatch(sandbox_origin):
            raise InputError(
                "the sandbox's origin must be this machine, with a port",
                hint="such as http://127.0.0.1:8600, without a path",
            )
        self._open(sandbox_origin, "loopback" if sandbox_origin else "public", resolver)

    @classmethod
    def to_operator(cls, origin: str) -> HttpTransport:
        """A transport to one origin that the operator of the engine configured: any address, http or https."""
        transport = cls.__new__(cls)
        transport._open(operator_parts(origin)[0], "operator", system_resolver)
        return transport

    def _open(self, instead: str | None, reach: Reach, resolver: Resolver) -> None:
        self._instead, self._reach = instead, reach
        self._budget = _Budget()
        self._client = _Client(_Network(self._budget, resolver, reach))

    def send(self, request: PreparedRequest) -> RawAnswer:
        """Sends ``request``. Raises Transient, Ambiguous or Refused (see ``Transport``)."""
        composed = self._composed(request)
        self._budget.start(request.timeout_s)
        try:
            response = self._client.handle_request(composed)
            try:
                return self._read(response, request.largest_answer_bytes)
            finally:
                response.close()
        except httpx.HTTPError as error:
            raise self._failure(error, request) from None
        except CallError as error:
            error.operation = request.operation
            raise

    def _composed(self, request: PreparedRequest) -> httpx.Request:
        own = parts(request.url)
        wait = dict.fromkeys(("connect", "read", "write", "pool"), request.timeout_s)
        return httpx.Request(
            request.method,
            (self._instead or own.origin) + own.target,
            headers=list(request.headers.items()),
            content=request.body if request.body is not None or request.method == "GET" else b"",
            extensions={"timeout": wait},
        )

    def _read(self, response: httpx.Response, limit_bytes: int) -> RawAnswer:
        headers = dict(response.headers.items())
        stream = response.stream
        assert isinstance(stream, httpx.SyncByteStream)
        found = decoded(stream, headers.get("content-encoding", ""), limit_bytes)
        return RawAnswer(response.status_code, headers, found.body, found.problem, found.received)

    def _failure(self, error: httpx.HTTPError, request: PreparedRequest) -> CallError:
        host = self._instead or parts(request.url).host
        late = isinstance(error, httpx.TimeoutException)
        if isinstance(error, httpx.LocalProtocolError):
            return not_sent("the request cannot be sent as it is composed", request.operation)
        if not self._budget.sent:
            found = f"{host} could not be reached" + (f" within {request.timeout_s:g} s" if late else _detail(error))
            failure: CallError = unreachable(found)
        else:
            what = f"no whole answer within {request.timeout_s:g} s" if late else "the connection was lost"
            failure = Ambiguous(f"{host}: {what}; the request had been sent")
        failure.operation = request.operation
        return failure

    def close(self) -> None:
        """Closes what is kept alive."""
        self._client.close()

    def __enter__(self) -> HttpTransport:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def operator_parts(url: str) -> tuple[str, str]:
    """Origin and path of an address that the operator configured. Raises InputError."""
    found = _OPERATOR_URL.fullmatch(url)
    if found is None:
        raise InputError(
            "the service's address must be http or https, with a host name and without a user name",
            hint="such as http://127.0.0.1:9000/score",
        )
    return found[1], found[2] or "/"


def _detail(error: httpx.HTTPError) -> str:
    text = str(error).partition("] ")[2] or str(error)
    return f" ({text[:120]})" if text else ""
