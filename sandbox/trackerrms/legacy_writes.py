"""Writing through the legacy API: candidates, their columns, activities, applications (widget-api-samples.json)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.trackerrms.credentials import INVALID, NOT_OVERWRITTEN
from sandbox.trackerrms.database import USERS, Database
from sandbox.trackerrms.documents import decoded
from sandbox.trackerrms.legacy import EXCEPTION, Block, Body, LegacyDoor, Operation, Refusal, number, part, success
from sandbox.trackerrms.records import CODES, PLACEMENT_STATUSES, OpportunityResource, Resource
from sandbox.trackerrms.shapes_legacy import COLUMNS
from sandbox.trackerrms.shapes_v1 import tag_list


class Writes:
    """The operations that change records."""

    def __init__(self, database: Database, door: LegacyDoor) -> None:
        self._database, self._switches, self._door = database, database.switches, door

    def operations(self) -> dict[str, Operation]:
        return {
            "createResource": Operation("createResource", "resource", self.create),
            "createResourceFromResume": Operation("createResourceFromResume", "resource", self.create_from_resume),
            "resourceApplication": Operation("resourceApplication", "application", self.apply),
            "updateRecord": Operation("updateRecord", None, self.update),
            "createActivity": Operation("createActivity", "activity", self.add_activity),
        }

    def create(self, block: Block) -> Body:
        """Status 3 for an e-mail that is known and may not be overwritten."""
        how, given = part(block, "instructions"), part(block, "resource")
        values = self._values(given)
        known = self._database.resource_by_email(values.get("email"))
        if known is not None and not how.get("overwriteresource"):
            raise Refusal(NOT_OVERWRITTEN, "record found and cannot be overwritten")
        if known is None:
            row, message = self._database.add_resource(values), "created"
        else:
            row, message = known, "updated"
            self._database.update_resource(row, values)
        self._assign(row, how)
        return success(message, recordId=row.id, recordName=row.name)

    def create_from_resume(self, block: Block) -> Body:
        """As create, with the file attached as résumé; a person who is known gets the file."""
        how, file = part(block, "instructions"), part(block, "file")
        given = part(block, "resource")
        values, data, name = self._values(given), decoded(file.get("data")), str(file.get("filename") or "resume")
        known = self._database.resource_by_email(values.get("email"))
        row = known or self._database.add_resource(values)
        self._database.add_document("Resource", row.id, name, "resume", data, primary=True)
        self._assign(row, how)
        return success("updated" if known else "created", recordId=row.id, recordName=row.name)

    def apply(self, block: Block) -> Body:
        how = part(block, "instructions")
        row = self._database.resources.get(number(how.get("resourceid")))
        if row is None:
            raise Refusal(INVALID, EXCEPTION)
        self._put(row, how.get("opportunityid"), how)
        return success()

    def update(self, block: Block) -> Body:
        """Columns, custom fields and skills of a record, all or nothing; values are text."""
        where = part(block, "instructions")
        code, record_id = str(where.get("recordtype") or "").upper(), number(where.get("recordid"))
        columns, custom = _columns(block.get("updates")), _custom(block.get("customfields"))
        self._door.refuse_writes("tag" if set(columns) == {"tag"} and not custom else _AREAS.get(code, "resource"))
        row = self._database.table(CODES.get(code, "")).get(record_id)
        if row is None or code == "A":
            raise Refusal(INVALID, EXCEPTION)
        if set(custom) - set(self._switches.pairs("custom_fields")):
            raise Refusal(INVALID, "Invalid request")
        self._set(row, columns)
        row.custom_fields.update(custom)
        if isinstance(row, Resource):
            self._add_skills(row, block.get("skills"))
        self._database.touch(CODES[code], record_id)
        return success("updated", recordId=record_id, recordName=getattr(row, "name", None))

    def add_activity(self, block: Block) -> Body:
        given = part(block, "activity")
        record_type = CODES.get(str(given.get("linkRecordType") or "").upper(), "")
        record_id = number(given.get("linkRecordId"))
        if record_id not in self._database.table(record_type) or record_type == "Activity":
            raise Refusal(INVALID, EXCEPTION)
        user = number(given.get("userId") or 21)
        if user not in USERS:
            raise Refusal(INVALID, EXCEPTION)
        row = self._database.add_activity(
            CODES[str(given["linkRecordType"]).upper()], record_id, str(given.get("subject") or ""),
            str(given.get("note") or ""), kind=str(given.get("type") or "Note"), author=USERS[user],
            custom_fields=_custom(block.get("customfields")),
        )  # fmt: skip
        return success("created", recordId=row.id, recordName=row.subject)

    def _values(self, given: Block) -> dict[str, Any]:
        """createResource's fields as attributes; a name is needed."""
        values: dict[str, Any] = {
            name: str(given[key]) for key, name in COLUMNS.items() if given.get(key) not in (None, "")
        }
        if "first_name" not in values and given.get("fullname"):
            first, _, last = str(given["fullname"]).partition(" ")
            values |= {"first_name": first, "last_name": values.get("last_name") or last}
        if not values.get("first_name") and not values.get("last_name"):
            raise Refusal(INVALID, EXCEPTION)
        ids = (number(key) for key in str(given.get("skills") or "").split(",") if key.strip())
        if given.get("skills"):
            values["skills"] = [skill for skill in (self._database.skill(key, None) for key in ids) if skill]
        if given.get("customfields"):
            values["custom_fields"] = _custom(given["customfields"])
        return values

    def _assign(self, row: Resource, how: Block) -> None:
        if how.get("assigntoopportunity"):
            self._put(row, how["assigntoopportunity"], how)

    def _put(self, row: Resource, opportunity_id: Any, how: Block) -> None:
        job_id = number(opportunity_id)
        if job_id not in self._database.opportunities:
            raise Refusal(INVALID, EXCEPTION)
        list_name = "short" if how.get("assigntolist") == "short" else "long"
        self._database.apply(row.id, job_id, list_name, how.get("source"))

    def _set(self, row: Any, columns: Mapping[str, str]) -> None:
        if isinstance(row, Resource):
            self._set_resource(row, columns)
        elif isinstance(row, OpportunityResource):
            self._set_placement(row, columns)
        elif set(columns) - {"status", "description"}:
            raise Refusal(INVALID, "Invalid request")
        else:
            for name, value in columns.items():
                setattr(row, name, value)

    def _set_resource(self, row: Resource, columns: Mapping[str, str]) -> None:
        if set(columns) - set(COLUMNS) - {"tag"}:
            raise Refusal(INVALID, "Invalid request")
        for column, value in columns.items():
            if column != "tag":
                setattr(row, COLUMNS[column], value)
        if "tag" in columns:
            before = row.tags if self._switches.legacy_tag == "append" else []
            row.tags = list(dict.fromkeys([*before, *tag_list(columns["tag"])]))

    def _set_placement(self, row: OpportunityResource, columns: Mapping[str, str]) -> None:
        """A placement's status, by name. A row that is no placement cannot be found here."""
        names = {name: int(key) for key, name in self._switches.pairs("statuses").items()}
        is_placement = self._database.status_name(row.status_id) in PLACEMENT_STATUSES
        if not is_placement or set(columns) != {"status"} or columns["status"] not in names:
            raise Refusal(INVALID, EXCEPTION)
        self._database.move(row, names[columns["status"]])

    def _add_skills(self, row: Resource, given: Any) -> None:
        ids = {skill["id"] for skill in row.skills}
        for item in given if isinstance(given, list) else []:
            skill = self._database.skill(number(item.get("id")), None)
            if skill and skill["id"] not in ids:
                row.skills.append(skill)


_AREAS = {"R": "resource", "X": "application"}


def _columns(given: Any) -> dict[str, str]:
    """``updates`` as a mapping. Raises Refusal for a value that is not text."""
    items = given if isinstance(given, list) else []
    if not all(isinstance(item, Mapping) and isinstance(item.get("value"), str) for item in items):
        raise Refusal(INVALID, EXCEPTION)
    return {str(item.get("column") or "").lower(): item["value"] for item in items}


def _custom(given: Any) -> dict[str, str]:
    items = given if isinstance(given, list) else []
    if not all(isinstance(item, Mapping) for item in items):
        raise Refusal(INVALID, EXCEPTION)
    return {str(item.get("id")): str(item.get("value") or "") for item in items}
