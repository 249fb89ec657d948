"""API profiles of a manifest, typed and immutable: where they are, signing in, limits. See ``model``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from engine.manifest.language.expressions import Path
from engine.manifest.language.templates import Template, Tree
from engine.manifest.model.calls import ErrorReading, Request
from engine.manifest.positions import At


@dataclass(frozen=True, slots=True)
class Regions:
    """A table of base URLs. ``by`` (JMESPath over settings) gives the region.

    ``probe``: where it does not, the region is found by trying each address.
    """

    by: Path
    of: Mapping[str, Template]
    probe: bool = False


@dataclass(frozen=True, slots=True)
class Basic:
    """Basic authentication: two texts over settings and auth."""

    username: Template
    password: Template


@dataclass(frozen=True, slots=True)
class Signing:
    """HMAC-SHA256 of each request: ``over`` what, with which ``key``; ``headers`` see ``signature``.

    ``over`` and ``headers`` see ``request``: {method, host, path, query, date, timestamp, body_sha256}.
    """

    encoding: Literal["hex", "base64"]
    key: Template
    over: Template
    headers: Tree


@dataclass(frozen=True, slots=True)
class Assertion:
    """A JSON Web Token that we sign ourselves. ``claims`` and ``headers`` are composed; iat and exp are added."""

    algorithm: Literal["RS256", "ES256", "HS256"]
    key: Template
    claims: Tree
    headers: Tree | None
    lifetime_s: float


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
    """One call of signing in; its captures feed the next as ``auth.<capture>``. ``keep`` outlives a restart.

    ``api`` names the profile on whose base URL the call is made, where it is another one.
    """

    name: str
    request: Request
    capture: Mapping[str, Path]
    expiry: Expiry | None
    at: At
    keep: tuple[str, ...] = ()
    api: str | None = None
    basic: Basic | None = None


@dataclass(frozen=True, slots=True)
class AssertionStep:
    """A step without a call: the token is ``auth.<name>`` for the steps that follow."""

    name: str
    assertion: Assertion
    at: At


Step = AuthStep | AssertionStep


@dataclass(frozen=True, slots=True)
class Authenticator:
    """How requests of a profile are signed in, for the tenants that ``when`` holds for."""

    when: Path | None
    steps: tuple[Step, ...]
    headers: Tree | None
    query: Tree | None
    renew_on: frozenset[int]
    at: At
    basic: Basic | None = None
    sign: Signing | None = None

    @property
    def calls(self) -> tuple[AuthStep, ...]:
        """The steps that call."""
        return tuple(step for step in self.steps if isinstance(step, AuthStep))


@dataclass(frozen=True, slots=True)
class RetryHint:
    """A header that says how long to wait; ``unit`` declares what its number means."""

    header: str
    unit: Literal["seconds", "milliseconds", "timestamp", "timestamp_ms", "http_date"]


@dataclass(frozen=True, slots=True)
class Quota:
    """``credits`` in any ``period_s`` seconds, of which each call takes its operation's ``cost``."""

    credits: int
    period_s: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What the ATS allows. ``rate`` is (calls, per seconds); counted per connection, or ``per`` operation of it.

    ``model``: as many in any window of that time, or a bucket that holds ``burst`` and fills up at that rate.
    ``wait_s``: after a throttled answer that does not say how long. ``key``: connections for which it renders to the
    same text share one budget.
    """

    rate: tuple[int, float] | None = None
    model: Literal["window", "bucket"] = "window"
    burst: int | None = None
    per: Literal["connection", "operation"] = "connection"
    concurrency: int | None = None
    quota: Quota | None = None
    remaining: str | None = None
    reset: RetryHint | None = None
    retry_after: tuple[RetryHint, ...] = ()
    wait_s: float | None = None
    backoff_first_s: float = 1.0
    backoff_longest_s: float = 128.0
    key: Template | None = None


@dataclass(frozen=True, slots=True)
class Api:
    """One API profile: where it is, how to sign in, what it allows, how its errors read.

    ``hosts`` are patterns of the hosts to which an address may lead that an answer or a record gave. ``check`` names
    the operation by which a dead credential is told from a denied object.
    """

    name: str
    base_url: Template | Regions
    headers: Tree | None
    auth: tuple[Authenticator, ...]
    limits: Limits
    errors: ErrorReading
    check: str | None
    at: At
    hosts: tuple[str, ...] = ()
    timeout_s: float = 30.0
    largest_answer_bytes: int = 10 * 1024 * 1024

    @property
    def is_found_by_signing_in(self) -> bool:
        """Whether the base URL is made of what signing in captures."""
        return isinstance(self.base_url, Template) and any(chain[0] == "auth" for chain in self.base_url.references)

    @property
    def address_captures(self) -> frozenset[str]:
        """The captures that addresses are made of."""
        templates = [self.base_url] if isinstance(self.base_url, Template) else []
        templates += [step.request.path for way in self.auth for step in way.calls]
        starts = (chain for template in templates for chain in template.references if template.kind != "path")
        return frozenset(chain[1] for chain in starts if chain[0] == "auth" and chain[1:])

    def stand_in(self, capture: str, word: str) -> str:
        """What stands for a capture that is not there yet: ``word``, or an address on one of ``hosts``."""
        if capture not in self.address_captures or not self.hosts:
            return word
        return f"https://{self.hosts[0].replace('*', word.replace('_', '-'))}"
