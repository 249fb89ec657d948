"""The v1 API of the pretend TrackerRMS: candidates, activities and metadata (TrackerRMS facts, A4).

In: calls that passed the door. Out: (status, JSON). What is not proven to exist hangs on a switch.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.clock import iso, parse_iso
from sandbox.trackerrms.calls import Answer, Call, Door, Problem, RateLimit
from sandbox.trackerrms.credentials import Credentials
from sandbox.trackerrms.database import Database
from sandbox.trackerrms.paging import Page, arranged, page
from sandbox.trackerrms.records import RecordType, Resource
from sandbox.trackerrms.shapes_v1 import resource_values, resource_view, whole_number

_LINKABLE: tuple[RecordType, ...] = ("Resource", "Opportunity", "OpportunityResource")


def exchange_route(credentials: Credentials, door: Door, limit: RateLimit) -> Route:
    """``POST /api/Auth/ExchangeToken``: the one v1 call without a JWT."""

    async def exchange(request: Request) -> Response:
        door.served["POST /api/Auth/ExchangeToken"] += 1
        if limit.refuses():
            return limit.response()
        try:
            body = await request.json()
        except ValueError:
            return door.refusal(Problem(400, "The request body is not valid JSON"))
        token = body.get("bearerToken") if isinstance(body, dict) else None
        granted = credentials.exchange(str(token or ""))
        if granted is None:
            return door.refusal(Problem(401, "Invalid token"))
        return JSONResponse({"token": granted.jwt, "expiration": iso(granted.expires_at)})

    return Route("/api/Auth/ExchangeToken", exchange, methods=["POST"])


class Resources:
    """Candidates, their notes, and the skills they may have."""

    def __init__(self, database: Database) -> None:
        self._database, self._switches = database, database.switches

    def routes(self, door: Door) -> list[Route]:
        base, one = "/api/v1/Resource", "/api/v1/Resource/{id}"
        skills = "/api/v1/MetaData/Skills/Areas/{area}/Skills"
        return [
            Route(base, door.write("resource", self.create), methods=["POST"]),
            Route(f"{base}/Search", door.read(self.search), methods=["POST"]),
            Route(f"{base}/PagedSearch", door.read(self.paged_search), methods=["POST"]),
            Route(one, door.read(self.get), methods=["GET"]),
            Route(one, door.write("resource", self.patch), methods=["PATCH"]),
            Route(f"{one}/Notes", door.write("activity", self.add_note), methods=["POST"]),
            Route("/api/v1/Activity", door.write("activity", self.add_activity), methods=["POST"]),
            Route(skills, door.read(self.skills), methods=["GET"]),
        ]

    def create(self, call: Call) -> Answer:
        values = resource_values(self._database, call.object, tags=True)
        if not values.get("first_name") and not values.get("last_name"):
            raise Problem(400, "firstName or surname is required")
        return 201, {"id": self._database.add_resource(values).id, "success": True}

    def get(self, call: Call) -> Answer:
        row = self._database.resources.get(call.path["id"])
        if row is None:
            raise Problem(404)
        return 200, resource_view(self._database, row)

    def patch(self, call: Call) -> Answer:
        """204 for a record that is not there, as was seen: a 204 is no proof of a write."""
        row = self._database.resources.get(call.path["id"])
        if row is None:
            return 204, None
        values = resource_values(self._database, call.object, tags=self._switches.patch_tags)
        self._database.update_resource(row, values)
        return (204, None) if self._switches.patch_answer == "204" else (200, resource_view(self._database, row))

    def search(self, call: Call) -> Answer:
        found = [resource_view(self._database, row) for row in self._page(call).rows]
        key = self._switches.resource_list
        return 200, found if key == "list" else {key: found}

    def paged_search(self, call: Call) -> Answer:
        found = self._page(call)
        rows = [resource_view(self._database, row) for row in found.rows]
        return 200, {"resources": rows, "totalCount": found.total, "hasNextPage": found.has_next}

    def add_activity(self, call: Call) -> Answer:
        body = call.object
        kind, record_id = _linkable(body.get("recordType")), whole_number(body.get("recordId"), "recordId")
        if record_id not in self._database.table(kind):
            raise Problem(404)
        row = self._database.add_activity(
            kind, record_id, str(body.get("subject") or ""), str(body.get("note") or "")
        )
        return 201, {"id": row.id, "success": True}

    def add_note(self, call: Call) -> Answer:
        if not self._switches.notes_endpoint or call.path["id"] not in self._database.resources:
            raise Problem(404)
        row = self._database.add_activity("Resource", call.path["id"], "Note", str(call.object.get("text") or ""))
        return 201, {"id": row.id, "success": True}

    def skills(self, call: Call) -> Answer:
        rows = [{"skillId": key, "skillName": name} for key, name in self._database.skills.items()]
        forever = self._switches.metadata_last_page_forever
        return 200, {"skills": page(rows, call.query, self._switches, forever=forever).rows}

    def _page(self, call: Call) -> Page:
        rows = [row for row in self._database.resources.values() if self._matches(row, call.object)]
        forever = self._switches.search_last_page_forever
        return page(arranged(rows, self._switches), call.object, self._switches, forever=forever)

    def _matches(self, row: Resource, asked: dict[str, Any]) -> bool:
        """resourceStatus counts; updatedAfter and text only where a switch says so."""
        if asked.get("resourceStatus") and row.status != asked["resourceStatus"]:
            return False
        if self._switches.resource_updated_after and not updated_after(row.updated_at, asked.get("updatedAfter")):
            return False
        text = asked.get("searchText") or asked.get("searchTerm")
        if self._switches.text_filters and text:
            return str(text).lower() in f"{row.name} {row.email} {row.job_title}".lower()
        return True


def _linkable(name: Any) -> RecordType:
    for known in _LINKABLE:
        if name == known:
            return known
    raise Problem(400, "recordType is not known")


def updated_after(updated_at: float, asked: Any) -> bool:
    """Whether a record changed after a date or ISO time; all did when nothing is asked. Raises Problem 400."""
    if not asked:
        return True
    try:
        return updated_at > parse_iso(str(asked))
    except ValueError:
        raise Problem(400, "updatedAfter is not a date") from None
