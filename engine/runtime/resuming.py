"""A connection that was held back after failures, called again because a person says so. For the CLI and the API."""

from __future__ import annotations

from engine.delivery.breaker import Breaker
from engine.errors import InputError
from engine.manifest.findings import did_you_mean
from engine.pipeline.guarding import standing
from engine.store.store import Store


def resume(store: Store, tenant: str, actor: str) -> Breaker | None:
    """Has ``tenant`` called again; how it stood, None where nothing held it back. Raises InputError."""
    before = standing(store)
    if tenant not in before:
        known = store.inbox.connections() | set(before)
        if tenant not in known:
            hint = did_you_mean(tenant, sorted(known)) or "`fieldwright events list` shows whose events there are"
            raise InputError(f"There is no tenant `{tenant}` here.", hint=hint)
        return None
    with store.transaction():
        store.breakers.delete(tenant)
        store.audit.act(actor, "resume", tenant, detail=before[tenant].standing)
    return before[tenant]
