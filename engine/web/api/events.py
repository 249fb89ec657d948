"""``/events``: what came in and how it went; one event's story; sending one through again."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import InputError
from engine.model import Json, OutcomeKind
from engine.pipeline.story import event_summary, story_of
from engine.store import Store
from engine.web.api.declared import ID, PAGE, TENANT, Asked, Conflict, Endpoint, NotFound, Parameter, page_of

STATES = ("received", "ready", "leased", "planned", "finished")
OUTCOMES = tuple(kind.value for kind in OutcomeKind)


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
            with self.store.transaction():
                self.store.inbox.replay(id_)
                self.store.audit.act(
                    asked.caller.actor, "replay", event.connection, id_, candidate_id=event.candidate_id
                )
        except InputError as error:
            raise Conflict(error.message) from None
        return {"id": id_, "state": asked.browse.event(id_).state, "replayed": True}
