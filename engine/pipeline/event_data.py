"""What events say beside their ids, kept for the application that they are about: by its subject, in the cache.

A later event of the same application need not say it again: conditions and calls see all that was said, the newest
word on each name, whichever event is worked on last. What was said of a person only is handed on to their
applications and forgotten. Kept is, by name, {value, at}: what was said, and when (UTC s) it was so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.manifest.model import Manifest
from engine.model import CanonicalEvent, Json
from engine.pipeline.order import told_at
from engine.store.events import Claim
from engine.store.store import Store

_KIND = "event_data"
_HANDED_ON_S = 86_400.0
_ANSWER = "feedback"
"""What a manager answered belongs to one event and is never kept for the next."""


class EventData:
    """Keeps event data. Every method raises StoreUnavailable."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, claim: Claim) -> None:
        """Keeps what the events of a claim say, before any of them ends."""
        known = self._words(claim)
        newest = dict(known)
        for event in claim.events:
            for name, value in _said((event.canonical or {}).get("data") or {}).items():
                if name not in newest or told_at(event) >= newest[name]["at"]:
                    newest[name] = {"value": value, "at": told_at(event)}
        if newest != known:
            ids = [(event.canonical or {}).get("ids") or {} for event in claim.events]
            candidate = next((one["candidate"] for one in reversed(ids) if one.get("candidate")), None)
            ttl_s = None if _is_application(claim) else _HANDED_ON_S
            self._store.cache.put(claim.connection, _KIND, claim.subject, newest, ttl_s=ttl_s, candidate_id=candidate)

    def added(self, claim: Claim, canonical: CanonicalEvent, manifest: Manifest) -> CanonicalEvent:
        """``canonical`` with what was said before, or since; its own words are kept already."""
        if not _declares_data(manifest):
            return canonical
        known = {name: word["value"] for name, word in self._words(claim).items()}
        return replace(canonical, data={**known, **_answer(canonical.data)})

    def handed_on(self, claim: Claim) -> None:
        """Forgets what was said of a person, who has applications of their own now, or none."""
        if not _is_application(claim) and self._words(claim):
            self._store.cache.forget(claim.connection, _KIND, claim.subject)

    def _words(self, claim: Claim) -> dict[str, Json]:
        return dict(self._store.cache.get(claim.connection, _KIND, claim.subject) or {})


def _said(data: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in data.items() if value is not None and name != _ANSWER}


def _answer(data: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in data.items() if name == _ANSWER}


def _is_application(claim: Claim) -> bool:
    return "|" in claim.subject


def _declares_data(manifest: Manifest) -> bool:
    events = manifest.events
    streams = events.poll.streams.values() if events.poll is not None else ()
    ways = (way for way in (events.webhook, events.queue) if way is not None)
    rules = (rule for way in ways for rule in way.types.values())
    return any(stream.data for stream in streams) or any(rule.data for rule in rules)
