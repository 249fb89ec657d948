"""The alert when something keeps failing: once, after its fourth try; the tries go on by the schedule."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from engine.telemetry import metrics

ALERT_AFTER = 4
_log = logging.getLogger(__name__)


def alert(connection: str, tries: int, what: str, cause: str, extra: Mapping[str, object] | None = None) -> None:
    """Tells of ``what`` if this was its fourth failed try. ``cause`` names no person."""
    if tries == ALERT_AFTER:
        metrics.ALERTS.labels(connection).inc()
        told = {"connection": connection, **(extra or {})}
        _log.warning("%s failed %d times and goes on being tried: %s", what, tries, cause, extra=told)
