"""``/events``: what came in and how it went; one event's story; sending one through again."""

from __future__ import annotations

from dataclasses import dataclass

from engine.clock import parse_iso
from engine.errors import InputError
from engine.model import Json, OutcomeKind
from engine.pipeline.replaying import Range, dead_letters, replay_all, replay_one
from engine.pipeline.story import event_summary, story_of
from engine.store import Store
from engine.web.api.declared import (
    ID,
    PAGE,
    TENANT,
    Asked,
    BadParameter,
    Conflict,
    Endpoint,
    NotFound,
    Parameter,
    page_of,
)

STATES = ("received", "ready", "leased", "planned", "finished")
OUTCOMES = tuple(kind.value for kind in OutcomeKind)


_RANGE = (
    Parameter("tenant", "body", "Whose dead letters.", required=True),
    Parameter("since", "body", "Only those received at or after this moment (ISO 8601)."),
    Parameter("until", "body", "Only those received before this moment (ISO 8601)."),
    Parameter("cause", "body", "Only those whose cause holds these words."),
)


@dataclass(frozen=True, slots=True)
class Events:
    """The events of ``store``."""

    store: Store

    def endpoints(self) -> list[Endpoint]:
        filters = (
            TENANT,
            Parameter("state", "query", "Only those in this state.", STATES),
            Parameter("outcome", "query", "Only those that ended so.", OUTCOMES),
        )
        return [
            Endpoint("GET", "/events", "viewer", "Events, newest first.", self.list, (*filters, *PAGE)),
            Endpoint("GET", "/events/{id}", "viewer", "One event's whole way.", self.show, (ID,)),
            Endpoint("POST", "/events/{id}/replay", "operator", "Send it through again.", self.replay, (ID,)),
            Endpoint(
                "POST", "/events/replay", "operator", "Replay a range of dead letters.", self.replay_all, _RANGE
            ),
        ]

    def list(self, asked: Asked) -> Json:
        found = asked.browse.events(
            asked.text("tenant"),
            asked.text("state"),
            asked.text("outcome"),
            behind=asked.behind,
            limit=asked.limit,
        )
        last = (found[-1].received_at, found[-1].id) if found else None
        return page_of("events", [event_summary(event) for event in found], last, asked.limit)

    def show(self, asked: Asked) -> Json:
        try:
            return story_of(asked.browse, asked.values["id"]).as_json(raw=False)
        except InputError:
            raise NotFound from None

    def replay_all(self, asked: Asked) -> Json:
        wanted = Range(
            asked.values["tenant"],
            _moment(asked.text("since"), 0.0),
            _moment(asked.text("until"), float("inf")),
            asked.text("cause") or "",
        )
        found = list(dead_letters(asked.browse, wanted))
        done = replay_all(self.store, found, wanted, asked.caller.actor)
        return {"replayed": done.count, "refused": done.refused}

    def replay(self, asked: Asked) -> Json:
        id_ = asked.values["id"]
        try:
            event = asked.browse.event(id_)
        except InputError:
            raise NotFound from None
        if event.state != "finished":
            # Asked for twice: it is on its way again already.
            return {"id": id_, "state": event.state, "replayed": False}
        try:
            replay_one(self.store, event, asked.caller.actor)
        except InputError as error:
            raise Conflict(error.message) from None
        return {"id": id_, "state": asked.browse.event(id_).state, "replayed": True}


def _moment(text: str | None, default: float) -> float:
    try:
        return parse_iso(text) if text else default
    except ValueError:
        raise BadParameter(f"{text!r} is no time.", hint="Such as 2026-01-31T09:30 (UTC).") from None
