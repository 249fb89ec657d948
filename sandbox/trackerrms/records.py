"""What the pretend TrackerRMS keeps: the records, as mutable rows without behaviour.

Times are UTC seconds since the epoch. ``Change`` is what a webhook tells of.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Action = Literal["Created", "Updated", "Deleted"]
RecordType = Literal["Resource", "Opportunity", "OpportunityResource", "Activity"]

CODES: dict[str, RecordType] = {"R": "Resource", "O": "Opportunity", "X": "OpportunityResource", "A": "Activity"}
PLACEMENT_STATUSES = ("Working", "Offer", "Complete")


@dataclass(frozen=True, slots=True)
class Change:
    """A record was created, updated or deleted."""

    record_type: RecordType
    action: Action
    record_id: int


@dataclass(slots=True)
class Resource:
    """A candidate. ``profile_text`` is what was read out of the résumé, None until asked for."""

    id: int
    created_at: float
    updated_at: float
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    mobile: str | None = None
    telephone: str | None = None
    fax: str | None = None
    city: str | None = None
    country: str | None = None
    linkedin: str | None = None
    job_title: str | None = None
    employer: str | None = None
    source: str | None = None
    status: str | None = "Active"
    note: str | None = None
    profile_text: str | None = None
    available: bool | None = True
    current_salary: float | None = None
    desired_salary: float | None = None
    notice_period: int | None = None
    tags: list[str] = field(default_factory=list)
    skills: list[dict[str, Any]] = field(default_factory=list)
    custom_fields: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.first_name, self.last_name) if part) or f"Resource {self.id}"


@dataclass(slots=True)
class Opportunity:
    """A job. Descriptions are HTML."""

    id: int
    created_at: float
    updated_at: float
    name: str
    description: str = ""
    qualifications: str = ""
    department: str | None = None
    location: str | None = None
    status: str = "Open"
    state: str = "open"
    publish_online: bool = True
    client: str = "Sandbox Industries"
    custom_fields: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class OpportunityResource:
    """A candidate at a job. ``list_name`` is ``long`` or ``short``."""

    id: int
    created_at: float
    updated_at: float
    opportunity_id: int
    resource_id: int
    status_id: int
    list_name: str = "long"
    source: str | None = None
    active: bool = True
    custom_fields: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Activity:
    """A note, call or task hanging on a record."""

    id: int
    created_at: float
    record_type: RecordType
    record_id: int
    subject: str
    note: str
    kind: str = "Note"
    author: str = "API"
    custom_fields: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Document:
    """A file of a record. ``kind`` is the document type, such as ``resume``."""

    id: int
    created_at: float
    record_type: RecordType
    record_id: int
    name: str
    kind: str
    data: bytes
    content_type: str
    primary: bool = False
