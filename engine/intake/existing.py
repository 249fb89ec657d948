"""Which webhook subscriptions there are at the ATS: by its list, or by the ids that we remember."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.calls import Caller
from engine.errors import Refused
from engine.intake.subscriptions import ONLY, KeptSubscriptions
from engine.manifest.language.expressions import Path
from engine.manifest.model import Registration
from engine.model import Json


@dataclass(frozen=True, slots=True)
class Found:
    """A subscription at the ATS; ``event`` is its event type where there is one for each."""

    id: str
    is_active: bool
    url: str = ""
    event: str | None = None


class Existing:
    """Looks for subscriptions; ours lead to ``url``. Methods raise as calls do."""

    def __init__(self, caller: Caller, kept: KeptSubscriptions, url: str) -> None:
        self._caller, self._kept, self._url = caller, kept, url

    def listed(self, declared: Registration) -> list[Found]:
        """All that the ATS lists."""
        if declared.list is None or declared.id is None or declared.url is None:
            return []
        found = []
        for record in self._caller.records(declared.list, {}):
            id_, url = id_text(declared.id, record), id_text(declared.url, record)
            if id_ and url:
                active = declared.active is None or bool(declared.active(record))
                event = id_text(declared.event, record) if declared.event is not None else None
                found.append(Found(id_, active, url, event))
        return found

    def ours(self, listed: Sequence[Found]) -> list[Found]:
        """Ours by the address, whatever query it has; an active one first, then one whose key we know."""
        known = {kept.id for kept in map(self._kept.get, self._kept.places()) if kept.secret}
        ours = [one for one in listed if one.url.partition("?")[0] == self._url]
        return sorted(ours, key=lambda one: (not one.is_active, one.id not in known))

    def at(self, listed: Sequence[Found], place: str) -> Found | None:
        """Ours for ``place``: an event type, or ONLY."""
        return next((one for one in self.ours(listed) if place in (ONLY, one.event)), None)

    def remembered(self, declared: Registration, id_: str | None) -> Found | None:
        """The one with the id, unless there is none, or the ATS does not know it any more."""
        if id_ is None:
            return None
        try:
            return Found(id_, self.is_active(declared, id_))
        except Refused as error:
            if error.kind != "missing":
                raise
            return None

    def is_active(self, declared: Registration, id_: str) -> bool:
        """Whether it is active; it is, where the ATS cannot be asked."""
        if declared.look is None or declared.active is None:
            return True
        return bool(declared.active(self._caller.record(declared.look, {"subscription": {"id": id_}})))


def id_text(path: Path, data: Json) -> str | None:
    """What stands at ``path``, as text; None for anything but text and whole numbers."""
    value = path(data)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    return str(value) or None
