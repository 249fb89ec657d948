"""Objects and events of a manifest, typed and immutable: see ``model``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.manifest.language.expressions import Path
from engine.manifest.language.templates import Template
from engine.manifest.model.webhook import EventRule, WebhookDoor
from engine.manifest.positions import At
from engine.model import EventType


@dataclass(frozen=True, slots=True)
class ObjectMap:
    """How a record becomes a canonical object. ``html`` names the fields whose markup is turned into text.

    ``applications`` (of the candidate only): JMESPath giving ``[{job_id, status, application_id}]``, the jobs the
    person is at. ``add``: further reads whose records stand in the record under their names.
    ``may_be_empty``: the fields (and ``applications``) that a record may leave out.
    """

    name: str
    read: str
    fields: Mapping[str, Path]
    at: At
    html: tuple[str, ...] = ()
    cache_s: float = 0.0
    applications: Path | None = None
    add: Mapping[str, AddedRead] = field(default_factory=dict)
    may_be_empty: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AddedRead:
    """One more read of an object: its operation's templates see ``record``, what was read until then."""

    read: str
    when: Path | None = None


@dataclass(frozen=True, slots=True)
class ApplicationList:
    """Where a candidate's applications come from when the candidate's own record does not say."""

    read: str
    job_id: Path
    application_id: Path | None
    keep: Path | None


@dataclass(frozen=True, slots=True)
class ResumeSource:
    """One way to a résumé, tried in order.

    Either ``download`` (binary, or base64 at ``base64`` in its answer) of an attachment {id, name, content_type,
    handle, url}, which ``pick`` chooses from the records of ``read``, or ``attachment`` from what is known already;
    or ``text``, JMESPath over the candidate's record. ``locate`` is asked first where the file's address is
    answered: it stands at ``url`` in its answer, and ``download`` sees it as attachment.url.
    """

    at: At
    when: Path | None = None
    read: str | None = None
    pick: Path | None = None
    attachment: Path | None = None
    locate: str | None = None
    url: Path | None = None
    download: str | None = None
    base64: Path | None = None
    name: Path | None = None
    text: Path | None = None


@dataclass(frozen=True, slots=True)
class Sync:
    """A list asked for by an opaque token: JMESPath over the last page's answer, and the codes that end its life."""

    token: Path
    expired: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PollStream:
    """A list that is read again and again for what changed.

    ``each`` (JMESPath over a record) yields the items of a record, one event each; ``ids``, ``version`` and
    ``data`` are JMESPath over {record, item}; ``watermark`` over the record gives the moment the next poll starts
    from (less ``overlap_s``); without one, the moment this poll began. ``window_s``: the longest span of one reading.
    """

    name: str
    operation: str
    event: EventType
    ids: Mapping[str, Path]
    at: At
    each: Path | None = None
    version: Path | None = None
    watermark: Path | None = None
    overlap_s: float = 120.0
    backfill: bool = True
    window_s: float | None = None
    sync: Sync | None = None
    data: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Poll:
    """Polling: how often, which streams, and how often a pass reads everything regardless of the watermark."""

    every_s: float
    streams: Mapping[str, PollStream]
    at: At
    full_pass_s: float | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """An event queue in the ATS that is drained. ``read``, ``replay`` and the others name operations.

    ``name`` and ``dedupe`` are JMESPath over {record, received}; ``request_id`` reads the answer of ``read`` and
    ``last_id`` that of ``last``: the batch's id.
    """

    every_s: float
    read: str
    name: Path
    types: Mapping[str, EventRule]
    at: At
    dedupe: Path | None = None
    request_id: Path | None = None
    replay: str | None = None
    last: str | None = None
    last_id: Path | None = None
    acknowledge: str | None = None
    subscribe: str | None = None


@dataclass(frozen=True, slots=True)
class Events:
    """What comes in. ``truth`` is the way that may be relied on; others are hints.

    ``skip`` (JMESPath over {settings, event, candidate, application, job}): true means the event is filtered.
    ``prospect_job`` composes the job that candidates without an application are scored against.
    """

    truth: Literal["webhook", "poll", "queue"]
    coalesce_s: float
    webhook: WebhookDoor | None
    poll: Poll | None
    skip: Path | None = None
    prospect_job: Template | None = None
    queue: Queue | None = None
