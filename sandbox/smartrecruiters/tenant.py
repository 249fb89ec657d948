"""The pretend tenant: everything kept, by id, and the few rules that several resources share."""

from __future__ import annotations

import threading
import uuid
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from engine.clock import iso
from sandbox.clock import SandboxClock
from sandbox.smartrecruiters.fields import IDS, read_fields
from sandbox.smartrecruiters.records import Application, Candidate, Job, Message, Property, SourceRef, StoredFile
from sandbox.smartrecruiters.sources import API, Sources
from sandbox.smartrecruiters.wire import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.contract import Switches


USERS: dict[str, dict[str, Any]] = {
    user_id: {"id": user_id, "email": email, "firstName": first, "lastName": last, "active": True, "role": role}
    for user_id, email, first, last, role in (
        ("5889cc6ee4b0215f3c7367d3", "rita.recruiter@example.com", "Rita", "Recruiter", "ADMINISTRATOR"),
        ("5889cc6ee4b0215f3c7367d4", "henry.manager@example.com", "Henry", "Manager", "STANDARD"),
        ("5889cc6ee4b0215f3c7367d5", "integration@example.com", "Integration", "User", "ADMINISTRATOR"),
    )
}
ME = "5889cc6ee4b0215f3c7367d5"


class Tenant:
    """State and clock. ``lock`` is held by whoever reads or changes it."""

    def __init__(self, switches: Switches) -> None:
        self.switches = switches
        self.clock = SandboxClock()
        self.lock = threading.RLock()
        self.base_url = "https://api.smartrecruiters.com"
        self.jobs: dict[str, Job] = {}
        self.candidates: dict[str, Candidate] = {}
        self.roster: list[Candidate] = []
        self.people: dict[tuple[str, str], str] = {}
        self.applications: dict[str, Application] = {}
        self.files: dict[str, StoredFile] = {}
        self.messages: dict[str, Message] = {}
        self.reviews: dict[str, dict[str, Any]] = {}
        self.sources = Sources()
        self.numbers = 0
        self.started_at = self.clock.now()
        self._fields: tuple[str, dict[str, Property]] = ("", {})
        self.emit: Callable[[str, dict[str, str], str | None], None] = lambda _name, _body, _link: None
        self.properties()

    def now(self) -> float:
        return self.clock.now()

    def new_id(self, kind: str) -> str:
        """A UUID; the same one for the same history, so that a demo's addresses do not change."""
        self.numbers += 1
        return str(uuid.uuid5(IDS, f"{kind}-{self.numbers}"))

    def properties(self) -> dict[str, Property]:
        """The custom fields by id, as the ``fields`` switch says; a field's id follows from its label."""
        text = str(self.switches.fields)
        if self._fields[0] != text:
            self._fields = (text, read_fields(text))
        return self._fields[1]

    def is_denied(self, candidate_id: str) -> bool:
        """Whether the ``denied_candidates`` switch names this one."""
        return candidate_id in _listed(self.switches.denied_candidates)

    def candidate(self, candidate_id: str, denied_status: int = 403) -> Candidate:
        """Raises ApiError: 401 or 403 for one without access, 404 for an unknown one."""
        if self.is_denied(candidate_id):
            raise self._denied("Candidate access denied", "NO_ACCESS_TO_CANDIDATE", denied_status)
        found = self.candidates.get(candidate_id)
        if found is None:
            raise ApiError(404, "CANDIDATE_NOT_FOUND", "Candidate not found")
        return found

    def application(self, params: dict[str, str], denied_status: int = 403) -> Application:
        """The application at ``/candidates/{id}/jobs/{jobId}``. Raises ApiError 401, 403 or 404."""
        candidate = self.candidate(params["id"], denied_status)
        found = candidate.applications.get(params["jobId"])
        if found is None:
            raise ApiError(404, "JOB_NOT_FOUND", "The candidate is not assigned to this job")
        return found

    def job(self, job_id: str, denied_status: int = 401) -> Job:
        """Raises ApiError: 401 for one without access (or unknown: the API documents no 404 there)."""
        if job_id in _listed(self.switches.denied_jobs) or job_id not in self.jobs:
            raise self._denied("Job access denied", "NO_ACCESS_TO_JOB", denied_status)
        return self.jobs[job_id]

    def _denied(self, message: str, code: str, status: int) -> ApiError:
        return ApiError(401 if self.switches.denied_answer == "401" else status, code, message)

    def touch(self, candidate: Candidate, what: str) -> None:
        """Moves ``updatedOn`` if the ``updated_on_moves`` switch names ``what``."""
        if what in _listed(self.switches.updated_on_moves):
            candidate.touched_at.append(self.now())

    def shown_updated_at(self, candidate: Candidate) -> float | None:
        """``updatedOn`` as the lagging index shows it; None when it does not show the candidate yet."""
        lag_s = self.switches.index_lag_s
        if not lag_s:
            return candidate.touched_at[-1]
        horizon = self.now() - lag_s
        return next((moment for moment in reversed(candidate.touched_at) if moment <= horizon), None)

    def add_candidate(self, profile: dict[str, Any], *, source: SourceRef = API, internal: bool = False) -> Candidate:
        now = self.now()
        candidate_id = self.new_id("candidate")
        candidate = Candidate(candidate_id, self.numbers, profile, internal, now, [now], source)
        self.candidates[candidate_id] = candidate
        self.roster.append(candidate)
        self.people.setdefault(candidate.person_key, candidate_id)
        self.emit("candidate.created", {"id": candidate_id}, f"/candidates/{candidate_id}")
        return candidate

    def known(self, email: str, last_name: str) -> Candidate | None:
        """The person with this e-mail and last name: the pair is unique (facts, 3.1)."""
        found = self.people.get((email.lower(), last_name.lower()))
        return self.candidates.get(found) if found else None

    def assign(self, candidate: Candidate, job: Job, source: SourceRef = API) -> Application:
        """An application in status NEW; fires no event: the caller does, once all of it is there.

        Files from the talent pool go with it, if the ``talent_pool_files`` switch says so.
        """
        now = self.now()
        application = Application(self.new_id("application"), candidate.id, job.id, source, now, now)
        application.history.append((now, "NEW", ""))
        candidate.applications[job.id] = application
        self.applications[application.id] = application
        if self.switches.talent_pool_files == "move":
            application.attachment_ids, candidate.attachment_ids = candidate.attachment_ids, []
            for key in application.attachment_ids:
                self.files[key] = replace(self.files[key], job_id=job.id)
        job.last_activity_at = now
        self.touch(candidate, "application")
        return application

    def attach(self, to: Application | Candidate, name: str, kind: str, content_type: str, data: bytes) -> StoredFile:
        """Keeps a file of an application, or of a person in the talent pool; fires no event."""
        person, job_id = (to.id, "") if isinstance(to, Candidate) else (to.candidate_id, to.job_id)
        stored = StoredFile(self.new_id("file"), person, job_id, name, kind, content_type, data)
        self.files[stored.id] = stored
        to.attachment_ids.append(stored.id)
        self.touch(self.candidates[person], "attachments")
        return stored

    def detach(self, stored: StoredFile) -> None:
        """Forgets a file; fires no event."""
        candidate = self.candidates[stored.candidate_id]
        owner = candidate.applications[stored.job_id] if stored.job_id else candidate
        owner.attachment_ids.remove(stored.id)
        del self.files[stored.id]

    def drop_application(self, application: Application) -> None:
        """Forgets an application with its files and reviews; fires no event."""
        del self.candidates[application.candidate_id].applications[application.job_id]
        del self.applications[application.id]
        for key in application.attachment_ids:
            del self.files[key]
        mine = (application.candidate_id, application.job_id)
        for key in [key for key, item in self.reviews.items() if (item["candidateId"], item["jobId"]) == mine]:
            del self.reviews[key]

    def emit_application(self, name: str, application: Application, **more: str) -> None:
        """An ``application.*`` event: ids only."""
        body = {"job_id": application.job_id, "candidate_id": application.candidate_id}
        if self.switches.application_ids:
            body["application_id"] = application.id
        self.emit(name, {**body, **more}, f"/candidates/{application.candidate_id}/jobs/{application.job_id}")

    def echo(self, name: str, application: Application, **more: str) -> None:
        """The event for a write made through the API."""
        if self.switches.echo_events:
            self.emit_application(name, application, **more)

    def echo_candidate(self, candidate: Candidate) -> None:
        if self.switches.echo_events:
            self.emit("candidate.updated", {"id": candidate.id}, f"/candidates/{candidate.id}")


@lru_cache(maxsize=64)
def _listed_text(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part.strip())


def _listed(value: object) -> frozenset[str]:
    return _listed_text(str(value))


def stamp(moment: float) -> str:
    """A timestamp as the API writes it."""
    return iso(moment)
