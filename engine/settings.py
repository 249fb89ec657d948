"""The operator's settings: what flags and the environment say, as one object. Flags win over the environment.

Environment: FIELDWRIGHT_STATE, FIELDWRIGHT_DATABASE, FIELDWRIGHT_REDIS, FIELDWRIGHT_TENANTS, FIELDWRIGHT_MAPPINGS,
FIELDWRIGHT_PUBLIC_URL, FIELDWRIGHT_SCORER_URL, FIELDWRIGHT_SCORER_TOKEN, FIELDWRIGHT_ROUTES,
FIELDWRIGHT_AUDIT_HEADS, FIELDWRIGHT_KEYS, FIELDWRIGHT_KEYS_FILE, FIELDWRIGHT_SANDBOXES
(``tenant=http://127.0.0.1:9001``, several with commas between), FIELDWRIGHT_WEIGHTS (``tenant=3``, likewise),
FIELDWRIGHT_ALLOWED_HOSTS (commas between), FIELDWRIGHT_MOST_OPEN, FIELDWRIGHT_KEEP
(``raw=30d,scores=180d,logs=30d``).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from engine.errors import InputError
from engine.keeping import Keep, keep_from

DEFAULT_STATE = Path("var")
DEFAULT_TENANTS = Path("tenants")
_DATABASE = "fieldwright.db"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_DATABASES = {"postgresql": "postgresql", "postgres": "postgresql", "sqlite": "sqlite"}
_REDIS = ("redis", "rediss", "unix")
_HEAVIEST = 100.0


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator sets. ``mappings`` None means the shipped ones.

    ``database`` is a path, ``sqlite:///…`` or ``postgresql://…`` ("": the file ``fieldwright.db`` in ``state``);
    ``redis`` is where wake-ups go between processes; either may hold a password, and is shown without it only.
    ``weights`` are the tenants' shares of the workers, 1 where none is given; ``keep`` is how long what is about
    people is kept; ``allowed_hosts`` are served beside the public address's own; ``most_open``
    is how many events may be open at once.
    ``public_url`` is where the ATSs reach this service, without a trailing slash; ``sandboxes`` sends a tenant's
    calls to a pretend ATS (tenant → origin, loopback only); ``scorer_url`` is a scoring service of the operator's,
    ``scorer_token`` what it is signed in to with (the environment only: a flag would stand in process lists);
    ``audit_heads`` is the file to which the audit's signed heads are added;
    ``keys`` are the vault's as text (the environment only), ``keys_file`` is a file of them.
    """

    state: Path = DEFAULT_STATE
    database: str = field(default="", repr=False)
    redis: str | None = field(default=None, repr=False)
    tenants: Path = DEFAULT_TENANTS
    mappings: Path | None = None
    public_url: str | None = None
    scorer_url: str | None = None
    scorer_token: str | None = field(default=None, repr=False)
    routes: Path | None = None
    audit_heads: Path | None = None
    keys: str | None = field(default=None, repr=False)
    keys_file: Path | None = None
    sandboxes: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    keep: Keep = field(default_factory=Keep)
    allowed_hosts: tuple[str, ...] = ()
    most_open: int | None = None

    def __post_init__(self) -> None:
        if not self.database:
            object.__setattr__(self, "database", str(self.state / _DATABASE))

    @property
    def database_file(self) -> Path | None:
        """The file of the database, None where it is on a server."""
        scheme, separator, rest = self.database.partition("://")
        if not separator:
            return Path(self.database)
        return Path(rest[1:]) if scheme == "sqlite" else None

    def prepare_state(self) -> str:
        """The database, with its folder made where it is a file (for this user only). Raises InputError."""
        file = self.database_file
        folder = self.state if file is None else file.parent
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"The state folder {folder} cannot be made: {error.strerror}.",
                hint="Name another one with --state DIR or FIELDWRIGHT_STATE.",
            ) from None
        return self.database


def settings_from(
    environment: Mapping[str, str] = os.environ,
    *,
    state: Path | None = None,
    database: str | None = None,
    redis: str | None = None,
    tenants: Path | None = None,
    mappings: Path | None = None,
    public_url: str | None = None,
    scorer_url: str | None = None,
    audit_heads: Path | None = None,
    sandboxes: Iterable[str] = (),
    weights: Iterable[str] = (),
    keep: str | None = None,
    allowed_hosts: Iterable[str] = (),
    most_open: int | None = None,
    routes: Path | None = None,
) -> Settings:
    """The settings of these flags and this environment. Raises InputError for an address that cannot be used."""

    def said(name: str) -> str | None:
        return environment.get(f"FIELDWRIGHT_{name}") or None

    def path(flag: Path | None, name: str) -> Path | None:
        text = said(name)
        return flag or (Path(text) if text else None)

    return Settings(
        state=path(state, "STATE") or DEFAULT_STATE,
        database=_database(database or said("DATABASE")),
        redis=_redis(redis or said("REDIS")),
        tenants=path(tenants, "TENANTS") or DEFAULT_TENANTS,
        mappings=path(mappings, "MAPPINGS"),
        public_url=_origin(public_url or said("PUBLIC_URL"), "The public address"),
        scorer_url=_address(scorer_url or said("SCORER_URL"), "The scorer's address"),
        scorer_token=said("SCORER_TOKEN"),
        routes=path(routes, "ROUTES"),
        audit_heads=path(audit_heads, "AUDIT_HEADS"),
        keys=said("KEYS"),
        keys_file=path(None, "KEYS_FILE"),
        sandboxes=_sandboxes(tuple(sandboxes) or (said("SANDBOXES") or "").split(",")),
        allowed_hosts=_hosts(tuple(allowed_hosts) or (said("ALLOWED_HOSTS") or "").split(",")),
        most_open=most_open or _whole(said("MOST_OPEN")),
        keep=keep_from(keep or said("KEEP")),
        weights=_weights(tuple(weights) or (said("WEIGHTS") or "").split(",")),
    )


def _database(text: str | None) -> str:
    if text is None:
        return ""
    scheme, separator, rest = text.partition("://")
    if not separator:
        return text
    known = _DATABASES.get(scheme)
    if known is None:
        raise InputError(
            f"There is no database of the kind {scheme[:20]!r}.",
            hint="Give a path, sqlite:///relative.db, or postgresql://USER@HOST/DATABASE.",
        )
    if known == "postgresql" and _parts(text) is None:
        raise InputError(
            "The database's address cannot be read.",
            hint="Write postgresql://USER:PASSWORD@HOST:PORT/DATABASE; in a password, / is %2F, @ is %40, # is %23.",
        )
    return f"{known}://{rest}"


def _redis(text: str | None) -> str | None:
    if text is None:
        return None
    parts = _parts(text)
    if parts is None or parts.scheme not in _REDIS or not (parts.hostname or parts.scheme == "unix"):
        raise InputError(
            "The address of Redis cannot be read.",
            hint="Write redis://HOST:PORT/NUMBER, rediss://… with TLS, or unix:///path/of/the/socket.",
        )
    return text


def _whole(text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch("[1-9][0-9]{0,11}", text):
        raise InputError(f"FIELDWRIGHT_MOST_OPEN is no number of events: {text[:20]!r}", hint="Such as 1000000")
    return int(text)


def _hosts(given: Iterable[str]) -> tuple[str, ...]:
    names = tuple(filter(None, map(str.strip, given)))
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9.-]{1,253}", name):
            raise InputError(f"{name[:60]!r} is no host's name", hint="Write --allowed-host fieldwright.example.com")
    return names


def _weights(given: Iterable[str]) -> dict[str, float]:
    weights: dict[str, float] = {}
    for text in filter(None, map(str.strip, given)):
        tenant, _, number = text.partition("=")
        try:
            weight = float(number)
        except ValueError:
            weight = 0.0
        if not tenant or not 1 / _HEAVIEST <= weight <= _HEAVIEST:
            raise InputError(
                f"{text[:60]!r} is no weight.", hint=f"Write --weight TENANT=3, a number up to {_HEAVIEST:g}."
            )
        weights[tenant] = weight
    return weights


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
