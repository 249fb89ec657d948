"""Events as rows once they are understood: translated ones, and the parts into which one is split."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.model import Json
from engine.store.codec import encoded
from engine.store.events import StoredEvent

Child = tuple[str, str, Mapping[str, Json], float]
"""One part of a split event: (dedupe key, subject, canonical event, due at)."""


def child_row(id: str, parent: StoredEvent, child: Child, manifest_hash: str, *, bulk: bool) -> dict[str, Any]:
    """The row of one part of a split event, ready to be worked on."""
    key, subject, canonical, due_at = child
    return {
        "id": id,
        "connection": parent.connection,
        "source": parent.source,
        "key": key,
        "headers": "{}",
        "body": b"",
        "received_at": parent.received_at,
        "state": "ready",
        "parent_id": parent.id,
        "bulk": bulk,
        **translated(subject, canonical, due_at, manifest_hash),
    }


def translated(subject: str, canonical: Mapping[str, Json], due_at: float, manifest_hash: str) -> dict[str, Any]:
    """What a translation adds to an event's row."""
    ids = canonical.get("ids") or {}
    return {
        "subject": subject,
        "candidate_id": ids.get("candidate"),
        "canonical": encoded(canonical),
        "due_at": due_at,
        "manifest_hash": manifest_hash,
    }
