"""The ways to a candidate's résumé, tried in the manifest's order: what is known of an application in, its text out.

Texts are kept in the store by the candidate's and the attachment's id, those that cannot be read too, so that no
file is read twice.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import replace

from connectors.calls import Caller
from engine.errors import Refused, ResumeUnreadable
from engine.hydration.objects import check_there
from engine.manifest.connection import Connection
from engine.manifest.language.expressions import holds
from engine.manifest.model import ResumeSource
from engine.model import Attachment, Json, ResumeFile, ResumeText, as_plain
from engine.ports import ResumeReading
from engine.store.cache import Cache

_KEPT_S = 30 * 86400.0
_OTHERWISE = "What the ATS leaves out is said with ||, such as: data || `null`."
_NAMES = ("id", "name", "content_type", "handle", "url")


class Resumes:
    """The résumés of one connection. Every method raises CallError, AnswerUnusable or ExpressionError as calls do."""

    def __init__(self, connection: Connection, caller: Caller, cache: Cache, reader: ResumeReading) -> None:
        self._connection, self._caller, self._cache, self._reader = connection, caller, cache, reader

    def of(self, context: Mapping[str, Json], record: Json) -> ResumeText | None:
        """The text of the first way that gives one; ``record`` is the candidate's own. Raises ResumeUnreadable."""
        for source in self._connection.manifest.resume:
            if source.when is not None and not holds(source.when(context)):
                continue
            text = _from_text(source, record) if source.text else self._from_file(source, context, record)
            if text is not None:
                return text
        return None

    def _from_file(self, source: ResumeSource, context: Mapping[str, Json], record: Json) -> ResumeText | None:
        attachment: Attachment | None = None
        if source.read is not None or source.attachment is not None:
            attachment = self._chosen(source, context, record)
            if attachment is None:
                return None
            kept = self._kept(_key(context, attachment.id))
            if kept is not None:
                return kept
        file = self._fetched(source, context, attachment)
        return None if file is None else self._read(file, attachment, context)

    def _chosen(self, source: ResumeSource, context: Mapping[str, Json], record: Json) -> Attachment | None:
        if source.attachment is not None:
            return _attachment(source.attachment({**context, "record": record}))
        assert source.read is not None
        listed = self._caller.records(source.read, context)
        if source.pick is None:
            return _attachment(listed[-1] if listed else None)
        chosen = _attachment(source.pick(listed))
        if chosen is None and listed:
            check_there("the résumé's choice", source.pick, listed, _OTHERWISE)
        return chosen

    def _fetched(
        self, source: ResumeSource, context: Mapping[str, Json], attachment: Attachment | None
    ) -> ResumeFile | None:
        """The file; None where the ATS says that it is not there (any more)."""
        try:
            if attachment is not None:
                attachment = self._located(source, context, attachment)
                context = {**context, "attachment": as_plain(attachment)}
            return self._download(source, context, attachment)
        except Refused as error:
            if error.kind == "missing":
                return None
            raise

    def _located(self, source: ResumeSource, context: Mapping[str, Json], attachment: Attachment) -> Attachment:
        if source.locate is None or source.url is None:
            return attachment
        answer = self._caller.call(source.locate, {**context, "attachment": as_plain(attachment)})
        address = source.url(answer.body)
        if not isinstance(address, str) or not address:
            raise Refused("missing", "the answer holds no address of the file", operation=source.locate)
        return replace(attachment, url=address)

    def _download(
        self, source: ResumeSource, context: Mapping[str, Json], attachment: Attachment | None
    ) -> ResumeFile | None:
        assert source.download is not None
        answer = self._caller.call(source.download, context)
        if source.base64 is None:
            name = attachment.name if attachment else ""
            return ResumeFile(answer.data, name, attachment.content_type if attachment else None)
        encoded = source.base64(answer.body)
        if not isinstance(encoded, str):
            check_there("the résumé's file", source.base64, answer.body, _OTHERWISE)
            return None
        name = source.name(answer.body) if source.name else ""
        try:
            return ResumeFile(base64.b64decode(encoded, validate=True), str(name or ""))
        except (binascii.Error, ValueError):
            raise ResumeUnreadable("the ATS's file is not base64") from None

    def _read(self, file: ResumeFile, attachment: Attachment | None, context: Mapping[str, Json]) -> ResumeText:
        candidate_id = context["candidate"]["id"]
        key = _key(context, attachment.id if attachment else hashlib.sha256(file.data).hexdigest())
        kept = self._kept(key)
        if kept is not None:
            return kept
        try:
            text = self._reader.read(file)
        except ResumeUnreadable as error:
            self._keep(key, {"problem": error.message}, candidate_id)
            raise
        self._keep(key, as_plain(text), candidate_id)
        return text

    def _kept(self, key: str) -> ResumeText | None:
        kept = self._cache.get(self._connection.name, "resume", key)
        if kept is None:
            return None
        if "problem" in kept:
            raise ResumeUnreadable(kept["problem"])
        return ResumeText(**kept)

    def _keep(self, key: str, value: Json, candidate_id: str) -> None:
        name = self._connection.name
        self._cache.put(name, "resume", key, value, ttl_s=_KEPT_S, candidate_id=candidate_id)


def _key(context: Mapping[str, Json], identity: str) -> str:
    """What a text is kept by: an address may be the same for everybody, as far as it can be told from it."""
    return f"{context['candidate']['id']}/{identity}"


def _attachment(chosen: Json) -> Attachment | None:
    """What an expression chose, as an attachment; an address alone serves as its id, without its query."""
    if not isinstance(chosen, Mapping):
        return None
    known = {name: str(chosen[name]) for name in _NAMES if chosen.get(name) not in (None, "")}
    identity = known.pop("id", None) or known.get("handle") or known.get("url", "").partition("?")[0]
    return Attachment(id=identity, **known) if identity else None


def _from_text(source: ResumeSource, record: Json) -> ResumeText | None:
    text = source.text(record) if source.text else None
    if not isinstance(text, str) or not text.strip():
        return None
    return ResumeText(text, hashlib.sha256(text.encode()).hexdigest(), "profile")
