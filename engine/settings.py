"""The operator's settings: what flags and the environment say, as one object. Flags win over the environment.

Environment: FIELDWRIGHT_STATE, FIELDWRIGHT_TENANTS, FIELDWRIGHT_MAPPINGS, FIELDWRIGHT_PUBLIC_URL,
FIELDWRIGHT_SCORER_URL, FIELDWRIGHT_SCORER_TOKEN, FIELDWRIGHT_SANDBOXES (``tenant=http://127.0.0.1:9001``, several
with commas between).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from engine.errors import InputError

DEFAULT_STATE = Path("var")
DEFAULT_TENANTS = Path("tenants")
_DATABASE = "fieldwright.db"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator sets. ``mappings`` None means the shipped ones.

    ``public_url`` is where the ATSs reach this service, without a trailing slash; ``sandboxes`` sends a tenant's
    calls to a pretend ATS (tenant → origin, loopback only); ``scorer_url`` is a scoring service of the operator's,
    ``scorer_token`` what it is signed in to with (the environment only: a flag would stand in process lists).
    """

    state: Path = DEFAULT_STATE
    tenants: Path = DEFAULT_TENANTS
    mappings: Path | None = None
    public_url: str | None = None
    scorer_url: str | None = None
    scorer_token: str | None = field(default=None, repr=False)
    sandboxes: Mapping[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        return self.state / _DATABASE

    def prepare_state(self) -> Path:
        """The database's path, with its folder made (for this user only). Raises InputError where it cannot be."""
        try:
            self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"The state folder {self.state} cannot be made: {error.strerror}.",
                hint="Name another one with --state DIR or FIELDWRIGHT_STATE.",
            ) from None
        return self.database


def settings_from(
    environment: Mapping[str, str] = os.environ,
    *,
    state: Path | None = None,
    tenants: Path | None = None,
    mappings: Path | None = None,
    public_url: str | None = None,
    scorer_url: str | None = None,
    sandboxes: Iterable[str] = (),
) -> Settings:
    """The settings of these flags and this environment. Raises InputError for an address that cannot be used."""

    def said(name: str) -> str | None:
        return environment.get(f"FIELDWRIGHT_{name}") or None

    def folder(flag: Path | None, name: str) -> Path | None:
        text = said(name)
        return flag or (Path(text) if text else None)

    return Settings(
        state=folder(state, "STATE") or DEFAULT_STATE,
        tenants=folder(tenants, "TENANTS") or DEFAULT_TENANTS,
        mappings=folder(mappings, "MAPPINGS"),
        public_url=_origin(public_url or said("PUBLIC_URL"), "The public address"),
        scorer_url=_address(scorer_url or said("SCORER_URL"), "The scorer's address"),
        scorer_token=said("SCORER_TOKEN"),
        sandboxes=_sandboxes(tuple(sandboxes) or (said("SANDBOXES") or "").split(",")),
    )


def _sandboxes(given: Iterable[str]) -> dict[str, str]:
    origins: dict[str, str] = {}
    for text in filter(None, map(str.strip, given)):
        tenant, equals, address = text.partition("=")
        if not (tenant and equals):
            raise InputError(f"{text!r} names no tenant", hint="Write --sandbox TENANT=http://127.0.0.1:9001")
        origin = _origin(address, f"The sandbox of {tenant}") or ""
        if urlsplit(origin).hostname not in LOOPBACK:
            raise InputError(
                f"The sandbox of {tenant} is not on this machine: {address}",
                hint="A sandbox is at 127.0.0.1 only; another host is set in the tenant's file.",
            )
        origins[tenant] = origin
    return origins


def _origin(text: str | None, what: str) -> str | None:
    """``text`` without a trailing slash, if it is an address without path, query and sign-in."""
    if _address(text, what) is None or text is None:
        return None
    parts = urlsplit(text)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise InputError(f"{what} must be a plain origin: {text}", hint="Such as https://fieldwright.example.com")
    return text.rstrip("/")


def _address(text: str | None, what: str) -> str | None:
    if text is None:
        return None
    parts = _parts(text)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(f"{what} is no web address: {text!r}", hint="It begins with https:// or http://")
    if parts.username or parts.password:
        raise InputError(f"{what} must not hold a user name or password")
    return text


def _parts(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(text)
        return parts if parts.port is None or parts.port > 0 else None
    except ValueError:
        return None
