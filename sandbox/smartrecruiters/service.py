"""SmartRecruiters, pretended: the API, webhooks and recruiter's pages over one tenant's state.

In: switches. Out: an ASGI app and the PretendAts methods, usable from any thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette

from sandbox import control, recruiter_page
from sandbox.contract import ApplicationView, AttachmentView, CandidateView, FieldView, NoteView, Switches
from sandbox.faults import Faults, FaultsMiddleware
from sandbox.smartrecruiters import applications, messages, properties
from sandbox.smartrecruiters.accounts import Accounts
from sandbox.smartrecruiters.api import Api
from sandbox.smartrecruiters.deliveries import Deliveries
from sandbox.smartrecruiters.places import location
from sandbox.smartrecruiters.records import Application, Candidate, Job, Message, StoredFile
from sandbox.smartrecruiters.routes import Router
from sandbox.smartrecruiters.subscriptions import Subscriptions
from sandbox.smartrecruiters.switches import SWITCHES
from sandbox.smartrecruiters.tenant import USERS, Tenant, stamp
from sandbox.smartrecruiters.wire import filled

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from sandbox.people import SampleApplicant, SampleJob


class SmartRecruiters:
    """A pretend SmartRecruiters with one tenant (see ``sandbox.contract.PretendAts``)."""

    name = "smartrecruiters"

    def __init__(self, **switches: Any) -> None:
        self.switches = Switches(SWITCHES, switches)
        self.faults = Faults()
        self.tenant = Tenant(self.switches)
        self.deliveries = Deliveries(self.tenant)
        self.tenant.emit = self.deliveries.emit
        self.accounts = Accounts(self.switches, self.tenant.clock)
        pages = Starlette(routes=[*recruiter_page.routes(self), *control.routes(self)])
        router = Router(Subscriptions(self.deliveries))
        self.api = Api(self.tenant, self.accounts, router, self.faults, pages)
        self.app: ASGIApp = FaultsMiddleware(self.api, self.faults, self.api.throttled_by_fault, latency_inside=True)

    def add_job(self, job: SampleJob) -> str:
        """Opens a job; its id."""
        with self.tenant.lock:
            now, job_id = self.tenant.now(), self.tenant.new_id("job")
            place = (job.city, job.country_code)
            opened = Job(
                job_id, self.tenant.numbers, job.title, job.department, *place,
                job.description_html, job.qualifications_html, now, now, now,
            )  # fmt: skip
            opened.history.append((now, opened.status))
            self.tenant.jobs[job_id] = opened
            self.tenant.emit("job.created", {"id": job_id}, f"/jobs/{job_id}")
            return job_id

    def apply(self, applicant: SampleApplicant, job_id: str) -> str:
        """An application as from the career site: candidate, application and résumé, then the events."""
        with self.tenant.lock:
            job, source = self.tenant.jobs[job_id], self.tenant.sources.labelled(applicant.source)
            candidate = self.tenant.known(applicant.email, applicant.last_name)
            if candidate is None:
                candidate = self.tenant.add_candidate(_profile(applicant), source=source)
            if job_id not in candidate.applications:
                application = self.tenant.assign(candidate, job, source)
                stored = self._attach_resume(application, applicant)
                self.tenant.emit_application("application.created", application)
                if stored is not None:
                    self.tenant.emit_application(
                        "application.attachment.created", application, attachment_id=stored.id
                    )
            return candidate.id

    def add_prospect(self, applicant: SampleApplicant) -> str:
        """A person with a résumé in the talent pool, without an application; a known one gets the new résumé."""
        with self.tenant.lock:
            known = self.tenant.known(applicant.email, applicant.last_name)
            source = self.tenant.sources.labelled(applicant.source)
            candidate = known or self.tenant.add_candidate(_profile(applicant), source=source)
            stored = self._attach_resume(candidate, applicant)
            if known is not None and stored is not None and self.switches.resumes_are_parsed:
                self.tenant.touch(candidate, "profile")
                self.tenant.emit("candidate.updated", {"id": candidate.id}, f"/candidates/{candidate.id}")
            return candidate.id

    def answer_screening(self, candidate_id: str, job_id: str, question: str, value: str) -> None:
        """Adds the candidate's answer to a question of the application form. Raises KeyError for an unknown id."""
        with self.tenant.lock:
            application = self.tenant.candidates[candidate_id].applications[job_id]
            event = "updated" if application.answers else "created"
            application.answers.append(applications.answer(self.tenant.new_id("answer"), question, value))
            self.tenant.emit_application(f"application.screening-answers.{event}", application)

    def _attach_resume(self, to: Application | Candidate, applicant: SampleApplicant) -> StoredFile | None:
        if not applicant.resume_name:
            return None
        resume = (applicant.resume_name, "RESUME", applicant.resume_content_type, applicant.resume_data)
        return self.tenant.attach(to, *resume)

    def candidate_view(self, candidate_id: str) -> CandidateView:
        """What a recruiter sees. Raises KeyError for an unknown id."""
        with self.tenant.lock:
            return self._view(self.tenant.candidates[candidate_id])

    def candidates(self) -> list[CandidateView]:
        with self.tenant.lock:
            return [self._view(candidate) for candidate in self.tenant.candidates.values()]

    def _view(self, candidate: Candidate) -> CandidateView:
        profile, place = candidate.profile, candidate.profile.get("location", {})
        kept = [candidate.attachment_ids, *(application.attachment_ids for application in candidate.ranked())]
        return CandidateView(
            id=candidate.id,
            name=candidate.name,
            email=profile["email"],
            phone=profile.get("phoneNumber", ""),
            location=", ".join(part for part in (place.get("city"), place.get("country")) if part),
            applications=tuple(self._application_view(item) for item in candidate.ranked()),
            fields=() if candidate.applications else (FieldView("Source", candidate.source.label),),
            tags=tuple(candidate.tags),
            notes=tuple(self._note(item) for item in messages.of_candidate(self.tenant, candidate.id)),
            attachments=tuple(_attachment(self.tenant.files[key]) for keys in kept for key in keys),
        )

    def _application_view(self, application: Application) -> ApplicationView:
        definitions = self.tenant.properties().values()
        fields = tuple(
            FieldView(item.label, properties.shown(item, application.values[item.id]), item.type)
            for item in definitions
            if item.id in application.values
        )
        stage = f"{application.status} · {application.sub_status}" if application.sub_status else application.status
        title = self.tenant.jobs[application.job_id].title
        return ApplicationView(application.job_id, title, stage, application.source.label, fields)

    def _note(self, message: Message) -> NoteView:
        author = USERS[message.author_id]
        name = f"{author['firstName']} {author['lastName']}"
        return NoteView(messages.readable(self.tenant, message), name, stamp(message.created_at))

    def advance(self, seconds: float) -> None:
        """Moves the sandbox's clock forward: retries fall due, tokens and keys expire."""
        self.tenant.clock.advance(seconds)

    def wait_idle(self, timeout_s: float = 10.0) -> bool:
        """Returns once no webhook is due or under way; False when that takes longer."""
        return self.deliveries.wait_idle(timeout_s)

    def state(self) -> dict[str, Any]:
        """Counts, jobs, subscriptions, requests served."""
        tenant, subscriptions = self.tenant, list(self.deliveries.subscriptions.values())
        with tenant.lock:
            return {
                "jobs": {job.id: job.title for job in tenant.jobs.values()},
                "candidates": len(tenant.candidates),
                "applications": len(tenant.applications),
                "attachments": len(tenant.files),
                "messages": len(tenant.messages),
                "fields": {item.label: item.id for item in tenant.properties().values()},
                "subscriptions": [
                    {"id": item.id, "callbackUrl": item.callback_url, "active": item.active} for item in subscriptions
                ],
                "deliveries": {
                    "delivered": self.deliveries.delivered,
                    "failed": self.deliveries.failed,
                    "waiting": self.deliveries.waiting(),
                },
                "served": dict(self.api.served),
                "refused_by_limits": self.api.limits.refused,
            }

    def close(self) -> None:
        """Stops the delivery threads."""
        self.deliveries.close()


def _profile(applicant: SampleApplicant) -> dict[str, Any]:
    return filled(
        {
            "firstName": applicant.first_name,
            "lastName": applicant.last_name,
            "email": applicant.email,
            "phoneNumber": applicant.phone,
            "location": location(applicant.city, applicant.country_code),
        }
    )


def _attachment(stored: StoredFile) -> AttachmentView:
    return AttachmentView(stored.id, stored.name, stored.type, stored.content_type, stored.data)
