"""A recording in, the text of a cassette out: secrets, persons' data and ids made up before anything is written.

What still looks like one of them afterwards is refused, and only its place is told.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from connectors.messages import RawAnswer
from engine.errors import InputError, SpecError
from engine.manifest.connection import Connection
from engine.manifest.yaml.reader import RECORDED, PathKey
from engine.manifest.yaml.source import read_text
from engine.manifest.yaml.writer import block
from engine.model import Json
from engine.redaction import MASK
from engine.rehearsal.cassettes import suspected_in
from engine.rehearsal.made_up import RESUME
from engine.rehearsal.recording import Recorded, Recording
from engine.rehearsal.replacing import Replacer
from engine.rehearsal.subjects import subjects_of

_HEAD = (
    "# yaml-language-server: $schema=../schemas/cassette.schema.json\n"
    "# Recorded by `fieldwright record`. Secrets, persons' data and ids are made up; the form is as it came.\n\n"
)
_MOST_PLACES = 20
_KEPT_HEADERS = ("link", "location")


def cassette_text(
    connection: Connection, recording: Recording, event: Mapping[str, Json] | None, recorded: Mapping[str, Json]
) -> str:
    """The text of the cassette. ``event`` is what was read for, ``recorded`` says where and when.

    Raises InputError where something that must not be written is left, or it does not fit into a file.
    """
    secrets = frozenset(secret for secret in recording.secrets if len(secret) >= 4)
    writing = _Writing(Replacer(subjects_of(connection), secrets, frozenset(recording.hosts)))
    data = writing.document(recording.exchanges, event)
    _refuse(data, {*secrets, *writing.replacer.made.known})
    text = _HEAD + block({"recorded": dict(recorded), **data})
    try:
        read_text(text, "the cassette", RECORDED)
    except SpecError as error:
        raise InputError(
            f"The recording does not fit into a cassette: {error.findings[0].message}. Nothing was written.",
            hint="Record less: one event, or fewer --pages.",
        ) from None
    return text


class _Writing:
    def __init__(self, replacer: Replacer) -> None:
        self.replacer = replacer

    def document(self, exchanges: Sequence[Recorded], event: Mapping[str, Json] | None) -> dict[str, Json]:
        subjects = self.replacer.subjects
        for one in exchanges:
            if one.operation in subjects.vocabularies:
                self.replacer.learn_words(_json(one.answer))
        events = [self._event(event)] if event is not None else []
        answers: dict[str, list[Json]] = {}
        for one in exchanges:
            answers.setdefault(one.operation, []).append({"path": self._path(one), **self._answer(one)})
        named = {operation: _told_apart(given) for operation, given in answers.items()}
        whole = {**({"events": events} if events else {}), "answers": named}
        cleaned: dict[str, Json] = self.replacer.without_known(whole)
        return cleaned

    def _path(self, one: Recorded) -> str:
        return self.replacer.path(urlsplit(one.url).path) or "/"

    def _event(self, event: Mapping[str, Json]) -> dict[str, Json]:
        made = {name: self.replacer.replaced(value, personal=True, key=name) for name, value in event.items()}
        if "ids" in event:
            ids = {name: self.replacer.made.id(str(value)) for name, value in event["ids"].items()}
            made |= {"event": event["event"], "ids": ids}
        if "stream" in event:
            made["stream"] = event["stream"]
        if "headers" in event:
            made["headers"] = self._headers_of_event(event["headers"])
        return made

    def _headers_of_event(self, headers: Mapping[str, Json]) -> dict[str, Json]:
        """Of a webhook's headers those that the manifest names; it is not signed any more."""
        known = self.replacer.subjects.header_names
        kept = {name: value for name, value in headers.items() if name.lower() in known}
        return {name: self.replacer.replaced(value, personal=True, key=f"{name} id") for name, value in kept.items()}

    def _answer(self, one: Recorded) -> dict[str, Json]:
        subjects, raw = self.replacer.subjects, one.answer
        made: dict[str, Json] = {"status": raw.status}
        headers = {name: self.replacer.link(raw.headers[name]) for name in _KEPT_HEADERS if name in raw.headers}
        if headers:
            made["headers"] = headers
        if not raw.body:
            return made
        good = 200 <= raw.status < 300
        if one.operation in subjects.files and good:
            return {**made, "text": RESUME}
        try:
            body = json.loads(raw.body.decode("utf-8-sig"))
        except ValueError:
            return {**made, "text": self.replacer.made.text(raw.body.decode("utf-8", "replace"))}
        cleaned = self.replacer.replaced(body, personal=one.operation not in subjects.impersonal)
        if good:
            _put(cleaned, subjects.encoded.get(one.operation, ()), base64.b64encode(RESUME.encode()).decode())
        return {**made, "json": cleaned}


def _told_apart(given: list[Json]) -> Json:
    """Answers in turn, each once where the same came again; paths only where there are several."""
    several = len({answer["path"] for answer in given}) > 1
    kept: list[Json] = []
    last: dict[str, Json] = {}
    for answer in _without_renewals(given):
        if last.get(answer["path"]) != answer:
            kept.append(answer if several else {key: value for key, value in answer.items() if key != "path"})
        last[answer["path"]] = answer
    return kept if len(kept) > 1 else kept[0]


def _without_renewals(given: list[Json]) -> list[Json]:
    """``given`` without each 401 after which the same was asked again with a new credential."""
    return [
        answer
        for index, answer in enumerate(given)
        if answer["status"] != 401 or all(later["path"] != answer["path"] for later in given[index + 1 :])
    ]


def _put(data: Json, chain: Sequence[str], value: str) -> None:
    for key in chain[:-1]:
        data = data.get(key) if isinstance(data, dict) else None
    if chain and isinstance(data, dict) and isinstance(data.get(chain[-1]), str):
        data[chain[-1]] = value


def _json(answer: RawAnswer) -> Json:
    try:
        return json.loads(answer.body)
    except ValueError:
        return None


# ── the last look ────────────────────────────────────────────────────────────────────────────────────────────


def _refuse(data: Json, known: set[str]) -> None:
    """Raises InputError where something in ``data`` is one of ``known``, or looks like what must not stay."""
    places = {path: what for path, _, what in suspected_in(data)}
    places |= {path: "what was to be replaced" for path, text in _leaves(data) if any(one in text for one in known)}
    if not places:
        return
    told = [f"  {_dotted(path, known)}: this looks like {what}" for path, what in list(places.items())[:_MOST_PLACES]]
    raise InputError(
        "\n".join(["Something is left that must not be written, so nothing was:", *told]),
        hint="Leave it out of what is recorded, or tell us of the form that was not seen.",
    )


def _leaves(data: Json, path: PathKey = ()) -> Iterator[tuple[PathKey, str]]:
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield (*path, key), str(key)
            yield from _leaves(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _leaves(value, (*path, index))
    elif data is not None and not isinstance(data, bool):
        yield path, str(data)


def _dotted(path: PathKey, known: set[str]) -> str:
    """``path`` for people; a key that is itself what must not be shown is masked."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            hidden = any(True for _ in suspected_in({part: None})) or any(one in part for one in known)
            text += f".{MASK if hidden else part}"
    return text.removeprefix(".")
