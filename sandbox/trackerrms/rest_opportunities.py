"""The v1 API of the pretend TrackerRMS: jobs, and candidates at jobs (TrackerRMS facts, A4)."""

from __future__ import annotations

from typing import Any

from starlette.routing import Route

from sandbox.trackerrms.calls import Answer, Call, Door, Problem
from sandbox.trackerrms.database import Database
from sandbox.trackerrms.paging import Page, arranged, page
from sandbox.trackerrms.records import Opportunity, OpportunityResource
from sandbox.trackerrms.rest import updated_after
from sandbox.trackerrms.shapes_v1 import application_view, opportunity_view, whole_number


class Opportunities:
    """Jobs: searches that honour state, publishOnline and updatedAfter, reading one, and the longlist."""

    def __init__(self, database: Database) -> None:
        self._database, self._switches = database, database.switches

    def routes(self, door: Door) -> list[Route]:
        base = "/api/v1/Opportunity"
        longlist = f"{base}/{{job}}/longlist/resource/{{resource}}"
        return [
            Route(f"{base}/Search", door.read(self.search), methods=["POST"]),
            Route(f"{base}/PagedSearch", door.read(self.paged_search), methods=["POST"]),
            Route(f"{base}/{{id}}", door.read(self.get), methods=["GET"]),
            Route(longlist, door.write("application", self.longlist), methods=["POST"]),
        ]

    def search(self, call: Call) -> Answer:
        return 200, [opportunity_view(row) for row in self._page(call).rows]

    def paged_search(self, call: Call) -> Answer:
        found = self._page(call)
        rows = [opportunity_view(row) for row in found.rows]
        return 200, {"opportunities": rows, "totalCount": found.total, "hasNextPage": found.has_next}

    def get(self, call: Call) -> Answer:
        row = self._database.opportunities.get(call.path["id"])
        if row is None:
            raise Problem(404)
        return 200, opportunity_view(row)

    def longlist(self, call: Call) -> Answer:
        """201 with the new row's id, 200 with the old one's where the candidate is on the job already."""
        job_id, resource_id = call.path["job"], call.path["resource"]
        if job_id not in self._database.opportunities or resource_id not in self._database.resources:
            raise Problem(404)
        row, new = self._database.apply(resource_id, job_id)
        return 201 if new else 200, {"id": row.id, "success": True}

    def _page(self, call: Call) -> Page:
        rows = [row for row in self._database.opportunities.values() if self._matches(row, call.object)]
        forever = self._switches.search_last_page_forever
        return page(arranged(rows, self._switches), call.object, self._switches, forever=forever)

    def _matches(self, row: Opportunity, asked: dict[str, Any]) -> bool:
        if asked.get("state") and row.state != str(asked["state"]).lower():
            return False
        if asked.get("publishOnline") is not None and row.publish_online != bool(asked["publishOnline"]):
            return False
        text = str(asked.get("searchTerm") or asked.get("searchText") or "").lower()
        if self._switches.text_filters and text not in row.name.lower():
            return False
        return updated_after(row.updated_at, asked.get("updatedAfter"))


class Applications:
    """OpportunityResource rows: search with filters ignored by default, reading one, and the unproven move."""

    def __init__(self, database: Database) -> None:
        self._database, self._switches = database, database.switches

    def routes(self, door: Door) -> list[Route]:
        base, one = "/api/v1/OpportunityResource", "/api/v1/OpportunityResource/{id}"
        return [
            Route(f"{base}/Search", door.read(self.search), methods=["POST"]),
            Route(one, door.read(self.get), methods=["GET"]),
            Route(one, door.write("application", self.patch), methods=["PATCH"]),
        ]

    def search(self, call: Call) -> Answer:
        rows = [row for row in self._database.applications.values() if self._matches(row, call.object)]
        forever = self._switches.search_last_page_forever
        found = page(arranged(rows, self._switches), call.object, self._switches, forever=forever)
        return 200, {
            "data": [application_view(self._database, row) for row in found.rows],
            "totalRecords": found.total,
            "pageNumber": found.number,
            "pageSize": found.size,
        }

    def get(self, call: Call) -> Answer:
        row = self._database.applications.get(call.path["id"])
        if row is None:
            raise Problem(404)
        return 200, application_view(self._database, row, whole=True)

    def patch(self, call: Call) -> Answer:
        if not self._switches.stage_move:
            raise Problem(405)
        row = self._database.applications.get(call.path["id"])
        if row is None:
            return 204, None
        self._move(row, call.object.get("opportunityResourceStatusId"))
        if self._switches.patch_answer == "204":
            return 204, None
        return 200, application_view(self._database, row, whole=True)

    def _move(self, row: OpportunityResource, status_id: Any) -> None:
        try:
            self._database.move(row, whole_number(status_id, "opportunityResourceStatusId"))
        except ValueError:
            raise Problem(400, "opportunityResourceStatusId is not known") from None

    def _matches(self, row: OpportunityResource, asked: dict[str, Any]) -> bool:
        if not self._switches.application_filters:
            return True
        if asked.get("opportunityId") and row.opportunity_id != asked["opportunityId"]:
            return False
        if asked.get("resourceId") and row.resource_id != asked["resourceId"]:
            return False
        return updated_after(row.updated_at, asked.get("updatedAfter"))
