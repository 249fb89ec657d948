"""The keys of the API: made, told, revoked, and looked up by what a caller shows. Only a hash of each is stored.

A key is ``fwk_`` and 32 random bytes as text; its hash is looked up, so the time taken tells nothing of the key.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row, insert, or_, select, update

from engine.clock import Clock, iso
from engine.model import Json
from engine.store.database import Database
from engine.store.identity import Identity
from engine.store.schema import api_keys

PREFIX = "fwk_"
Role = Literal["viewer", "operator", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "operator", "admin")
"""Each may do what those before it may."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A stored key, without the key itself. ``tenants`` None means all; times are UTC s."""

    id: str
    name: str
    role: Role
    tenants: frozenset[str] | None
    created_at: float
    expires_at: float | None
    revoked_at: float | None

    def as_json(self) -> dict[str, Json]:
        """As plain data; times are ISO 8601 in UTC."""
        return {
            "id": self.id,
            "name": self.name,
            "role": self.role,
            "tenants": sorted(self.tenants) if self.tenants is not None else None,
            "created_at": iso(self.created_at),
            "expires_at": iso(self.expires_at) if self.expires_at is not None else None,
            "revoked_at": iso(self.revoked_at) if self.revoked_at is not None else None,
        }


ApiKeyList = list[ApiKey]


class ApiKeys:
    """The table of keys."""

    def __init__(self, database: Database, clock: Clock, identity: Identity) -> None:
        self._database, self._clock, self._identity = database, clock, identity

    def create(
        self, name: str, role: Role, tenants: frozenset[str] | None, expires_at: float | None
    ) -> tuple[ApiKey, str]:
        """Stores a new key; it, and the text that its holder shows, which cannot be had again."""
        text = PREFIX + secrets.token_urlsafe(32)
        key = ApiKey(self._identity.new("key"), name, role, tenants, self._clock.now(), expires_at, None)
        listed = json.dumps(sorted(tenants) if tenants is not None else None)
        row = {"id": key.id, "hash": hash_of(text), "name": name, "role": role, "tenants": listed}
        times = {"created_at": key.created_at, "expires_at": expires_at}
        with self._database.write() as writing:
            writing.execute(insert(api_keys).values(**row, **times))
        return key, text

    def holder(self, text: str) -> ApiKey | None:
        """The key that ``text`` is, unless it has run out or was revoked."""
        hashed, now = hash_of(text), self._clock.now()
        live = (api_keys.c.revoked_at.is_(None), or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > now))
        with self._database.read() as reading:
            row = reading.execute(select(api_keys).where(api_keys.c.hash == hashed, *live)).first()
        return _key_from(row) if row is not None and hmac.compare_digest(row.hash, hashed) else None

    def list(self) -> ApiKeyList:
        """All keys, newest first."""
        with self._database.read() as reading:
            return [_key_from(row) for row in reading.execute(select(api_keys).order_by(api_keys.c.id.desc()))]

    def revoke(self, id: str) -> bool:
        """Ends a key at once; whether there was one that was not revoked yet."""
        live = (api_keys.c.id == id, api_keys.c.revoked_at.is_(None))
        with self._database.write() as writing:
            return writing.execute(update(api_keys).where(*live).values(revoked_at=self._clock.now())).rowcount == 1


def role_of(text: str) -> Role | None:
    """The role of that name."""
    return next((role for role in ROLES if role == text), None)


def hash_of(text: str) -> str:
    """What is stored of a key."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _key_from(row: Row[Any]) -> ApiKey:
    tenants = json.loads(row.tenants)
    scope = frozenset(tenants) if tenants is not None else None
    return ApiKey(row.id, row.name, row.role, scope, row.created_at, row.expires_at, row.revoked_at)
