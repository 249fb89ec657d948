"""A manifest as typed, immutable objects: what the rest of the engine reads. Made by ``build.py`` only.

Blocks follow the file: ats, settings, apis, operations, objects, events, capabilities, write_back, actions,
setup. Durations are seconds (``…_s``), sizes bytes; expressions are compiled (``Path``: JMESPath, ``Template``
and ``Tree``: Jinja). Every named thing knows its ``at``: where it stands, for messages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.manifest.expressions import Path
from engine.manifest.templates import Template, Tree
from engine.model import EventType, Json, PlaceKind

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Meaning = Literal["denied", "no_access", "missing", "invalid", "conflict", "throttled", "transient", "credential"]
"""What a failed answer means. ``denied``: this credential may not do this at all; ``no_access``: not on this
object; ``credential``: the credential itself is not accepted."""


@dataclass(frozen=True, slots=True)
class At:
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


# ── ats, settings ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Ats:
    """Which ATS: its id (the file's name), its name, and its own words for the canonical objects."""

    id: str
    name: str
    docs: str | None = None
    vocabulary: Mapping[str, str] = field(default_factory=dict)


SettingType = Literal["text", "secret", "host", "choice", "duration", "boolean", "integer"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing a tenant must or may supply. ``allow`` holds host patterns; ``when`` says when it is needed."""

    name: str
    type: SettingType
    at: At
    description: str = ""
    default: Json = None
    required: bool = False
    when: Path | None = None
    of: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    pattern: str | None = None


# ── apis ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Expiry:
    """How long what an auth step captured lives: seconds from now (``after``), a moment (``at``), or a fixed time.

    ``after`` and ``moment`` are JMESPath over the answer; ``default_s`` holds where they give nothing.
    """

    default_s: float
    after: Path | None = None
    moment: Path | None = None


@dataclass(frozen=True, slots=True)
class AuthStep:
    """One call of signing in; its captures feed the next as ``auth.<capture>``. ``keep`` outlives a restart."""

    name: str
    request: Request
    capture: Mapping[str, Path]
    expiry: Expiry | None
    at: At
    keep: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Authenticator:
    """How requests of a profile are signed in, for the tenants that ``when`` holds for."""

    when: Path | None
    steps: tuple[AuthStep, ...]
    headers: Tree | None
    query: Tree | None
    renew_on: frozenset[int]
    at: At


@dataclass(frozen=True, slots=True)
class RetryHint:
    """A header of a throttled answer that says how long to wait; ``unit`` declares what its number means."""

    header: str
    unit: Literal["seconds", "milliseconds", "timestamp", "http_date"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What the ATS allows. ``rate`` is (calls, per seconds); counted per connection, or ``per`` operation of it."""

    rate: tuple[int, float] | None = None
    per: Literal["connection", "operation"] = "connection"
    concurrency: int | None = None
    remaining: str | None = None
    retry_after: tuple[RetryHint, ...] = ()
    backoff_first_s: float = 1.0
    backoff_longest_s: float = 128.0


@dataclass(frozen=True, slots=True)
class ErrorReading:
    """How a failed answer is read: JMESPath to its code, and what statuses (``401``, ``5xx``) and codes mean."""

    code: Path | None = None
    status: Mapping[str, Meaning] = field(default_factory=dict)
    codes: Mapping[str, Meaning] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Api:
    """One API profile: where it is, how to sign in, what it allows, how its errors read.

    ``check`` names the operation by which a dead credential is told from a denied object.
    """

    name: str
    base_url: Template
    headers: Tree | None
    auth: tuple[Authenticator, ...]
    limits: Limits
    errors: ErrorReading
    check: str | None
    at: At
    timeout_s: float = 30.0
    largest_answer: int = 10 * 1024 * 1024


# ── operations ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Multipart:
    """A multipart body: text fields, and the part name under which ``file`` goes."""

    fields: Tree
    file: str


@dataclass(frozen=True, slots=True)
class Request:
    """What is composed and sent. At most one of ``json``, ``form`` and ``multipart``."""

    method: Method
    path: Template
    query: Tree | None = None
    headers: Tree | None = None
    json: Tree | None = None
    form: Tree | None = None
    multipart: Multipart | None = None


PagingKind = Literal["cursor", "number", "offset", "link", "next_url"]


@dataclass(frozen=True, slots=True)
class Paging:
    """How the next page is had. ``page.cursor``, ``page.number`` or ``page.offset`` stand in the request's templates.

    cursor: JMESPath ``source`` over the answer gives the next one. number: counts from ``start``. offset: counts
    records from 0. link: the ``Link`` header's rel=next. next_url: JMESPath ``source`` gives the address.
    ``more`` (JMESPath → boolean) says whether there is another page. Guards that end any paging: an empty page,
    a repeated cursor, ``stop_without_new`` pages in a row without a new key, ``max_pages``.
    """

    kind: PagingKind
    at: At
    source: Path | None = None
    start: int = 1
    more: Path | None = None
    max_pages: int = 10_000
    stop_without_new: int = 1


@dataclass(frozen=True, slots=True)
class Operation:
    """A named call on a profile, and what its answers mean.

    ``records`` (list of records) or ``record`` (one) are JMESPath over the JSON answer; ``key`` identifies a
    record. ``ok`` empty means any 2xx; ``empty`` are good statuses that hold nothing; ``success`` is a JMESPath
    over the body that must be true. ``idempotent``: may be sent again without asking first. ``writes``: changes
    something in the ATS (any method but GET unless the manifest says otherwise).
    """

    name: str
    api: str
    request: Request
    at: At
    says: str = ""
    ok: frozenset[int] = frozenset()
    empty: frozenset[int] = frozenset()
    success: Path | None = None
    errors: ErrorReading = field(default_factory=ErrorReading)
    binary: bool = False
    records: Path | None = None
    record: Path | None = None
    key: Path | None = None
    paging: Paging | None = None
    concurrency: int | None = None
    idempotent: bool = False
    writes: bool = False
    scopes: tuple[str, ...] = ()


# ── objects ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ObjectMap:
    """How a record becomes a canonical object. ``html`` names the fields whose markup is turned into text.

    ``applications`` (of the candidate only): JMESPath giving ``[{job_id, status}]``, the jobs the person is at.
    """

    name: str
    read: str
    fields: Mapping[str, Path]
    at: At
    html: tuple[str, ...] = ()
    cache_s: float = 0.0
    applications: Path | None = None


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

    Either ``download`` (binary, or base64 at ``base64`` in its answer), after ``pick`` chose an attachment
    ({id, name, content_type}) from the answer of ``read``; or ``text``, JMESPath over the candidate's record.
    """

    at: At
    when: Path | None = None
    read: str | None = None
    pick: Path | None = None
    download: str | None = None
    base64: Path | None = None
    name: Path | None = None
    text: Path | None = None


# ── events ───────────────────────────────────────────────────────────────────────────────────────────────────


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
    largest_body: int = 1024 * 1024
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


# ── capabilities, write_back ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Capability:
    """Something that must be there for a place to be usable.

    ``when`` (JMESPath over settings) switches it off by setting, ``probe`` names an operation that finds out;
    without a probe it is learned from refusals. What was found out is remembered for ``remember_s``.
    """

    name: str
    says: str
    at: At
    when: Path | None = None
    otherwise: str = ""
    probe: str | None = None
    remember_s: float = 3600.0


@dataclass(frozen=True, slots=True)
class Directory:
    """Name → id, looked up through an operation and cached. Paths are JMESPath over its records."""

    operation: str
    id: Path
    name: Path
    type: Path | None = None
    cache_s: float = 3600.0


@dataclass(frozen=True, slots=True)
class FoundBy:
    """How to see whether a write arrived: an operation whose records are searched by JMESPath over
    {record, marker, value}."""

    operation: str
    when: Path


@dataclass(frozen=True, slots=True)
class Place:
    """A kind of place outputs can go to, and the operation that writes there.

    field: ``item`` composes one element from ``field`` {id, name, type, value}; the operation sees them as
    ``fields``. ``types`` maps the ATS's field types to number | text | option | boolean | date; ``options`` is
    the directory of a choice field's values. tag: the operation sees ``tags``. note: ``note`` {text, subject}.
    attachment: ``file`` {name, content_type, base64}. stage: ``stage``; ``order`` lists stages from first to last.
    """

    kind: PlaceKind
    write: str
    at: At
    needs: tuple[str, ...] = ()
    directory: Directory | None = None
    options: Directory | None = None
    id_pattern: str | None = None
    item: Tree | None = None
    types: Mapping[str, str] = field(default_factory=dict)
    batch: int = 100
    longest: int | None = None
    found_by: FoundBy | None = None
    read: str | None = None
    current: Path | None = None
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A note's text (and subject), composed from the outputs that land on it."""

    name: str
    text: Template
    at: At
    subject: Template | None = None


@dataclass(frozen=True, slots=True)
class Rung:
    """One place in an output's order of places. ``target``: field name, tag, note, attachment kind or stage."""

    place: PlaceKind
    target: str
    at: At


@dataclass(frozen=True, slots=True)
class Output:
    """One result and where it goes. ``value`` undefined or null: nothing to write. ``when``: JMESPath condition."""

    name: str
    value: Tree
    rungs: tuple[Rung, ...]
    at: At
    enabled: bool = True
    when: Path | None = None


@dataclass(frozen=True, slots=True)
class WriteBack:
    """Everything that is written: the kinds of places, the texts of notes, the outputs with their rungs."""

    places: Mapping[PlaceKind, Place]
    notes: Mapping[str, Note]
    outputs: Mapping[str, Output]


# ── actions, setup ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a person gives an action."""

    name: str
    required: bool
    description: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """A call made for a person. The operation sees what they gave as ``given.<name>``."""

    name: str
    says: str
    operation: str
    takes: Mapping[str, Parameter]
    at: At


CheckKind = Literal["call", "capability", "fields", "webhook", "test_candidate"]


@dataclass(frozen=True, slots=True)
class SetupStep:
    """One line of the administrator's checklist: checked by the machine where ``check`` says how."""

    id: str
    title: str
    at: At
    by_hand: str = ""
    check: CheckKind | None = None
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One ATS, whole. ``digest`` is the sha256 hex of the sources it was built from (manifest and overlay)."""

    file: str
    digest: str
    ats: Ats
    settings: Mapping[str, Setting]
    apis: Mapping[str, Api]
    operations: Mapping[str, Operation]
    objects: Mapping[str, ObjectMap]
    resume: tuple[ResumeSource, ...]
    application_list: ApplicationList | None
    events: Events
    capabilities: Mapping[str, Capability]
    write_back: WriteBack
    actions: Mapping[str, Action]
    setup: tuple[SetupStep, ...]
