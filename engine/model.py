"""What travels through the engine: canonical objects, events, scores, writes and outcomes.

Everything here is immutable and holds no behaviour beyond reading itself. Canonical objects are made from an
ATS's records by the manifest's JMESPath (``objects``); expressions see them as plain dicts (``as_plain``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

Json = Any
"""Plain JSON data: dict, list, str, int, float, bool or None."""


class EventType(StrEnum):
    """The canonical event types (design, section 4)."""

    APPLICATION_CREATED = "application.created"
    APPLICATION_UPDATED = "application.updated"
    STAGE_CHANGED = "stage.changed"
    ATTACHMENT_ADDED = "attachment.added"
    CANDIDATE_CREATED = "candidate.created"
    CANDIDATE_UPDATED = "candidate.updated"
    CANDIDATE_DELETED = "candidate.deleted"
    JOB_CREATED = "job.created"
    JOB_UPDATED = "job.updated"
    FEEDBACK_GIVEN = "feedback.given"
    SCORE_DUE = "score.due"


Source = Literal["webhook", "poll", "queue", "backfill", "engine"]


@dataclass(frozen=True, slots=True)
class Ids:
    """The provider's ids that an event or a call is about; None where it says nothing of one."""

    candidate: str | None = None
    job: str | None = None
    application: str | None = None
    attachment: str | None = None


@dataclass(frozen=True, slots=True)
class RawEvent:
    """An event as it came, before any reading: exactly these bytes were committed before the 2xx.

    ``key`` is the dedupe key within the connection; ``received_at`` is UTC seconds.
    """

    connection: str
    source: Source
    key: str
    headers: Mapping[str, str]
    body: bytes
    received_at: float


@dataclass(frozen=True, slots=True)
class CanonicalEvent:
    """What happened, in the engine's words. ``version`` is the provider's own mark of the state, if any."""

    type: EventType
    connection: str
    ids: Ids
    source: Source
    occurred_at: float
    version: str | None = None
    data: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person as the ATS knows them. Nothing of it but the résumé's text reaches the built-in scorer."""

    id: str
    first_name: str | None = None
    last_name: str | None = None
    full_name: str | None = None
    email: str | None = None
    phone: str | None = None
    location: str | None = None
    links: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    source: str | None = None
    created_at: str | None = None
    updated_at: str | None = None

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.full_name or self.id


@dataclass(frozen=True, slots=True)
class Application:
    """A candidate at a job. ``id`` may be absent where the ATS addresses it by (candidate, job).

    ``pipeline_id`` names the plan whose stages it goes through, where jobs have different ones.
    """

    candidate_id: str
    job_id: str
    id: str | None = None
    status: str | None = None
    stage: str | None = None
    pipeline_id: str | None = None
    source: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A job opening. ``description`` and ``requirements`` are plain text."""

    id: str
    title: str = ""
    description: str = ""
    requirements: str = ""
    location: str | None = None
    department: str | None = None
    status: str | None = None
    updated_at: str | None = None

    @property
    def text(self) -> str:
        return "\n\n".join(part for part in (self.title, self.requirements, self.description) if part)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a candidate. ``kind`` is ``resume``, ``cover_letter`` or ``other``.

    ``handle`` is what the ATS asks for it by where that is not its id; ``url`` is where it can be fetched.
    """

    id: str
    name: str = ""
    kind: str = "other"
    content_type: str | None = None
    handle: str | None = None
    url: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, slots=True)
class ResumeFile:
    """A résumé as downloaded: its bytes, its name (for its extension only) and the declared content type."""

    data: bytes
    name: str = ""
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class ResumeText:
    """A résumé's text. ``sha256`` is the hex digest of the text; ``method`` names what read it."""

    text: str
    sha256: str
    method: str
    pages: int | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the score is what it is. ``quote`` is ``resume_text[start:end]``; ``signal`` names what was measured."""

    text: str
    quote: str = ""
    start: int = 0
    end: int = 0
    signal: str = ""
    points: float = 0.0


@dataclass(frozen=True, slots=True)
class Experience:
    """The experience that matters most for the job: years (float), domain and last fitting title."""

    years: float
    title: str | None = None
    domain: str | None = None


@dataclass(frozen=True, slots=True)
class Education:
    """One degree as found in the résumé."""

    degree: str
    school: str | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """The scoring step's answer. ``match`` is 0–100, None when there was nothing to score (``problem`` says why).

    ``exact`` is the unrounded score; ``input_hash`` identifies (résumé text, job text, scorer version);
    ``audit_id`` is the id under which inputs and result can be found again.
    """

    match: int | None
    exact: float | None
    reasons: tuple[Reason, ...] = ()
    skills_matched: tuple[str, ...] = ()
    skills_missing: tuple[str, ...] = ()
    skills_normalized: tuple[str, ...] = ()
    primary_experience: Experience | None = None
    education: tuple[Education, ...] = ()
    resume_text: str = ""
    tags: tuple[str, ...] = ()
    scorer: str = ""
    input_hash: str = ""
    audit_id: str = ""
    problem: str | None = None


PlaceKind = Literal["slot", "field", "tag", "note", "attachment", "stage"]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a rung was passed over: the place, and the cause in one phrase such as ``403 PERMISSION_DENIED``."""

    place: str
    why: str


@dataclass(frozen=True, slots=True)
class Write:
    """One output on its way to one place. ``rung`` counts from 0; ``causes`` tell of the rungs before it."""

    output: str
    value: Json
    rung: int
    place: PlaceKind
    target: str
    causes: tuple[Cause, ...] = ()


class OutcomeKind(StrEnum):
    """How an accepted event ended. Exactly one is recorded for each."""

    DELIVERED = "delivered"
    UNCHANGED = "unchanged"
    FILTERED = "filtered"
    SUPERSEDED = "superseded"
    QUARANTINED = "quarantined"
    DEAD = "dead"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of an event: its kind and, in one phrase without personal data, why."""

    kind: OutcomeKind
    why: str = ""


def as_plain(value: Any) -> Json:
    """``value`` as plain dicts, lists and scalars: the only form that expressions ever see."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: as_plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_plain(item) for item in value]
    return value.value if isinstance(value, StrEnum) else value
