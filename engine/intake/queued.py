"""A record of the ATS's event queue in, a raw event out: what draining and rehearsing have in common. Pure.

The record is kept as it is: it is translated later, as a webhook's body is, and quarantined where it cannot be.
"""

from __future__ import annotations

import hashlib
import json

from engine.errors import ExpressionError
from engine.intake.translate import received_text
from engine.manifest.model import Queue
from engine.model import Json, RawEvent


def queued_event(connection: str, queue: Queue, record: Json, now: float) -> RawEvent:
    """The raw event of ``record``, taken at ``now`` (UTC seconds). It has the same key whenever it comes again."""
    return RawEvent(
        connection=connection,
        source="queue",
        key=f"queue:{dedupe_key(queue, record, now)}",
        headers={},
        body=json.dumps(record, separators=(",", ":")).encode(),
        received_at=now,
    )


def dedupe_key(queue: Queue, record: Json, now: float) -> str:
    """What is the same when the record comes again: what the manifest names, else its hash."""
    try:
        found = queue.dedupe({"record": record, "received": received_text(int(now))}) if queue.dedupe else None
    except ExpressionError:
        found = None
    if isinstance(found, (str, int)) and not isinstance(found, bool) and found != "":
        return str(found)
    return "sha256:" + hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
