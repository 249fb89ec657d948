"""The webhook door of a manifest, typed and immutable: see ``model``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.manifest.language.expressions import Path
from engine.manifest.language.templates import Template, Tree
from engine.manifest.positions import At
from engine.model import EventType


@dataclass(frozen=True, slots=True)
class SignatureParts:
    """A signature's value that holds several named parts; ``take`` names the one that is the signature."""

    between: str
    assign: str
    take: str


@dataclass(frozen=True, slots=True)
class SignatureRule:
    """How a webhook is signed. ``over`` is what is signed, split where the raw body stands.

    The signature stands in ``header``, or where ``source`` (JMESPath over {headers, query, body}) leads. ``keys``
    compose the live secrets; an empty one is left out, and one may be a list. ``timestamp`` counts from the epoch.
    """

    encoding: Literal["hex", "base64"]
    over: tuple[Template, ...]
    keys: tuple[Template, ...]
    at: At
    header: str | None = None
    source: Path | None = None
    wrapped: Literal["base64"] | None = None
    parts: SignatureParts | None = None
    prefix: str = ""
    separator: str | None = None
    timestamp: Template | None = None
    timestamp_unit: Literal["seconds", "milliseconds"] = "seconds"
    tolerance: Template | None = None
    over_decoded: bool = False

    @property
    def reads_body(self) -> bool:
        """Whether the body must be read as JSON before it is known who sent it."""
        composed = (*self.over, *((self.timestamp,) if self.timestamp is not None else ()))
        stands_in_body = self.source is not None and any(chain[0] == "body" for chain in self.source.references)
        return stands_in_body or any(chain[0] == "parsed" for part in composed for chain in part.references)

    @property
    def covers_body(self) -> bool:
        """Whether the content of a delivery is signed, and not only that there is one."""
        return len(self.over) > 1


@dataclass(frozen=True, slots=True)
class CallerCredential:
    """Basic authentication of who calls the door."""

    username: Template
    password: Template


@dataclass(frozen=True, slots=True)
class CallerToken:
    """A token that the caller carries in a header, behind ``prefix``; ``keys`` compose those that count.

    ``when`` is JMESPath over the delivery: those it holds for need the token instead of a signature, others do not.
    """

    header: str
    keys: tuple[Template, ...]
    prefix: str = ""
    when: Path | None = None


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
    """What one of the ATS's events means.

    ``ids`` and ``data`` (kept as canonical event data) are JMESPath over {headers, query, body}, or {record} of a
    queue's event.
    """

    name: str
    event: EventType
    ids: Mapping[str, Path]
    at: At
    version: Path | None = None
    data: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Registration:
    """How the webhook subscription is kept alive, by operations of this manifest.

    ``url``, ``id``, ``event`` and ``active`` are JMESPath over a record of ``list``; without a list the id is
    remembered, and ``active`` reads the record of ``look``. ``created_id`` and ``created_secret`` read ``create``'s
    answer, ``secret_value`` the answer of ``secret``. ``each_type``: one subscription for each event type.
    ``limit`` is how many subscriptions the ATS allows.
    """

    create: str
    created_id: Path
    at: At
    list: str | None = None
    url: Path | None = None
    id: Path | None = None
    event: Path | None = None
    look: str | None = None
    active: Path | None = None
    each_type: bool = False
    created_secret: Path | None = None
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
    basic: CallerCredential | None = None
    token: CallerToken | None = None
    handshake: Handshake | None = None
    registration: Registration | None = None
    largest_body_bytes: int = 1024 * 1024
    compressed: bool = False
    by_hand: str | None = None
