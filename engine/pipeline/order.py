"""Which of two events tells of the later state: by the provider's own mark of it, where that can be compared.

Senders promise no order. Marks are compared with their like only: dates with dates, whole numbers with whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.clock import parse_iso
from engine.model import Json
from engine.store.events import StoredEvent

Mark = tuple[str, float]


def mark_of(canonical: Mapping[str, Json] | None) -> Mark | None:
    """The mark of the state that an event tells of, as (kind, place in the order); None where it has none."""
    version = (canonical or {}).get("version")
    if not isinstance(version, str):
        return None
    if version.isascii() and version.isdigit() and len(version) <= 18:
        return "number", float(version)
    try:
        return "date", parse_iso(version)
    except ValueError:
        return None


def is_later(one: Mapping[str, Json] | None, than: Mapping[str, Json] | None) -> bool:
    """Whether ``one`` certainly tells of a later state; not where their marks cannot be compared."""
    first, second = mark_of(one), mark_of(than)
    return first is not None and second is not None and first[0] == second[0] and first[1] > second[1]


def told_at(event: StoredEvent) -> float:
    """When (UTC s) what an event says was so: by the provider's mark where that is a date, else when it came in."""
    mark = mark_of(event.canonical)
    return mark[1] if mark is not None and mark[0] == "date" else event.received_at


def came_late(event: StoredEvent, others: Iterable[StoredEvent]) -> bool:
    """Whether one of ``others`` told of a later state and has been worked on already."""
    worked_on = (other for other in others if other.id != event.id and other.state in ("planned", "finished"))
    return any(is_later(other.canonical, event.canonical) for other in worked_on)
