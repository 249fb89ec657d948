"""Operations of a manifest, typed and immutable: see ``model``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.manifest.language.expressions import Chain, Path
from engine.manifest.language.templates import Template, Tree
from engine.manifest.positions import At

_FILLED_IN = re.compile(r"\{\{\s*(.*?)\s*\}\}")

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Meaning = Literal[
    "denied", "no_access", "missing", "invalid", "conflict", "throttled", "transient", "credential", "skip"
]
"""What a failed answer means. ``denied``: this credential may not do this at all; ``no_access``: not on this
object; ``credential``: the credential itself is not accepted; ``skip``: of a read, that there is nothing."""
Confirmation = Literal["spec", "sample", "third-party", "unknown"]
"""What confirms that a call works as declared."""


@dataclass(frozen=True, slots=True)
class ErrorReading:
    """How a failed answer is read: JMESPath to its code, and what statuses (``401``, ``5xx``) and codes mean.

    ``success``, of a profile: that of its operations which say none of their own.
    """

    code: Path | None = None
    status: Mapping[str, Meaning] = field(default_factory=dict)
    codes: Mapping[str, Meaning] = field(default_factory=dict)
    success: Path | None = None


@dataclass(frozen=True, slots=True)
class Multipart:
    """A multipart body: text fields, and the part name under which ``file`` goes."""

    fields: Tree
    file: str


@dataclass(frozen=True, slots=True)
class Request:
    """What is composed and sent. At most one of ``json``, ``form``, ``multipart`` and ``raw_file`` (its bytes).

    ``follow``: a redirect to where requests may go is followed.
    """

    method: Method
    path: Template
    query: Tree | None = None
    headers: Tree | None = None
    json: Tree | None = None
    form: Tree | None = None
    multipart: Multipart | None = None
    raw_file: bool = False
    follow: bool = False

    @property
    def references(self) -> frozenset[Chain]:
        """The chains of names that its templates read from what it is composed of."""
        fields = self.multipart.fields if self.multipart is not None else None
        composed = (self.path, self.query, self.headers, self.json, self.form, fields)
        return frozenset(chain for part in composed if part is not None for chain in part.references)

    @property
    def outline(self) -> str:
        """The path with what is filled in named in braces, such as ``/jobs/{job.id}``; without a query, no values."""
        return _FILLED_IN.sub(lambda found: f"{{{found[1]}}}", self.path.text.partition("?")[0])

    def reads(self, *names: str) -> bool:
        """Whether one of its templates reads ``names``, one below the other, from what it is composed of."""
        return any(chain[: len(names)] == names for chain in self.references)


PagingKind = Literal["cursor", "number", "offset", "link", "next_url"]


@dataclass(frozen=True, slots=True)
class Paging:
    """How the next page is had. ``page.cursor``, ``page.number`` or ``page.offset`` stand in the request's templates.

    cursor: JMESPath ``source`` over the answer gives the next one. number: counts from ``start``. offset: counts
    records from 0. link: the ``Link`` header's rel=next. next_url: JMESPath ``source`` gives the address.
    ``more`` (JMESPath → boolean) says whether there is another page, ``total`` how many records there are, ``pages``
    how many pages; a page of fewer than ``size`` records is the last. Guards that end any paging: an empty page,
    a repeated cursor, ``stop_without_new`` pages in a row without a new key, ``max_pages``.
    """

    kind: PagingKind
    at: At
    source: Path | None = None
    start: int = 1
    more: Path | None = None
    size: int | None = None
    total: Path | None = None
    pages: Path | None = None
    max_pages: int = 10_000
    stop_without_new: int = 1


@dataclass(frozen=True, slots=True)
class Fetch:
    """A list's records are ids, or name them: ``operation`` reads ``batch`` of them at once."""

    operation: str
    batch: int


@dataclass(frozen=True, slots=True)
class Operation:
    """A named call on a profile, and what its answers mean.

    ``records`` (list of records) or ``record`` (one) are JMESPath over the JSON answer; ``key`` identifies a
    record. ``ok`` empty means any 2xx; ``empty`` are good statuses that hold nothing; ``success`` is a JMESPath
    over the body that must be true, its own or else its profile's, ``must_hold`` what a good answer holds.
    ``idempotent``: may be sent again without asking first. ``writes``: changes something in the ATS (any method but
    GET unless the manifest says otherwise). ``cost``: what a call takes of the profile's quota. ``lookups`` names
    those that its templates use.
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
    fetch: Fetch | None = None
    must_hold: tuple[Path, ...] = ()
    verified: Confirmation = "unknown"
    concurrency: int | None = None
    cost: int = 1
    idempotent: bool = False
    writes: bool = False
    scopes: tuple[str, ...] = ()
    lookups: frozenset[str] = frozenset()
