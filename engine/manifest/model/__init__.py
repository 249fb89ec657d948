"""A manifest as typed, immutable objects: what the rest of the engine reads. Made by ``build`` only.

Blocks follow the file: ats, settings, apis, operations, objects, events, capabilities, write_back, actions,
setup. Durations are seconds (``…_s``), sizes bytes; expressions are compiled (``Path``: JMESPath, ``Template``
and ``Tree``: Jinja). Every named thing knows its ``at``: where it stands, for messages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.manifest.language.expressions import Path
from engine.manifest.model.apis import (
    Api,
    Assertion,
    AssertionStep,
    Authenticator,
    AuthStep,
    Basic,
    Expiry,
    Limits,
    Quota,
    Regions,
    RetryHint,
    Signing,
    Step,
)
from engine.manifest.model.calls import (
    Confirmation,
    ErrorReading,
    Fetch,
    Meaning,
    Method,
    Multipart,
    Operation,
    Paging,
    PagingKind,
    Request,
)
from engine.manifest.model.events import (
    AddedRead,
    ApplicationList,
    Events,
    ObjectMap,
    Poll,
    PollStream,
    Queue,
    ResumeSource,
    Sync,
)
from engine.manifest.model.webhook import (
    CallerCredential,
    CallerToken,
    EventRule,
    Handshake,
    Registration,
    Reply,
    SignatureParts,
    SignatureRule,
    WebhookDoor,
)
from engine.manifest.model.writeback import (
    Capability,
    Choices,
    Directory,
    FoundBy,
    Lookup,
    Note,
    Output,
    Place,
    RecipeStep,
    Rung,
    WriteBack,
)
from engine.manifest.positions import At
from engine.model import Json

__all__ = [
    "Action",
    "AddedRead",
    "Api",
    "ApplicationList",
    "Assertion",
    "AssertionStep",
    "At",
    "Ats",
    "AuthStep",
    "Authenticator",
    "Basic",
    "CallerCredential",
    "CallerToken",
    "Capability",
    "CheckKind",
    "Choices",
    "Confirmation",
    "Directory",
    "ErrorReading",
    "EventRule",
    "Events",
    "Expiry",
    "Fetch",
    "FoundBy",
    "Handshake",
    "Limits",
    "Lookup",
    "Manifest",
    "Meaning",
    "Method",
    "Multipart",
    "Note",
    "ObjectMap",
    "Operation",
    "Output",
    "Paging",
    "PagingKind",
    "Parameter",
    "Place",
    "Poll",
    "PollStream",
    "Queue",
    "Quota",
    "RecipeStep",
    "Regions",
    "Registration",
    "Reply",
    "Request",
    "ResumeSource",
    "RetryHint",
    "Rung",
    "Setting",
    "SettingType",
    "SetupStep",
    "SignatureParts",
    "SignatureRule",
    "Signing",
    "Step",
    "Sync",
    "WebhookDoor",
    "WriteBack",
]


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


CheckKind = Literal["call", "capability", "fields", "webhook", "queue", "test_candidate"]


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
    lookups: Mapping[str, Lookup] = field(default_factory=dict)
