"""Ended events sent through the engine again, one or a whole range: for the command line and the API alike.

What is written already is not written again, and a write that may have arrived is looked for first. Asked for twice
it is done once: an event that is on its way again has not ended. Each request is one entry of the audit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.errors import InputError
from engine.store.browsing import Browse, Mark
from engine.store.events import StoredEvent
from engine.store.store import Store

_PAGE = 200
_BATCH = 50


@dataclass(frozen=True, slots=True)
class Range:
    """Which dead letters: of one tenant, received between two moments (UTC s), whose cause holds some words."""

    tenant: str | None = None
    since: float = 0.0
    until: float = float("inf")
    cause: str = ""

    def __str__(self) -> str:
        words = f", cause with “{self.cause}”" if self.cause else ""
        return f"dead letters of {self.tenant or 'all tenants'}{words}"


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many go through again, and why each of the others does not, by its id."""

    count: int
    refused: dict[str, str]


def dead_letters(browse: Browse, wanted: Range) -> Iterator[StoredEvent]:
    """The events that ended dead, newest first."""
    behind: Mark | None = None
    while True:
        page = browse.events(wanted.tenant, "finished", "dead", behind=behind, limit=_PAGE)
        for event in page:
            if event.received_at < wanted.since:
                return
            if event.received_at < wanted.until and wanted.cause in (event.outcome.why if event.outcome else ""):
                yield event
        if len(page) < _PAGE:
            return
        behind = (page[-1].received_at, page[-1].id)


def replay_one(store: Store, event: StoredEvent, actor: str) -> None:
    """Sends an ended event through again. Raises InputError where it cannot be."""
    with store.transaction():
        store.inbox.replay(event.id)
        store.audit.act(actor, "replay", event.connection, event.id, candidate_id=event.candidate_id)


def replay_all(store: Store, events: Sequence[StoredEvent], wanted: Range, actor: str) -> Replayed:
    """Sends ``events`` through again, behind what is live, in small transactions; one entry of the audit for all."""
    refused: dict[str, str] = {}
    for start in range(0, len(events), _BATCH):
        with store.transaction():
            refused |= dict(_refusals(store, events[start : start + _BATCH]))
    count = len(events) - len(refused)
    store.audit.act(actor, "replay", wanted.tenant or "", detail=f"{count} {wanted}")
    return Replayed(count, refused)


def _refusals(store: Store, events: Sequence[StoredEvent]) -> Iterator[tuple[str, str]]:
    for event in events:
        try:
            store.inbox.replay(event.id, bulk=True)
        except InputError as error:
            yield event.id, error.message


def advice(cause: str) -> str:
    """What to do next about something that ended with ``cause``, in one sentence."""
    return next((told for sign, told in _ADVICE if sign in cause), "see `fieldwright events show`, then replay it")


_ADVICE = (
    ("no way to look", "look in the ATS whether it is there; it is not sent twice"),
    ("looking for it was refused", "let the credential read what it writes, then replay"),
    ("ended the worker", "report it with the event's id; replay once it is mended"),
    ("internal error", "report it with the reference; replay once it is mended"),
    ("given up after", "the ATS was away or failing: replay once it answers"),
    ("401", "renew the credential (`fieldwright doctor`), then replay"),
    ("403", "grant the right that is missing (`fieldwright doctor`), then replay"),
    ("404", "it is not there any more: nothing to do, unless a path of the manifest is wrong"),
    ("no place left", "make a field, or allow a note (`fieldwright doctor`), then replay"),
)
