"""What travels between a caller and the wire: a prepared request, a raw answer, an answer that was read.

Also the two protocols behind which the outside stands: ``Transport`` (sends one request) and ``Keeper`` (holds
what signing in must not lose over a restart).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from connectors import showing
from engine.model import Json


@dataclass(frozen=True, slots=True)
class UploadFile:
    """A file to send: its name, its content type and its bytes."""

    name: str
    content_type: str
    data: bytes = field(repr=False)
    url: str | None = field(default=None, repr=False)

    def as_json(self) -> dict[str, Json]:
        """What templates see as ``file``: {name, content_type, size, base64}; ``size`` in bytes, ``url`` if any."""
        encoded = base64.b64encode(self.data).decode("ascii")
        plain = {"name": self.name, "content_type": self.content_type, "size": len(self.data), "base64": encoded}
        return plain if self.url is None else {**plain, "url": self.url}


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """One HTTP request, composed and checked, not sent. ``operation`` is its name in the manifest.

    ``credential_headers`` and ``credential_query`` name what carries the credential, ``hidden`` holds captured
    secrets; all three serve ``shown`` only. ``own_headers`` (lower case) may go to the profile's own origin only.
    ``timeout_s`` is the deadline of the whole exchange.
    """

    operation: str
    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    timeout_s: float = 30.0
    largest_answer_bytes: int = 10 * 1024 * 1024
    credential_headers: frozenset[str] = frozenset()
    own_headers: frozenset[str] = frozenset()
    credential_query: frozenset[str] = frozenset()
    hidden: tuple[str, ...] = field(default=(), repr=False)

    def shown(self, secrets: Iterable[str] = ()) -> str:
        """The request as text for people: credentials masked, JSON laid out, files and base64 abbreviated."""
        return showing.request_text(
            self.method,
            showing.masked_url(self.url, self.credential_query),
            showing.masked_fields(self.headers, self.credential_headers),
            showing.body_text(self.body, self.headers),
            (*secrets, *self.hidden),
        )


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An answer as it came: header names in lower case, the body decoded; ``received`` counts bytes on the wire.

    ``problem`` says why the body could not be had whole (too large, encoded twice); the body is then empty.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    problem: str | None = None
    received: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer. ``body`` is its JSON, None where there is none; ``data`` its bytes.

    ``is_empty``: by its status or code the manifest knows that it holds nothing.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: Json = field(repr=False)
    data: bytes = field(repr=False)
    is_empty: bool = False


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one exchange was, for the audit. ``result`` is ``ok`` or the kind of error.

    ``path`` is the manifest's, with names where ids are filled in: nobody can be told from it.
    """

    operation: str
    method: str
    path: str
    status: int | None
    bytes_out: int
    bytes_in: int
    duration_ms: float
    result: str
    writes: bool


class Transport(Protocol):
    """Sends one request and gives back its answer, whatever its status.

    Raises Transient (nothing was sent), Ambiguous (sent, no answer) or Refused (it may not be sent there).
    """

    def send(self, request: PreparedRequest) -> RawAnswer: ...


class Keeper(Protocol):
    """Holds what signing in must not lose over a restart, such as a refresh token that changes with each use."""

    def get(self, name: str) -> str | None: ...

    def put(self, name: str, value: str) -> None: ...

    def change(self, name: str, to: Callable[[str | None], str]) -> str:
        """Puts ``to(value)`` in place of the value, with no other process in between; gives it."""
        ...
