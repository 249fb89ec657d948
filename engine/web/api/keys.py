"""``/keys``: who may use the API. Nobody sees, makes or revokes a key that reaches further than their own."""

from __future__ import annotations

from dataclasses import dataclass

from engine.clock import Clock
from engine.manifest.durations import parse_duration
from engine.model import Json
from engine.store import Store
from engine.store.api_keys import ROLES, ApiKeyList, role_of
from engine.store.browsing import Scope
from engine.web.api.declared import ID, Asked, BadParameter, Endpoint, NotFound, Parameter


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of ``store``."""

    store: Store
    clock: Clock

    def endpoints(self) -> list[Endpoint]:
        made = (
            Parameter("name", "body", "What the key is for.", required=True),
            Parameter("role", "body", "What it may do.", ROLES, required=True),
            Parameter("tenants", "body", "Only these tenants, with commas between; else all that you see."),
            Parameter("expires", "body", "Ends after so long, such as `90d`."),
        )
        return [
            Endpoint("GET", "/keys", "admin", "The keys, without the keys themselves.", self.list),
            Endpoint("POST", "/keys", "admin", "Make a key; it is shown this once.", self.create, made),
            Endpoint("POST", "/keys/{id}/revoke", "admin", "End a key at once.", self.revoke, (ID,)),
        ]

    def list(self, asked: Asked) -> Json:
        return {"keys": [key.as_json() for key in self._within(asked.caller.scope)]}

    def create(self, asked: Asked) -> Json:
        given, expires, role = asked.text("tenants"), asked.text("expires"), role_of(asked.values["role"])
        assert role is not None
        scope = frozenset(filter(None, map(str.strip, given.split(",")))) if given else asked.caller.scope
        if scope is not None and not all(map(asked.caller.sees, scope)):
            raise NotFound
        try:
            expires_at = self.clock.now() + parse_duration(expires) if expires else None
        except ValueError:
            raise BadParameter("`expires` is no duration.", hint="Such as 90d, 12h or 30m.") from None
        with self.store.transaction():
            key, text = self.store.api_keys.create(asked.values["name"][:200], role, scope, expires_at)
            self.store.audit.act(asked.caller.actor, "key.create", detail=f"{key.id} {key.role}")
        return {**key.as_json(), "key": text}

    def revoke(self, asked: Asked) -> Json:
        id_ = asked.values["id"]
        with self.store.transaction():
            if id_ not in {key.id for key in self._within(asked.caller.scope)}:
                raise NotFound
            if self.store.api_keys.revoke(id_):
                self.store.audit.act(asked.caller.actor, "key.revoke", detail=id_)
        return {"id": id_, "revoked": True}

    def _within(self, scope: Scope) -> ApiKeyList:
        return [
            key
            for key in self.store.api_keys.list()
            if scope is None or (key.tenants is not None and key.tenants <= scope)
        ]
