"""What the pretend tenant keeps: people, applications, jobs, files, messages, reviews. Mutable, found by id."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ENDED = frozenset({"HIRED", "REJECTED", "WITHDRAWN", "TRANSFERRED"})


@dataclass(frozen=True, slots=True)
class SourceRef:
    """Where an application came from: ids of type, subtype and value, and the label shown."""

    type_id: str
    subtype_id: str
    value_id: str
    label: str


@dataclass(slots=True)
class Application:
    """A candidate at a job."""

    id: str
    candidate_id: str
    job_id: str
    source: SourceRef
    created_at: float
    updated_at: float
    status: str = "NEW"
    sub_status: str = ""
    starts_on: str = ""
    reason: dict[str, str] = field(default_factory=dict)
    onboarding: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    attachment_ids: list[str] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    history: list[tuple[float, str, str]] = field(default_factory=list)

    @property
    def active(self) -> bool:
        return self.status not in ENDED


@dataclass(slots=True)
class Candidate:
    """A person. ``profile`` holds the API's own keys; ``touched_at`` each moment that moved ``updatedOn``.

    ``source`` says how they came into the talent pool; ``attachment_ids`` are files that no application has.
    """

    id: str
    number: int
    profile: dict[str, Any]
    internal: bool
    created_at: float
    touched_at: list[float]
    source: SourceRef
    attachment_ids: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    applications: dict[str, Application] = field(default_factory=dict)

    @property
    def person_key(self) -> tuple[str, str]:
        return str(self.profile["email"]).lower(), str(self.profile["lastName"]).lower()

    @property
    def name(self) -> str:
        return f"{self.profile['firstName']} {self.profile['lastName']}"

    def ranked(self) -> list[Application]:
        """The applications, the primary one first: the most recently updated active one (facts, 3.2)."""
        return sorted(self.applications.values(), key=lambda item: (item.active, item.updated_at), reverse=True)


@dataclass(slots=True)
class Job:
    """A job opening with its default ad."""

    id: str
    number: int
    title: str
    department: str
    city: str
    country_code: str
    description_html: str
    qualifications_html: str
    created_at: float
    updated_at: float
    last_activity_at: float
    status: str = "SOURCING"
    history: list[tuple[float, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An uploaded file of an application, or of a person in the talent pool: then without ``job_id``."""

    id: str
    candidate_id: str
    job_id: str
    name: str
    type: str
    content_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """A note shared through the messages API."""

    id: str
    content: str
    created_at: float
    visibility: str
    author_id: str
    candidate_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Property:
    """The definition of a custom field. ``options`` are (id, label), for a SINGLE_SELECT only."""

    id: str
    label: str
    type: str
    options: dict[str, str] = field(default_factory=dict)
