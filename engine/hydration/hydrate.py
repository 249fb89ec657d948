"""Fetches what one application's scoring and writing need: candidate, application, job, résumé.

Each object is fetched once per event (one ``Hydrator`` lives as long as one event); jobs and résumé texts are
kept in the store between events, by their id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from connectors.calls import Caller
from engine.errors import AnswerUnusable, Refused
from engine.hydration.applications import CandidateApplications
from engine.hydration.memo import ListMemo
from engine.hydration.objects import check_there, mapper
from engine.hydration.resumes import Resumes
from engine.manifest.connection import Connection
from engine.manifest.language.expressions import holds
from engine.model import Application, Candidate, Ids, Job, Json, ResumeText, as_plain
from engine.ports import ResumeReading
from engine.store.cache import Cache


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
        event: Mapping[str, Json] = MappingProxyType({}),
    ) -> None:
        """``event`` is the canonical event as expressions see it."""
        self._connection, self._caller, self._cache, self._event = connection, caller, cache, event
        self._resumes = Resumes(connection, caller, cache, reader)
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
        mapped = self._objects["candidate"]
        if mapped.applications is not None:
            record = self.candidate(candidate_id)[1]
            found = mapped.applications(record) or []
            if not (found or "applications" in mapped.may_be_empty):
                check_there("the candidate's applications", mapped.applications, record)
            return [_at_job(candidate_id, item) for item in found if item.get("job_id")]
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

    def resume(self, hydrated: Hydrated) -> ResumeText | None:
        """The résumé's text, or None when there is none. Raises ResumeUnreadable."""
        context = {**hydrated.context(self._connection.settings), "event": dict(self._event)}
        return self._resumes.of(context, hydrated.record)

    def _record(self, kind: str, key: str, context: Mapping[str, Json]) -> Json:
        if (kind, key) not in self._records:
            operation = self._objects[kind].read
            record = self._caller.record(operation, context)
            if not record:
                raise Refused("missing", f"there is no such {kind}", operation=operation)
            self._records[kind, key] = self._completed(kind, record, context)
        return self._records[kind, key]

    def _completed(self, kind: str, record: Json, context: Mapping[str, Json]) -> Json:
        """``record`` with what the further reads of its kind give, each under its name."""
        for name, added in self._objects[kind].add.items():
            if added.when is None or holds(added.when({"record": record})):
                record = {**record, name: self._caller.record(added.read, {**context, "record": record})}
        return record


def _at_job(candidate_id: str, item: Mapping[str, Json]) -> Ids:
    application = item.get("application_id")
    return Ids(candidate_id, str(item["job_id"]), None if application is None else str(application))
