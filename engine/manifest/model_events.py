"""Objects and events of a manifest, typed and immutable: see ``model``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.manifest.expressions import Path
from engine.manifest.positions import At
from engine.manifest.templates import Template, Tree
from engine.model import EventType


@dataclass(frozen=True, slots=True)
class ObjectMap:
    """How a record becomes a canonical object. ``html`` names the fields whose markup is turned into text.

    ``applications`` (of the candidate only): JMESPath giving ``[{job_id, status, application_id}]``, the jobs the
    person is at. ``add``: further reads whose records stand in the record under their names.
    """

    name: str
    read: str
    fields: Mapping[str, Path]
    at: At
    html: tuple[str, ...] = ()
    cache_s: float = 0.0
    applications: Path | None = None
    add: Mapping[str, AddedRead] = field(default_factory=dict)


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
class SignatureRule:
    """How a webhook is signed. ``over`` is what is signed, split where the raw body stands.

    ``keys`` compose the live secrets; an empty one is left out. ``timestamp`` is in seconds since the epoch.
    """

    header: str
    encoding: Literal["hex", "base64"]
    prefix: str
    separator: str | None
    over: tuple[Template, ...]
    keys: tuple[Template, ...]
    timestamp: Template | None
    tolerance: Template | None
    at: At


@dataclass(frozen=True, slots=True)
class Reply:
    """What the door answers."""

    status: int
    headers: Tree | None = None


@dataclass(frozen=True, slots=True)
class Handshake:
    """A request that only asks whether we are there: answered at once, before any signature, and not stored."""

    when: Path
    reply: Reply


@dataclass(frozen=True, slots=True)
class EventRule:
    """What one of the ATS's events means. ``ids`` are JMESPath over {headers, query, body}."""

    name: str
    event: EventType
    ids: Mapping[str, Path]
    at: At
    version: Path | None = None


@dataclass(frozen=True, slots=True)
class Registration:
    """How the webhook subscription is kept alive, by operations of this manifest.

    ``url``, ``id`` and ``active`` are JMESPath over a record of ``list``; ``created_id`` over ``create``'s answer,
    ``secret_value`` over ``secret``'s. ``limit`` is how many subscriptions the ATS allows.
    """

    list: str
    create: str
    created_id: Path
    url: Path
    id: Path
    active: Path
    at: At
    activate: str | None = None
    remove: str | None = None
    secret: str | None = None
    secret_value: Path | None = None
    limit: int | None = None
    check_every_s: float = 900.0


@dataclass(frozen=True, slots=True)
class WebhookDoor:
    """What knocks and how it is let in. ``url_secret`` composes the secret path segment of an unsigned webhook."""

    name: Path
    types: Mapping[str, EventRule]
    acknowledge: int
    at: At
    dedupe: Path | None = None
    signature: SignatureRule | None = None
    url_secret: Template | None = None
    handshake: Handshake | None = None
    registration: Registration | None = None
    largest_body_bytes: int = 1024 * 1024
    by_hand: str | None = None


@dataclass(frozen=True, slots=True)
class PollStream:
    """A list that is read again and again for what changed.

    ``each`` (JMESPath over a record) yields the items of a record, one event each; ``ids`` and ``version`` are
    JMESPath over {record, item}; ``watermark`` over the record gives the moment the next poll starts from
    (less ``overlap_s``); without one, the moment this poll began.
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


@dataclass(frozen=True, slots=True)
class Poll:
    """Polling: how often, which streams, and how often a pass reads everything regardless of the watermark."""

    every_s: float
    streams: Mapping[str, PollStream]
    at: At
    full_pass_s: float | None = None


@dataclass(frozen=True, slots=True)
class Events:
    """What comes in. ``truth`` is the way that may be relied on; the other one is a hint.

    ``skip`` (JMESPath over {settings, event, candidate, application, job}): true means the event is filtered.
    ``prospect_job`` composes the job that candidates without an application are scored against.
    """

    truth: Literal["webhook", "poll"]
    coalesce_s: float
    webhook: WebhookDoor | None
    poll: Poll | None
    skip: Path | None = None
    prospect_job: Template | None = None
