"""Canned answers in, a transport that gives them out: the ATS of a rehearsal. Nothing leaves this process.

Answers are found by the operation's name. A step of signing in needs none: placeholders are captured.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from connectors.messages import PreparedRequest, RawAnswer
from engine.errors import Ambiguous, InputError, Transient
from engine.manifest.model import Api, AuthStep, Manifest
from engine.model import Json

SIGN_IN = "sign_in."
ExchangeKind = Literal["read", "write", "sign_in"]
Loss = Literal["request", "answer"]


@dataclass(frozen=True, slots=True)
class CannedAnswer:
    """One answer. ``status`` None: the first good one of the operation. ``path``: for requests to this path only.

    ``lost`` says that the ``request`` never arrives, or that it does and its ``answer`` is lost.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    path: str | None = None
    lost: Loss | None = None


Answers = Mapping[str, Sequence[CannedAnswer]]
"""Operation → its answers in turn; the last one stays."""


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A request that would have been sent, and the status of the answer it was given (None: lost)."""

    request: PreparedRequest
    kind: ExchangeKind
    status: int | None


class Unanswered(BaseException):
    """Ends a rehearsal at once: it must pass through what the pipeline makes of ordinary errors."""

    def __init__(self, request: PreparedRequest) -> None:
        self.request = request
        super().__init__(request.operation)

    def as_input_error(self) -> InputError:
        """What the user is told."""
        request = self.request
        where = f"{request.method} {urlsplit(request.url).path}"
        return InputError(
            f"nothing answers the operation `{request.operation}` ({where})",
            hint=f"give an answer: `answers: {{{request.operation}: {{status: 200, json: …}}}}`",
        )


def answers_of(data: Mapping[str, Json]) -> dict[str, tuple[CannedAnswer, ...]]:
    """The block ``answers`` of a mapping test, checked by its schema, as answers. Raises InputError."""
    return {
        operation: tuple(_answer(operation, one) for one in (given if isinstance(given, list) else [given]))
        for operation, given in data.items()
    }


def _answer(operation: str, given: Mapping[str, Json]) -> CannedAnswer:
    body, kind = _body(operation, given)
    headers = {"content-type": kind} if kind else {}
    headers |= {name.lower(): str(value) for name, value in given.get("headers", {}).items()}
    return CannedAnswer(given.get("status"), headers, body, given.get("path"), given.get("lost"))


def _body(operation: str, given: Mapping[str, Json]) -> tuple[bytes, str]:
    if "json" in given:
        return json.dumps(given["json"]).encode(), "application/json"
    if "text" in given:
        return str(given["text"]).encode(), "text/plain; charset=utf-8"
    if "base64" not in given:
        return b"", ""
    try:
        return base64.b64decode(given["base64"], validate=True), "application/octet-stream"
    except (binascii.Error, ValueError):
        raise InputError(f"the answer of `{operation}` is not base64") from None


class CannedTransport:
    """A Transport (``connectors.messages``) that answers by ``answers`` and remembers every request."""

    def __init__(self, manifest: Manifest, answers: Answers) -> None:
        self._manifest, self._answers = manifest, answers
        self._given: Counter[tuple[str, str | None]] = Counter()
        self.exchanged: list[Exchanged] = []

    def send(self, request: PreparedRequest) -> RawAnswer:
        """The next answer of the request's operation. Raises Transient or Ambiguous where it says so."""
        answer = self._next(request)
        status = None if answer.lost else self._status(request.operation, answer)
        self.exchanged.append(Exchanged(request, self._kind(request.operation), status))
        if answer.lost == "request":
            raise Transient("the connection could not be made", operation=request.operation)
        if status is None:
            raise Ambiguous("the connection was cut before an answer came", operation=request.operation)
        return RawAnswer(status, answer.headers, answer.body, received=len(answer.body))

    def _next(self, request: PreparedRequest) -> CannedAnswer:
        path = urlsplit(request.url).path
        known = self._answers.get(request.operation, ())
        for wanted in (path, None):
            fitting = [answer for answer in known if answer.path == wanted]
            if fitting:
                turn = self._given[request.operation, wanted]
                self._given[request.operation, wanted] += 1
                return fitting[min(turn, len(fitting) - 1)]
        if request.operation.startswith(SIGN_IN):
            return self._signed_in(request)
        raise Unanswered(request)

    def _signed_in(self, request: PreparedRequest) -> CannedAnswer:
        name = request.operation.removeprefix(SIGN_IN)
        steps = ((api, step) for api in self._manifest.apis.values() for way in api.auth for step in way.calls)
        fitting = [(api, step) for api, step in steps if step.name == name]
        if not fitting:
            raise Unanswered(request)
        body: dict[str, Json] = {}
        for api, step in fitting:
            _place_captures(api, step, body)
        return CannedAnswer(200, {"content-type": "application/json"}, json.dumps(body).encode())

    def _kind(self, operation: str) -> ExchangeKind:
        if operation.startswith(SIGN_IN):
            return "sign_in"
        return "write" if self._manifest.operations[operation].writes else "read"

    def _status(self, operation: str, answer: CannedAnswer) -> int:
        declared = self._manifest.operations.get(operation)
        return answer.status or (min(declared.ok) if declared and declared.ok else 200)


def _place_captures(api: Api, step: AuthStep, body: dict[str, Json]) -> None:
    """Puts a placeholder where each capture of the step looks for its value."""
    for name, path in step.capture.items():
        for chain in path.references[:1]:
            inner = body
            for key in chain[:-1]:
                inner = inner.setdefault(key, {})
            inner[chain[-1]] = api.stand_in(name, f"placeholder-{name}")
