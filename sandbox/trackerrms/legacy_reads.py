"""Reading through the legacy API: log-on, settings, records, persons (widget-api-samples.json)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.trackerrms.credentials import INVALID
from sandbox.trackerrms.database import USERS, Database
from sandbox.trackerrms.legacy import EXCEPTION, Block, Body, Operation, Refusal, number, part, success
from sandbox.trackerrms.records import CODES, PLACEMENT_STATUSES, Resource
from sandbox.trackerrms.shapes_legacy import listed, whole

_TIME = "%Y-%m-%d %H:%M:%S"
_FOLDERS = ("Contracts", "Registration Documents")


class Reads:
    """The operations that change nothing."""

    def __init__(self, database: Database) -> None:
        self._database, self._switches = database, database.switches

    def operations(self) -> dict[str, Operation]:
        return {
            "checkLogon": Operation("checkLogon", None, lambda _block: success()),
            "getSettingsData": Operation("checkPerson", None, self.settings),
            "getRecords": Operation("getRecords", None, self.records),
            "getIndividualRecord": Operation("getIndividualRecord", None, self.record),
            "checkPerson": Operation("checkPerson", None, self.person),
            "getDocumentFolders": Operation("getDocumentFolders", None, self.folders),
        }

    def settings(self, _block: Block) -> Body:
        """The tenant's own lists. Its envelope key is checkPerson, in the vendor's document too."""
        fields = self._switches.pairs("custom_fields").items()
        answer: Body = dict(
            accessRights="CORPNTL",
            namingConventions=self._switches.pairs("naming"),
            **_lists(),
            skills=[{"id": key, "name": name} for key, name in self._database.skills.items()],
            skillLists=[],
            customFields=[
                {"id": number(key), "name": name, "recordType": "R", "type": "Text"} for key, name in fields
            ],
            customFieldLists=[],
            users=[{"id": key, "name": name} for key, name in USERS.items()],
        )
        return {**success(), **answer}

    def records(self, block: Block) -> Body:
        """Filters, order and pages are honoured here; ``pagenum`` counts from 0."""
        asked = part(block, "instructions")
        code = str(asked.get("recordtype") or "").upper()
        rows = [row for row in self._rows(code) if self._matches(row, asked)]
        if str(asked.get("sortfield") or "").lower() == "lastupdateddatetime":
            rows.sort(key=self._updated, reverse=str(asked.get("sortdir") or "").lower() == "desc")
        size = number(asked.get("numrecords") or 100)
        start = number(asked.get("pagenum") or 0) * size
        shown = rows[start : start + size]
        custom = bool(asked.get("includecustomfields"))
        results = [listed(self._database, row, custom, self.local) for row in shown]
        return success(count=len(results), results=results)

    def record(self, block: Block) -> Body:
        asked = part(block, "instructions")
        rows = self._rows(str(asked.get("recordtype") or "").upper())
        wanted = number(asked.get("recordid"))
        row = next((row for row in rows if row.id == wanted), None)
        if row is None:
            raise Refusal(INVALID, EXCEPTION)
        return success(count=1, results=[whole(self._database, row, self.local)])

    def person(self, block: Block) -> Body:
        """Whether a person is known by e-mail, phone or LinkedIn; all by one call."""
        details = part(block, "details")
        found = [row for row in self._database.resources.values() if _is_person(row, details)]
        if not found:
            return success(recordLink="", recordTypes="", firstRecord=None)
        first = found[0]
        shown = {
            "fullname": first.name, "jobtitle": first.job_title or "", "company": first.employer or "",
            "phone": first.telephone or "", "cell": first.mobile or "", "email": first.email or "",
            "linkedin": first.linkedin or "",
        }  # fmt: skip
        link = f"/candidates-page/{first.id}"
        return success(count=len(found), recordLink=link, recordTypes="R", firstRecord=shown)

    def folders(self, block: Block) -> Body:
        part(block, "instructions")
        results = [{"id": key, "name": name} for key, name in enumerate(_FOLDERS, start=1)]
        return success(count=len(results), results=results)

    def local(self, timestamp: float) -> str:
        """A time as the legacy API writes it: without a zone, ahead of UTC by the switch."""
        moment = datetime.fromtimestamp(timestamp, UTC) + timedelta(hours=self._switches.legacy_utc_offset_h)
        return moment.strftime(_TIME)

    def _rows(self, code: str) -> list[Any]:
        """All rows of a record type. X holds placements only; A is known to the SDK alone."""
        if code not in CODES or (code == "A" and not self._switches.legacy_activities):
            raise Refusal(INVALID, "Invalid request")
        rows = list(self._database.table(CODES[code]).values())
        if code == "X":
            return [row for row in rows if self._database.status_name(row.status_id) in PLACEMENT_STATUSES]
        return rows

    def _matches(self, row: Any, asked: Block) -> bool:
        if asked.get("recordid") and row.id != number(asked["recordid"]):
            return False
        if asked.get("state") and getattr(row, "state", asked["state"]) != asked["state"]:
            return False
        text = str(asked.get("searchtext") or "").lower()
        if text and text not in str(getattr(row, "name", "")).lower():
            return False
        updated = self.local(self._updated(row))
        after, before = _time(asked.get("updatedafter")), _time(asked.get("updatedbefore"))
        return (not after or updated > after) and (not before or updated < before)

    @staticmethod
    def _updated(row: Any) -> float:
        return float(getattr(row, "updated_at", row.created_at))


def _time(value: Any) -> str:
    """A time as asked, checked; empty for none. Raises Refusal."""
    if not value:
        return ""
    try:
        return datetime.strptime(str(value), _TIME).strftime(_TIME)
    except ValueError:
        raise Refusal(INVALID, f"Conversion from string \"{value}\" to type 'Date' is not valid.") from None


def _is_person(row: Resource, details: Block) -> bool:
    same: list[Callable[[], bool]] = [
        lambda: bool(details.get("email")) and str(details["email"]).lower() == (row.email or "").lower(),
        lambda: (
            bool(details.get("phone")) and _digits(details["phone"]) in (_digits(row.mobile), _digits(row.telephone))
        ),
        lambda: bool(details.get("linkedin")) and details["linkedin"] == row.linkedin,
    ]
    return any(check() for check in same)


def _digits(phone: Any) -> str:
    return "".join(sign for sign in str(phone or "") if sign.isdigit())


def _lists() -> dict[str, list[dict[str, Any]]]:
    names = {
        "leadStatuses": (), "leadSources": (), "opportunityStatuses": ("Open", "On Hold", "Filled", "Closed"),
        "opportunityWorkTypes": ("Permanent", "Contract"), "projectStatuses": (),
        "resourceStatuses": ("Active", "Inactive", "Pre-Registered"), "resourceSources": ("Website", "Referral"),
        "departments": ("Engineering", "Operations"), "ticketTypes": (), "userTeams": (), "taskTypes": (),
        "skillCategories": ("General",), "skillAreas": ("General",),
    }  # fmt: skip
    return {
        key: [{"id": index, "name": name} for index, name in enumerate(each, start=1)] for key, each in names.items()
    }
