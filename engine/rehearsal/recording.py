"""The reads of one event, or of a poll stream, at a tenant's ATS: what was asked and answered. Nothing is written.

Writing requests are answered here, as if they had done their work, so that what is read for their sake is read too.
An ATS that cannot answer now ends the recording at once: it is not tried again and again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qsl, urlsplit

from connectors.calls import Caller
from connectors.messages import Keeper, PreparedRequest, RawAnswer, Transport
from engine.clock import SYSTEM, ManualClock
from engine.errors import CallError, FieldwrightError, InputError
from engine.manifest.connection import Connection
from engine.manifest.findings import did_you_mean
from engine.model import Json, Outcome
from engine.pipeline.route import open_route
from engine.rehearsal.answers import SIGN_IN
from engine.rehearsal.incoming import raw_events
from engine.rehearsal.pretended import pretended
from engine.rehearsal.scorers import fixed_scorer
from engine.rehearsal.staging import Stage
from engine.scoring.resume_text import ResumeReader
from engine.store.store import Store

_SCORE: Mapping[str, Json] = {"match": 80, "reasons": ["recorded"], "tags": ["recorded"]}


@dataclass(frozen=True, slots=True)
class Recorded:
    """One reading request and what the ATS answered."""

    operation: str
    url: str = field(repr=False)
    answer: RawAnswer = field(repr=False)


@dataclass(slots=True)
class Recording:
    """What was recorded. ``secrets`` were sent or answered on the way; ``outcomes`` say how the events ended."""

    exchanges: list[Recorded] = field(default_factory=list, repr=False)
    secrets: set[str] = field(default_factory=set, repr=False)
    hosts: set[str] = field(default_factory=set)
    outcomes: tuple[Outcome, ...] = ()
    unsent: list[str] = field(default_factory=list)


class _CannotAnswer(BaseException):
    """Ends a recording at once: it must pass through what the pipeline makes of ordinary errors."""

    def __init__(self, operation: str, said: str) -> None:
        self.operation, self.said = operation, said
        super().__init__(operation)


class RecordingTransport:
    """A Transport that lets reads and signing in through to ``inner``, keeps the reads, and sends no write."""

    def __init__(self, connection: Connection, inner: Transport) -> None:
        self._manifest, self._inner = connection.manifest, inner
        self.recording = Recording(secrets={str(secret) for secret in connection.secrets})

    def send(self, request: PreparedRequest) -> RawAnswer:
        """The answer of the ATS to a read; one of ours to a write."""
        signs_in = request.operation.startswith(SIGN_IN)
        if not signs_in and self._manifest.operations[request.operation].writes:
            self.recording.unsent.append(request.operation)
            return pretended(self._manifest, self._manifest.operations[request.operation])
        self.recording.secrets |= _secrets_sent(request)
        answer = self._sent(request)
        if signs_in:
            self.recording.secrets |= set(_texts(_json(answer)))
        else:
            self.recording.hosts.add(urlsplit(request.url).hostname or "")
            self.recording.exchanges.append(Recorded(request.operation, request.url, answer))
        return answer

    def close(self) -> None:
        """Closes what ``inner`` keeps open."""
        closing = getattr(self._inner, "close", None)
        if closing is not None:
            closing()

    def _sent(self, request: PreparedRequest) -> RawAnswer:
        try:
            answer = self._inner.send(request)
        except CallError as error:
            raise _CannotAnswer(request.operation, error.message) from None
        refused = request.operation.startswith(SIGN_IN) and answer.status >= 400
        if refused or answer.status == 429 or answer.status >= 500 or answer.problem is not None:
            raise _CannotAnswer(request.operation, answer.problem or f"it answered {answer.status}")
        return answer


def record_event(
    connection: Connection, transport: Transport, keeper: Keeper, event: Mapping[str, Json]
) -> Recording:
    """What is read for ``event`` (in a form of ``engine.rehearsal.incoming``). Raises FieldwrightError."""
    recorder = RecordingTransport(connection, transport)
    clock = ManualClock(SYSTEM.now())
    with _new_store(clock) as store, ResumeReader(processes=1) as reader, _told():
        route = open_route(connection, recorder, store, SYSTEM, keeper=keeper)
        stage = Stage(route, store, clock, fixed_scorer(_SCORE), reader, tries_again=False)
        played = stage.play(raw_events(connection, event, clock.now()))
    recorder.recording.outcomes = tuple(
        way.outcome for way in (*played.ways, *played.split) if way.outcome is not None
    )
    return recorder.recording


def record_stream(connection: Connection, transport: Transport, keeper: Keeper, name: str, pages: int) -> Recording:
    """The first ``pages`` of a poll stream's list. Raises InputError, FieldwrightError."""
    poll = connection.manifest.events.poll
    streams = poll.streams if poll is not None else {}
    if name not in streams:
        raise InputError(f"there is no poll stream `{name}`", hint=did_you_mean(name, streams) or None)
    recorder = RecordingTransport(connection, transport)
    with _told():
        reading = Caller(connection, transport=recorder, keeper=keeper).pages(streams[name].operation, {})
        for _, _page in zip(range(pages), reading, strict=False):
            pass
    return recorder.recording


@contextmanager
def _told() -> Iterator[None]:
    """What ended a recording, in words."""
    try:
        yield
    except _CannotAnswer as ended:
        raise FieldwrightError(
            f"The ATS cannot answer `{ended.operation}` now: {ended.said}. Nothing was written.",
            hint="Record again later.",
        ) from None
    except CallError as error:
        raise FieldwrightError(f"{error.operation}: {error.cause}. Nothing was written.", hint=error.hint) from None


@contextmanager
def _new_store(clock: ManualClock) -> Iterator[Store]:
    with TemporaryDirectory(prefix="fieldwright-") as folder:
        store = Store.open(Path(folder) / "recording.db", clock)
        try:
            yield store
        finally:
            store.close()


def _secrets_sent(request: PreparedRequest) -> set[str]:
    carried = {value for name, value in request.headers.items() if name in request.credential_headers}
    query = parse_qsl(urlsplit(request.url).query)
    carried |= {value for name, value in query if name in request.credential_query}
    whole = {secret for secret in (*carried, *request.hidden) if len(secret) >= 8}
    return whole | {part for secret in whole for part in secret.split() if len(part) >= 8}


def _json(answer: RawAnswer) -> Json:
    try:
        return json.loads(answer.body)
    except ValueError:
        return None


def _texts(data: Json) -> Iterator[str]:
    """The long texts in an answer to signing in: tokens, and whatever else it hands out."""
    if isinstance(data, Mapping):
        for value in data.values():
            yield from _texts(value)
    elif isinstance(data, list):
        for value in data:
            yield from _texts(value)
    elif isinstance(data, str) and len(data) >= 12 and "://" not in data:
        yield data
