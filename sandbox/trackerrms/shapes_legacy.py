"""Records as the legacy API shows them, after widget-api-samples.json: lower-case keys, times without a zone.

The samples show opportunities only; what candidates, placements and activities carry follows the columns that
createResource and updateRecord take.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.trackerrms.database import Database
from sandbox.trackerrms.records import Activity, Opportunity, OpportunityResource, Resource

Local = Callable[[float], str]

COLUMNS = {
    "firstname": "first_name", "lastname": "last_name", "jobtitle": "job_title", "company": "employer",
    "email": "email", "cellphone": "mobile", "homephone": "telephone", "workphone": "fax", "city": "city",
    "country": "country", "linkedin": "linkedin", "source": "source", "status": "status", "note": "note",
}  # fmt: skip


def listed(database: Database, row: Any, custom: bool, local: Local) -> dict[str, Any]:
    """A row of getRecords; with ``custom`` it carries its custom fields."""
    view = {**_short(database, row), "details": [], "lastupdateddatetime": local(_updated(row))}
    return {**view, "customfields": custom_fields(database, row)} if custom else view


def whole(database: Database, row: Any, local: Local) -> dict[str, Any]:
    """A record as getIndividualRecord gives it."""
    view = {**_short(database, row), "lastupdateddatetime": local(_updated(row))}
    if isinstance(row, Resource):
        view |= {column: getattr(row, name) for column, name in COLUMNS.items()}
        view |= {"tag": ", ".join(row.tags), "note": database.note_of(row), "description": row.job_title}
        view |= {"skills": [{"id": skill["id"], "value": skill["name"]} for skill in row.skills]}
        summary = {"Status": row.status, "Source": row.source, "Note": database.note_of(row)}
    elif isinstance(row, Opportunity):
        view |= {"clientid": 34676, "clientname": row.client, "contactid": 0, "contactname": None, "type": None}
        view |= {"values": None, "shortlisted": None, "description": row.description + row.qualifications}
        summary = {"Status": row.status, "Type": "Permanent"}
    else:
        summary = {"Status": view["status"]}
    rows = [{"recordName": name, "recordValue": value} for name, value in summary.items() if value]
    return {**view, "executivesummary": rows, "customfields": custom_fields(database, row)}


def custom_fields(database: Database, row: Any) -> list[dict[str, Any]]:
    known = database.switches.pairs("custom_fields")
    return [{"id": int(key), "name": name, "value": row.custom_fields.get(key)} for key, name in known.items()]


def _updated(row: Any) -> float:
    return float(getattr(row, "updated_at", row.created_at))


def _short(database: Database, row: Any) -> dict[str, Any]:
    if isinstance(row, Resource):
        return {"id": row.id, "name": row.name, "company": row.employer, "status": row.status}
    if isinstance(row, Opportunity):
        return {"id": row.id, "name": row.name, "company": row.client, "status": row.status}
    if isinstance(row, OpportunityResource):
        return _placement(database, row)
    assert isinstance(row, Activity)
    code = {"Resource": "R", "Opportunity": "O", "OpportunityResource": "X"}.get(row.record_type, "")
    linked = {"linkRecordType": code, "linkRecordId": row.record_id}
    return {"id": row.id, "name": row.subject, "type": row.kind, "status": "Completed", "note": row.note, **linked}


def _placement(database: Database, row: OpportunityResource) -> dict[str, Any]:
    person, job = database.resources.get(row.resource_id), database.opportunities.get(row.opportunity_id)
    return {
        "id": row.id, "name": person.name if person else "", "company": job.client if job else "",
        "status": database.status_name(row.status_id), "opportunityid": row.opportunity_id,
        "resourceid": row.resource_id,
    }  # fmt: skip
