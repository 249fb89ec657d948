"""The state of the pretend TrackerRMS and every change to it.

One lock guards it all; each change stamps the record and tells the listener a ``Change``, whoever made it: our own
writes come back as webhooks like anyone's (TrackerRMS facts, A4, the incident). Nothing here knows HTTP.
"""

from __future__ import annotations

import itertools
import mimetypes
import threading
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.clock import SandboxClock
from sandbox.trackerrms import resume_text
from sandbox.trackerrms.records import (
    Action,
    Activity,
    Change,
    Document,
    Opportunity,
    OpportunityResource,
    RecordType,
    Resource,
)
from sandbox.trackerrms.switches import TrackerSwitches

SKILLS = (
    "Python", "Java", "JavaScript", "TypeScript", "Go", "C#", "SQL", "PostgreSQL", "Kubernetes", "Docker", "AWS",
    "Terraform", "React", "Django", "Machine learning", "Data analysis", "Excel", "Salesforce", "Project management",
    "Customer support", "Accounting", "Recruiting", "Copywriting", "SEO", "Nursing", "Logistics",
)  # fmt: skip
USERS = {20: "Sam Recruiter", 21: "API"}


class Database:
    """All records of one tenant. ``changed`` is called once per change, under the lock."""

    def __init__(self, switches: TrackerSwitches, clock: SandboxClock, changed: Callable[[Change], None]) -> None:
        self.switches, self.clock, self._changed = switches, clock, changed
        self.lock = threading.RLock()
        self.resources: dict[int, Resource] = {}
        self.opportunities: dict[int, Opportunity] = {}
        self.applications: dict[int, OpportunityResource] = {}
        self.activities: dict[int, Activity] = {}
        self.documents: dict[int, Document] = {}
        self.skills: dict[int, str] = dict(enumerate(SKILLS, start=101))
        self._ids = {name: itertools.count(start) for name, start in _FIRST_IDS.items()}

    def next_id(self, kind: str) -> int:
        return next(self._ids[kind])

    def add_resource(self, values: Mapping[str, Any]) -> Resource:
        """A new candidate with the attributes of ``values``."""
        with self.lock:
            now = self.clock.now()
            row = Resource(id=self.next_id("Resource"), created_at=now, updated_at=now, **values)
            self.resources[row.id] = row
            self.tell("Resource", "Created", row.id)
            return row

    def update_resource(self, row: Resource, values: Mapping[str, Any]) -> None:
        """Set attributes of ``row``; null is set as null (the trap of pushing what is unset)."""
        with self.lock:
            for name, value in values.items():
                setattr(row, name, value)
            self.touch("Resource", row.id)

    def delete_resource(self, resource_id: int) -> None:
        with self.lock:
            del self.resources[resource_id]
            for row in [row for row in self.applications.values() if row.resource_id == resource_id]:
                del self.applications[row.id]
                self.tell("OpportunityResource", "Deleted", row.id)
            self.tell("Resource", "Deleted", resource_id)

    def add_opportunity(self, **values: Any) -> Opportunity:
        with self.lock:
            now = self.clock.now()
            row = Opportunity(id=self.next_id("Opportunity"), created_at=now, updated_at=now, **values)
            self.opportunities[row.id] = row
            self.tell("Opportunity", "Created", row.id)
            return row

    def apply(
        self, resource_id: int, opportunity_id: int, list_name: str = "long", source: str | None = None
    ) -> tuple[OpportunityResource, bool]:
        """Put a candidate on a job's list: (row, whether it is new). A row that is there stays as it is."""
        with self.lock:
            for row in self.applications.values():
                if (row.resource_id, row.opportunity_id) == (resource_id, opportunity_id):
                    return row, False
            now = self.clock.now()
            status_id = 2 if list_name == "short" else 1
            new = OpportunityResource(
                self.next_id("OpportunityResource"), now, now, opportunity_id, resource_id, status_id, list_name,
                source,
            )  # fmt: skip
            self.applications[new.id] = new
            self.tell("OpportunityResource", "Created", new.id)
            return new, True

    def move(self, row: OpportunityResource, status_id: int) -> None:
        """Set a row's status. From status 2 on it is on the shortlist. Raises ValueError for an unknown status."""
        if str(status_id) not in self.switches.pairs("statuses"):
            raise ValueError(f"no status {status_id}")
        with self.lock:
            row.status_id = status_id
            row.list_name = "long" if status_id == 1 else "short"
            self.touch("OpportunityResource", row.id)

    def add_activity(self, record_type: RecordType, record_id: int, subject: str, note: str, **more: Any) -> Activity:
        with self.lock:
            row = Activity(self.next_id("Activity"), self.clock.now(), record_type, record_id, subject, note, **more)
            self.activities[row.id] = row
            self.tell("Activity", "Created", row.id)
            self._touch_parent(record_type, record_id)
            return row

    def add_document(
        self, record_type: RecordType, record_id: int, name: str, kind: str, data: bytes, **more: Any
    ) -> Document:
        with self.lock:
            guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
            row = Document(
                self.next_id("Document"), self.clock.now(), record_type, record_id, name, kind, data,
                more.get("content_type") or guessed, bool(more.get("primary")),
            )  # fmt: skip
            self.documents[row.id] = row
            if record_type == "Resource" and record_id in self.resources:
                self.resources[record_id].profile_text = None
            self._touch_parent(record_type, record_id)
            return row

    def table(self, record_type: str) -> Mapping[int, Any]:
        """The rows of a record type by id; empty for a type that is not kept here."""
        tables: dict[str, Mapping[int, Any]] = {
            "Resource": self.resources, "Opportunity": self.opportunities,
            "OpportunityResource": self.applications, "Activity": self.activities,
        }  # fmt: skip
        return tables.get(record_type, {})

    def resource_by_email(self, email: str | None) -> Resource | None:
        wanted = (email or "").strip().lower()
        rows = (row for row in self.resources.values() if (row.email or "").lower() == wanted)
        return next(rows, None) if wanted else None

    def applications_of(self, resource_id: int) -> list[OpportunityResource]:
        return [row for row in self.applications.values() if row.resource_id == resource_id]

    def skill(self, skill_id: int, name: str | None) -> dict[str, Any] | None:
        """A skill as kept on a record: by id; by name, made if new, where the id is 0 or -1; else None."""
        if skill_id in self.skills:
            return {"id": skill_id, "name": self.skills[skill_id]}
        if skill_id not in (0, -1) or not name:
            return None
        wanted = str(name).strip()
        for known_id, known in self.skills.items():
            if known.lower() == wanted.lower():
                return {"id": known_id, "name": known}
        new_id = max(self.skills) + 1
        self.skills[new_id] = wanted
        return {"id": new_id, "name": wanted}

    def status_name(self, status_id: int) -> str:
        return self.switches.pairs("statuses").get(str(status_id), f"Status {status_id}")

    def note_of(self, row: Resource) -> str | None:
        """A candidate's note; an empty one reads as the résumé's text, parsed when first asked for (a switch)."""
        if row.note or not self.switches.profile_text:
            return row.note
        if row.profile_text is None:
            resume = self.resume_of("Resource", row.id)
            row.profile_text = resume_text.read(resume.name, resume.data) if resume else ""
        return row.profile_text or None

    def resume_of(self, record_type: RecordType, record_id: int) -> Document | None:
        """The résumé that counts: the newest primary one, else the newest."""
        rows = [row for row in self.documents_of(record_type, record_id) if row.kind.lower() == "resume"]
        return max(rows, key=lambda row: (row.primary, row.id), default=None)

    def documents_of(self, record_type: RecordType, record_id: int) -> list[Document]:
        return [
            row for row in self.documents.values() if (row.record_type, row.record_id) == (record_type, record_id)
        ]

    def touch(self, record_type: RecordType, record_id: int) -> None:
        """Stamp a record as updated now and tell of it."""
        row = self.table(record_type).get(record_id)
        if row is not None:
            row.updated_at = self.clock.now()
            self.tell(record_type, "Updated", record_id)

    def tell(self, record_type: RecordType, action: Action, record_id: int) -> None:
        self._changed(Change(record_type, action, record_id))

    def _touch_parent(self, record_type: RecordType, record_id: int) -> None:
        if self.switches.touch_on_activity:
            self.touch(record_type, record_id)


_FIRST_IDS = {"Resource": 24001, "Opportunity": 1001, "OpportunityResource": 70001, "Activity": 5001, "Document": 301}
