"""The pretend TrackerRMS as a whole: state, both APIs, OAuth, webhooks, the recruiter's page, control endpoints.

In: switches, sample jobs and applicants, HTTP. Out: ``TrackerRms``, a ``sandbox.contract.PretendAts``. One app
serves what the vendor spreads over two hosts; point both base URLs of a manifest at it.
"""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from engine.errors import InputError
from sandbox import control, recruiter_page
from sandbox.clock import SandboxClock
from sandbox.contract import CandidateView, Switches
from sandbox.faults import Faults, FaultsMiddleware
from sandbox.people import SampleApplicant, SampleJob
from sandbox.trackerrms import oauth
from sandbox.trackerrms.calls import Door, RateLimit
from sandbox.trackerrms.credentials import Credentials
from sandbox.trackerrms.database import Database
from sandbox.trackerrms.documents import Documents
from sandbox.trackerrms.legacy import LegacyDoor
from sandbox.trackerrms.legacy_reads import Reads
from sandbox.trackerrms.legacy_writes import Writes
from sandbox.trackerrms.records import OpportunityResource
from sandbox.trackerrms.rest import Resources, exchange_route
from sandbox.trackerrms.rest_opportunities import Applications, Opportunities
from sandbox.trackerrms.switches import TrackerSwitches
from sandbox.trackerrms.views import candidate_view
from sandbox.trackerrms.webhooks import Webhooks


class TrackerRms:
    """One pretend tenant. Ids are text outside, numbers inside. Raises InputError for an unknown switch."""

    name = "trackerrms"

    def __init__(self, **switches: Any) -> None:
        self._settings = TrackerSwitches(switches)
        self.switches: Switches = self._settings
        self.faults = Faults()
        self.clock = SandboxClock()
        self.webhooks = Webhooks(self._settings, self.clock)
        self.database = Database(self._settings, self.clock, self.webhooks.changed)
        self.credentials = Credentials(self._settings, self.clock)
        self._limit = RateLimit(self._settings, self.clock)
        self._door = Door(self.database, self.credentials, self._limit)
        self.app: ASGIApp = FaultsMiddleware(Starlette(routes=self._routes()), self.faults, self._limit.answer)

    def add_job(self, job: SampleJob) -> str:
        """Opens a job; its provider id."""
        row = self.database.add_opportunity(
            name=job.title,
            description=job.description_html,
            qualifications=job.qualifications_html,
            department=job.department,
            location=", ".join(part for part in (job.city, job.country_code) if part),
        )
        return str(row.id)

    def apply(self, applicant: SampleApplicant, job_id: str) -> str:
        """Creates or reuses the candidate, attaches the résumé, puts them on the longlist; the candidate's id.

        Raises KeyError for an unknown job.
        """
        with self.database.lock:
            job = self.database.opportunities[_key(job_id)]
            candidate_id = self.add_prospect(applicant)
            self.database.apply(_key(candidate_id), job.id, source=applicant.source)
            return candidate_id

    def add_prospect(self, applicant: SampleApplicant) -> str:
        """Creates or reuses the candidate and attaches the résumé, without an application; the candidate's id."""
        with self.database.lock:
            row = self.database.resource_by_email(applicant.email) or self.database.add_resource(_values(applicant))
            if applicant.resume_name:
                self.database.add_document(
                    "Resource", row.id, applicant.resume_name, "resume", applicant.resume_data,
                    content_type=applicant.resume_content_type, primary=True,
                )  # fmt: skip
            return str(row.id)

    def move(self, candidate_id: str, job_id: str, status: str) -> None:
        """A recruiter moves a candidate to a status, by its name. Raises KeyError for what is not known."""
        ids = {name: int(key) for key, name in self._settings.pairs("statuses").items()}
        self.database.move(self.application(candidate_id, job_id), ids[status])

    def application(self, candidate_id: str, job_id: str) -> OpportunityResource:
        """The row of a candidate at a job. Raises KeyError."""
        with self.database.lock:
            for row in self.database.applications_of(_key(candidate_id)):
                if row.opportunity_id == _key(job_id):
                    return row
        raise KeyError(candidate_id)

    def delete_candidate(self, candidate_id: str) -> None:
        """A recruiter deletes a candidate. Raises KeyError."""
        self.database.delete_resource(_key(candidate_id))

    def candidate_view(self, candidate_id: str) -> CandidateView:
        """What a recruiter sees. Raises KeyError for an unknown id."""
        return candidate_view(self.database, self.database.resources[_key(candidate_id)])

    def candidates(self) -> list[CandidateView]:
        with self.database.lock:
            return [candidate_view(self.database, row) for row in self.database.resources.values()]

    def advance(self, seconds: float) -> None:
        """Moves the clock forward: tokens end, the rate limit's minute passes, retries fall due."""
        self.clock.advance(seconds)

    def state(self) -> dict[str, Any]:
        """Counts, subscriptions, deliveries and the requests served, by method and path."""
        with self.database.lock:
            counts = {
                "resources": len(self.database.resources),
                "opportunities": len(self.database.opportunities),
                "opportunity_resources": len(self.database.applications),
                "activities": len(self.database.activities),
                "documents": len(self.database.documents),
            }
        return {
            "counts": counts,
            "token_exchanges": self.credentials.exchanges,
            "subscriptions": self._subscriptions(),
            "deliveries": list(self.webhooks.log),
            "requests": dict(self._door.served),
        }

    def close(self) -> None:
        """Stops the webhooks' thread; what was not sent stays unsent."""
        self.webhooks.close()

    def _routes(self) -> list[Route]:
        legacy = LegacyDoor(self.database, self.credentials, self._limit, self._door)
        operations = Reads(self.database).operations() | Writes(self.database, legacy).operations()
        operations |= Documents(self.database).operations()
        return [
            exchange_route(self.credentials, self._door, self._limit),
            *Resources(self.database).routes(self._door),
            *Opportunities(self.database).routes(self._door),
            *Applications(self.database).routes(self._door),
            *legacy.routes(operations),
            *oauth.routes(self.credentials),
            *recruiter_page.routes(self),
            *control.routes(self),
            Route("/_sandbox/webhooks", self._subscribe, methods=["GET", "POST", "DELETE"]),
        ]

    async def _subscribe(self, request: Request) -> Response:
        """Settings > Webhooks: ``POST {url, recordTypes, actions}`` adds one, ``DELETE`` removes all."""
        if request.method == "DELETE":
            self.webhooks.subscriptions.clear()
        if request.method == "POST":
            try:
                body = await request.json()
                lists = [tuple(map(str, body.get(name) or ())) for name in ("recordTypes", "actions")]
                self.webhooks.subscribe(str(body["url"]), *lists)
            except InputError as error:
                return JSONResponse({"message": error.message, "hint": error.hint}, 400)
            except (ValueError, KeyError, TypeError, AttributeError):
                return JSONResponse({"message": "Expected {url, recordTypes, actions}"}, 400)
        return JSONResponse({"subscriptions": self._subscriptions()})

    def _subscriptions(self) -> list[dict[str, Any]]:
        return [
            {"url": each.url, "recordTypes": list(each.record_types), "actions": list(each.actions)}
            for each in self.webhooks.subscriptions
        ]


def _key(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise KeyError(text) from None


def _values(applicant: SampleApplicant) -> dict[str, Any]:
    return {
        "first_name": applicant.first_name, "last_name": applicant.last_name, "email": applicant.email,
        "mobile": applicant.phone, "city": applicant.city, "country": applicant.country_code,
        "source": applicant.source,
    }  # fmt: skip
