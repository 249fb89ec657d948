"""Fetches what one application's scoring and writing need: candidate, application, job, résumé.

Each object is fetched once per event (one ``Hydrator`` lives as long as one event); jobs and résumé texts are
kept in the store between events, by their id.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.calls import Caller
from engine.errors import AnswerUnusable, Refused, ResumeUnreadable
from engine.hydration.applications import CandidateApplications
from engine.hydration.memo import ListMemo
from engine.hydration.objects import mapper
from engine.manifest.connection import Connection
from engine.manifest.model import ResumeSource
from engine.model import Application, Attachment, Candidate, Ids, Job, Json, ResumeFile, ResumeText, as_plain
from engine.ports import ResumeReading
from engine.store.cache import Cache

_RESUME_KEPT_S = 30 * 86400.0


@dataclass(frozen=True, slots=True)
class Hydrated:
    """What is known of one application when it is scored. ``application`` is None for a prospect."""

    candidate: Candidate
    application: Application | None
    job: Job
    record: Json = field(repr=False)

    def context(self, settings: Mapping[str, Json]) -> dict[str, Json]:
        """What the manifest's expressions see of it."""
        application = self.application or Application(self.candidate.id, self.job.id)
        return {
            "settings": dict(settings),
            "candidate": {**as_plain(self.candidate), "name": self.candidate.name},
            "application": as_plain(application),
            "job": {**as_plain(self.job), "text": self.job.text},
            "prospect": self.application is None,
        }


class Hydrator:
    """Reads for one event. Every method raises CallError, AnswerUnusable or ExpressionError as calls do."""

    def __init__(
        self,
        connection: Connection,
        caller: Caller,
        cache: Cache,
        reader: ResumeReading,
        lists: ListMemo | None = None,
    ) -> None:
        self._connection, self._caller, self._cache, self._reader = connection, caller, cache, reader
        listed = connection.manifest.application_list
        self._seen = CandidateApplications(connection, caller, cache, lists, listed) if listed else None
        self._objects = connection.manifest.objects
        self._records: dict[tuple[str, str], Json] = {}

    def application_ids(self, ids: Ids) -> Ids:
        """``ids`` with the candidate and job that the application's own record names."""
        application = self.application(ids)
        return Ids(application.candidate_id, application.job_id, application.id or ids.application, ids.attachment)

    def candidate(self, candidate_id: str) -> tuple[Candidate, Json]:
        """The candidate and the record it was made of."""
        record = self._record("candidate", candidate_id, {"candidate": {"id": candidate_id}})
        made = mapper(Candidate, self._objects)
        assert made is not None  # the schema requires the candidate's mapping
        candidate: Candidate = made.map(record, id=candidate_id)
        return candidate, record

    def application(self, ids: Ids) -> Application:
        """The application of ``ids``; a manifest without its mapping knows no more than the ids."""
        made = mapper(Application, self._objects)
        ids = self._seen.identified(ids) if self._seen else ids
        known = {
            name: value
            for name, value in (("candidate_id", ids.candidate), ("job_id", ids.job), ("id", ids.application))
            if value
        }
        if made is None:
            return Application(**known)
        context = {
            "candidate": {"id": ids.candidate},
            "job": {"id": ids.job},
            "application": {"id": ids.application},
        }
        record = self._record("application", f"{ids.candidate}|{ids.job}|{ids.application}", context)
        application: Application = made.map(record, **known)
        if self._seen:
            self._seen.remember(Ids(application.candidate_id, application.job_id, application.id or ids.application))
        return application

    def applications_of(self, candidate_id: str) -> list[Ids]:
        """The jobs a candidate is at: from their own record, else from the manifest's list of applications."""
        rule = self._objects["candidate"].applications
        if rule is not None:
            found = rule(self.candidate(candidate_id)[1]) or []
            return [Ids(candidate_id, str(item["job_id"])) for item in found if item.get("job_id")]
        return self._seen.of(candidate_id) if self._seen else []

    def job(self, job_id: str) -> Job:
        """The job, kept as long as the manifest says."""
        kept = self._cache.get(self._connection.name, "job", job_id)
        if kept is not None:
            return Job(**kept)
        made = mapper(Job, self._objects)
        assert made is not None  # the schema requires the job's mapping
        job: Job = made.map(self._record("job", job_id, {"job": {"id": job_id}}), id=job_id)
        keep_s = self._objects["job"].cache_s
        if keep_s:
            self._cache.put(self._connection.name, "job", job_id, as_plain(job), ttl_s=keep_s)
        return job

    def forget_job(self, job_id: str) -> None:
        """Ends the keeping of a job that is known to have changed."""
        self._cache.forget(self._connection.name, "job", job_id)

    def hydrate(self, ids: Ids, *, prospect: bool) -> Hydrated:
        """Candidate, application and job of one application (or of a prospect and the job to score against)."""
        if ids.candidate is None or ids.job is None:
            raise AnswerUnusable("an application needs its candidate and its job")
        application = None if prospect else self.application(ids)
        candidate, record = self.candidate(ids.candidate)
        return Hydrated(candidate, application, self.job(ids.job), record)

    # ── résumé ───────────────────────────────────────────────────────────────────────────────────────────────

    def resume(self, hydrated: Hydrated) -> ResumeText | None:
        """The résumé's text, or None when there is none. Raises ResumeUnreadable."""
        context = hydrated.context(self._connection.settings)
        for source in self._connection.manifest.resume:
            if source.when is not None and not source.when(context):
                continue
            text = self._from_text(source, hydrated) if source.text else self._from_file(source, context)
            if text is not None:
                return text
        return None

    def _from_text(self, source: ResumeSource, hydrated: Hydrated) -> ResumeText | None:
        text = source.text(hydrated.record) if source.text else None
        if not isinstance(text, str) or not text.strip():
            return None
        return ResumeText(text, hashlib.sha256(text.encode()).hexdigest(), "profile")

    def _from_file(self, source: ResumeSource, context: Mapping[str, Json]) -> ResumeText | None:
        attachment: Attachment | None = None
        if source.read is not None:
            attachment = self._picked(source, context)
            if attachment is None:
                return None
            kept = self._kept(attachment.id)
            if kept is not None:
                return kept
        scope = {**context, "attachment": as_plain(attachment)} if attachment else context
        file = self._download(source, scope, attachment)
        return None if file is None else self._read(file, attachment, context["candidate"]["id"])

    def _picked(self, source: ResumeSource, context: Mapping[str, Json]) -> Attachment | None:
        assert source.read is not None
        listed = self._caller.records(source.read, context)
        chosen = source.pick(listed) if source.pick else (listed[-1] if listed else None)
        if not chosen or not chosen.get("id"):
            return None
        names = ("name", "content_type")
        return Attachment(id=str(chosen["id"]), **{name: str(chosen[name]) for name in names if chosen.get(name)})

    def _download(
        self, source: ResumeSource, context: Mapping[str, Json], attachment: Attachment | None
    ) -> ResumeFile | None:
        assert source.download is not None
        try:
            answer = self._caller.call(source.download, context)
        except Refused as error:
            if error.kind == "missing":
                return None
            raise
        if source.base64 is None:
            name = attachment.name if attachment else ""
            return ResumeFile(answer.data, name, attachment.content_type if attachment else None)
        encoded = source.base64(answer.body)
        if not isinstance(encoded, str):
            return None
        name = source.name(answer.body) if source.name else ""
        try:
            return ResumeFile(base64.b64decode(encoded, validate=True), str(name or ""))
        except (binascii.Error, ValueError):
            raise ResumeUnreadable("the ATS's file is not base64") from None

    def _read(self, file: ResumeFile, attachment: Attachment | None, candidate_id: str) -> ResumeText:
        key = attachment.id if attachment else hashlib.sha256(file.data).hexdigest()
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
        self._cache.put(name, "resume", key, value, ttl_s=_RESUME_KEPT_S, candidate_id=candidate_id)

    def _record(self, kind: str, key: str, context: Mapping[str, Json]) -> Json:
        if (kind, key) not in self._records:
            operation = self._objects[kind].read
            record = self._caller.record(operation, context)
            if not record:
                raise Refused("missing", f"there is no such {kind}", operation=operation)
            self._records[kind, key] = record
        return self._records[kind, key]
