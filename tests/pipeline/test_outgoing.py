"""Outgoing events over real HTTP, verified by the reference library of Standard Webhooks at the other end."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from engine.manifest.routes import load_routes
from engine.manifest.schema.files import data_folder
from engine.model import OutcomeKind, RawEvent
from engine.pipeline.deliveries import DeliveryWork
from engine.pipeline.events import EventWork
from engine.pipeline.outgoing import Outgoing
from engine.pipeline.route_work import RouteWork, disabled_why, open_outgoing_route, ping, resume
from engine.runtime.erasing import erase
from engine.runtime.route_threads import RouteThreads
from engine.store.deliveries import NewDelivery
from sandbox.trackerrms.server import TrackerRms
from tests.pipeline.line import READER, SCORER, Line, engineers, open_line
from tests.pipeline.receiver import OTHER_SECRET, SECRET, Receiver, receiving

ENVIRONMENT = {"CRM": SECRET, "OTHER": OTHER_SECRET}
ALL = "[application.scored, feedback.given, event.dead, candidate.erased]"


def file_of(folder: Path, *routes: str) -> Path:
    file = folder / "routes.yaml"
    file.write_text("routes:\n" + "".join(f"  - {{{route}}}\n" for route in routes), "utf-8")
    return file


def route_to(
    receiver: Receiver, name: str = "crm", more: str = "", events: str = ALL, secret: str = '"${env:CRM}"'
) -> str:
    return f"name: {name}, url: '{receiver.url}', secret: {secret}, events: {events}{more}"


@dataclass
class Sending:
    """A line whose outcomes are told to routes. ``send`` sends all that is due to one route; how many tries."""

    line: Line
    work: RouteWork
    outgoing: Outgoing

    def send(self, name: str = "crm") -> int:
        tries = 0
        while self.work.deliver_once(name) is not None:
            tries += 1
        return tries


@contextmanager
def sending(folder: Path, *routes: str, ats: str = "smartrecruiters", url: str | None = None) -> Iterator[Sending]:
    with open_line(folder, ats, url=url) as line:
        # The reference library goes by the machine's own clock.
        line.clock.advance(time.time() - line.clock.now())
        told = load_routes(file_of(folder, *routes))
        opened = {route.name: open_outgoing_route(route, ENVIRONMENT) for route in told}
        outgoing, at = Outgoing(told), {line.route.name: line.route}
        events = EventWork(at, line.store, SCORER, READER, line.clock, outgoing=outgoing)
        deliveries = DeliveryWork(at, line.store, line.clock, outgoing=outgoing)
        work = RouteWork(opened, line.store, line.clock)
        yield Sending(replace(line, events=events, deliveries=deliveries), work, outgoing)
        for one in opened.values():
            one.poster.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def fits(told: Mapping[str, Any]) -> None:
    """Fails unless the event is as its published schema says."""
    name = told["type"].removeprefix("fieldwright.").removesuffix(".v1")
    schema = json.loads((data_folder("schemas") / f"outgoing-{name}.schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(told)


def delivered(one: Sending, number: int = 0) -> str:
    """A scored and written application; its event."""
    event = one.line.score(one.line.apply(number))
    assert event.outcome is not None
    assert event.outcome.kind is OutcomeKind.DELIVERED
    return event.id


def test_a_scored_application_reaches_the_other_system_signed_and_with_where_it_was_written(
    tmp_path: Path, receiver: Receiver, store_url: str
) -> None:
    with sending(tmp_path, route_to(receiver), url=store_url) as one:
        event = delivered(one)
        assert one.send() == 1
    (told,) = receiver.verified()
    assert told["type"] == "fieldwright.application.scored.v1"
    assert told["id"] == receiver.posts[0].id
    assert told["source"] == "/fieldwright/trial"
    data = told["data"]
    assert data["event_id"] == event
    assert 0 < data["score"]["match"] <= 100
    assert data["outcome"]["kind"] == "delivered"
    assert {output["output"] for output in data["outputs"]} >= {"match_score"}
    assert receiver.posts[0].headers["content-type"].startswith("application/cloudevents+json")


def test_personal_data_is_left_out_unless_the_route_asks_for_it(tmp_path: Path, receiver: Receiver) -> None:
    with (
        receiving() as curious,
        sending(
            tmp_path,
            route_to(receiver),
            route_to(curious, "curious", ", include: [name, contact, reasons, quotes]"),
        ) as one,
    ):
        candidate = one.line.apply()
        one.line.score(candidate)
        one.send()
        one.send("curious")
    plain, full = receiver.posts[0].body.decode(), curious.posts[0].body.decode()
    name = engineers(1)[0].last_name
    assert name not in plain
    assert "quote" not in plain
    assert name in full
    assert any(reason.get("quote") for reason in json.loads(full)["data"]["score"]["reasons"])


def test_each_event_fits_its_published_schema(tmp_path: Path, receiver: Receiver) -> None:
    with sending(tmp_path, route_to(receiver, more=", include: [name, contact, reasons, quotes, comments]")) as one:
        candidate = one.line.apply()
        one.line.score(candidate)
        feedback = {"verdict": "👍", "comment": "call them", "by": "A manager"}
        one.line.accept("feedback.given", candidate=candidate, job=one.line.job, data={"feedback": feedback})
        one.line.work()
        one.send()
    assert set(receiver.types()) >= {"fieldwright.application.scored.v1", "fieldwright.feedback.given.v1"}
    for told in receiver.verified():
        fits(told)


def test_a_try_that_failed_is_made_again_under_the_same_id_with_the_same_body(tmp_path: Path) -> None:
    with receiving(500, 503) as receiver, sending(tmp_path, route_to(receiver)) as one:
        delivered(one)
        assert one.send() == 1
        one.line.clock.advance(7)
        assert one.send() == 1
        one.line.clock.advance(400)
        assert one.send() == 1
        one.line.clock.advance(400)
        assert one.send() == 0
    assert len({(post.id, post.body) for post in receiver.posts}) == 1
    assert len(receiver.posts) == 3
    assert len({post.headers["webhook-timestamp"] for post in receiver.posts}) == 3


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 429, 500])
def test_whatever_is_no_success_is_tried_again_and_no_redirect_is_followed(tmp_path: Path, status: int) -> None:
    with receiving() as elsewhere, receiving((status, {"location": elsewhere.url})) as receiver:
        with sending(tmp_path, route_to(receiver)) as one:
            delivered(one)
            one.send()
            one.line.clock.advance(7)
            one.send()
        assert len(receiver.posts) == 2
        assert elsewhere.posts == []


def test_the_time_that_the_other_side_asks_for_is_waited(tmp_path: Path) -> None:
    with receiving((429, {"retry-after": "3600"})) as receiver, sending(tmp_path, route_to(receiver)) as one:
        delivered(one)
        one.send()
        one.line.clock.advance(3500)
        assert one.send() == 0
        one.line.clock.advance(200)
        assert one.send() == 1


def test_threads_side_by_side_send_each_event_once(tmp_path: Path) -> None:
    with receiving() as receiver, sending(tmp_path, route_to(receiver)) as one:
        for number in range(3):
            delivered(one, number)
        (event,) = one.line.store.inbox.list(limit=1)
        rows = one.line.store.outbox.list(connection="route:crm")
        kept = [
            NewDelivery(
                row.connection, f"{row.subject}{n}", "", None, "route", row.operation, row.payload, route="crm"
            )
            for n in range(10)
            for row in rows
        ]
        one.line.store.outbox.add(event.id, kept)
        with ThreadPoolExecutor(6) as pool:
            sent = sum(pool.map(lambda _: one.send(), range(6)))
    assert sent == len(receiver.posts) == 33
    assert len({post.id for post in receiver.posts}) == 33


def test_a_route_that_is_gone_is_off_and_all_that_is_meant_for_it_is_kept_until_it_is_resumed(tmp_path: Path) -> None:
    with receiving(410) as receiver, sending(tmp_path, route_to(receiver)) as one:
        delivered(one)
        delivered(one, 1)
        assert one.send() == 1
        assert "410" in (disabled_why(one.line.store, "crm") or "")
        one.line.clock.advance(10 * 86400)
        assert one.send() == 0
        assert one.line.store.routes.waiting()["crm"].pending == 2
        assert resume(one.line.store, "crm")
        assert one.send() == 2


def test_one_broken_route_holds_up_neither_the_others_nor_the_ats(tmp_path: Path) -> None:
    with receiving(*[500] * 50) as broken, receiving() as fine:
        with sending(tmp_path, route_to(broken, "broken"), route_to(fine, "fine")) as one:
            delivered(one)
            one.send("broken")
            delivered(one, 1)
            assert one.send("fine") == 2
        assert len(fine.verified()) == 2


def test_events_about_one_application_go_in_order_though_the_first_must_wait(tmp_path: Path, store_url: str) -> None:
    with receiving(500) as receiver, sending(tmp_path, route_to(receiver), url=store_url) as one:
        candidate = one.line.apply()
        one.line.score(candidate)
        assert one.send() == 1
        feedback = {"verdict": "👍"}
        one.line.accept("feedback.given", candidate=candidate, job=one.line.job, data={"feedback": feedback})
        one.line.work()
        assert one.send() == 0
        one.line.clock.advance(10)
        assert one.send() == 2
    assert [one.rsplit(".", 2)[-2] for one in receiver.types()] == ["scored", "scored", "given"]


def test_after_75_hours_of_failure_it_is_given_up_and_can_be_sent_again(tmp_path: Path) -> None:
    with receiving(*[500] * 10) as receiver, sending(tmp_path, route_to(receiver)) as one:
        delivered(one)
        for _ in range(12):
            one.send()
            one.line.clock.advance(100_000)
        assert len(receiver.posts) == 10
        assert one.line.store.routes.waiting()["crm"].dead == 1
        assert one.line.store.routes.send_again("crm") == 1
        assert one.send() == 1
    assert len({post.id for post in receiver.posts}) == 1


def test_while_a_secret_is_rotated_the_old_and_the_new_one_both_verify(tmp_path: Path, receiver: Receiver) -> None:
    with sending(tmp_path, route_to(receiver, secret='["${env:CRM}", "${env:OTHER}"]')) as one:
        delivered(one)
        one.send()
    assert receiver.verified(SECRET) == receiver.verified(OTHER_SECRET)


def test_routes_get_the_events_and_tenants_that_they_ask_for_only(tmp_path: Path, receiver: Receiver) -> None:
    with (
        receiving() as deaths,
        receiving() as others,
        sending(
            tmp_path,
            route_to(receiver),
            route_to(deaths, "deaths", events="[event.dead]"),
            route_to(others, "others", ", tenants: [somebody-else]"),
        ) as one,
    ):
        delivered(one)
        assert (one.send(), one.send("deaths"), one.send("others")) == (1, 0, 0)


def test_what_waits_about_a_person_is_emptied_when_they_are_erased(tmp_path: Path, store_url: str) -> None:
    told = ", include: [name]"
    with receiving(500) as receiver, sending(tmp_path, route_to(receiver, more=told), url=store_url) as one:
        candidate = one.line.apply()
        one.line.score(candidate)
        name = engineers(1)[0].last_name
        one.send()
        one.line.store.erase("trial", candidate)
        rows = one.line.store.outbox.list(limit=50)
        assert not [row for row in rows if name in json.dumps(row.payload)]
        one.line.clock.advance(10)
        assert one.send() == 0
        assert one.line.store.routes.send_again("crm") == 0


def test_a_deleted_candidate_is_told_as_erased_with_no_more_than_ids(tmp_path: Path, receiver: Receiver) -> None:
    with sending(tmp_path, route_to(receiver, more=", include: [name, reasons, quotes]"), ats="trackerrms") as one:
        ats = one.line.ats
        assert isinstance(ats, TrackerRms)
        candidate = one.line.apply()
        one.line.score(candidate, application=str(ats.application(candidate, one.line.job).id))
        one.send()
        del ats.database.resources[int(candidate)]
        one.line.accept("candidate.deleted", candidate=candidate)
        one.line.work()
        one.line.store.erase("trial", candidate)
        assert one.send() == 1
    told = receiver.verified()[-1]
    assert told["type"] == "fieldwright.candidate.erased.v1"
    assert told["data"]["ids"]["candidate"] == candidate
    assert engineers(1)[0].last_name not in receiver.posts[-1].body.decode()
    fits(told)


def test_an_event_that_nobody_could_read_is_told_as_dead(tmp_path: Path, receiver: Receiver) -> None:
    with sending(tmp_path, route_to(receiver)) as one:
        raw = RawEvent("trial", "webhook", "k1", {}, b"no json", 0.0)
        one.line.store.inbox.accept([raw])
        one.line.work()
        one.send()
    (told,) = receiver.verified()
    assert told["type"] == "fieldwright.event.dead.v1"
    assert told["data"]["outcome"]["kind"] == "quarantined"
    fits(told)


def test_a_person_erased_by_command_is_told_of_once_and_with_no_more_than_ids(
    tmp_path: Path, receiver: Receiver, store_url: str
) -> None:
    more = ", include: [name, reasons, quotes]"
    with sending(tmp_path, route_to(receiver, more=more), url=store_url) as one:
        candidate = one.line.apply()
        one.line.score(candidate)
        erase(one.line.store, "trial", candidate, "cli:test", one.outgoing)
        assert one.send() == 1
    (told,) = receiver.verified()
    assert told["type"] == "fieldwright.candidate.erased.v1"
    assert told["data"]["ids"]["candidate"] == candidate
    assert engineers(1)[0].last_name not in receiver.posts[-1].body.decode()
    fits(told)


CHILD = """
import sys, json
from pathlib import Path
from engine.manifest.routes import load_routes
from engine.pipeline.route_work import RouteWork, open_outgoing_route
from engine.store import Store
from engine.clock import SYSTEM
routes = load_routes(Path(sys.argv[2]))
opened = {route.name: open_outgoing_route(route, json.loads(sys.argv[3])) for route in routes}
with Store.open(sys.argv[1]) as store:
    RouteWork(opened, store, SYSTEM).deliver_once("crm")
"""


def test_a_process_killed_between_the_answer_and_the_record_sends_again_under_the_same_id(
    tmp_path: Path, receiver: Receiver
) -> None:
    with sending(tmp_path, route_to(receiver)) as one:
        delivered(one)
        receiver.free.clear()
        arguments = [str(tmp_path / "line.db"), str(tmp_path / "routes.yaml"), json.dumps(ENVIRONMENT)]
        child = subprocess.Popen([sys.executable, "-c", CHILD, *arguments], env={**os.environ})
        assert receiver.arrived.wait(20)
        child.send_signal(signal.SIGKILL)
        child.wait(10)
        receiver.free.set()
        assert one.send() == 0
        one.line.store.outbox.recover(everything=True)
        assert one.send() == 1
        assert one.send() == 0
    assert len(receiver.posts) == 2
    assert receiver.posts[0].id == receiver.posts[1].id
    assert receiver.verified()[0] == receiver.verified()[1]


def test_a_system_that_fails_is_not_stormed_by_all_that_waits_for_it(tmp_path: Path) -> None:
    with receiving(*[500] * 50) as receiver, sending(tmp_path, route_to(receiver)) as one:
        for number in range(3):
            delivered(one, number)
        opened = {route.name: open_outgoing_route(route, ENVIRONMENT) for route in one.outgoing.routes}
        began = time.monotonic()
        with RouteThreads(opened, one.line.store, one.line.clock):
            while len(receiver.posts) < 3:
                receiver.arrived.wait(10)
                receiver.arrived.clear()
        assert time.monotonic() - began >= 1.0


def test_the_secret_is_in_no_row_no_log_and_no_message(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with (
        receiving(500, 500, 500, 500, 410) as receiver,
        caplog.at_level("DEBUG"),
        sending(tmp_path, route_to(receiver)) as one,
    ):
        delivered(one)
        for _ in range(5):
            one.send()
            one.line.clock.advance(100_000)
        assert one.send() == 0
    assert "failed 4 times" in caplog.text
    assert "is off" in caplog.text
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    for form in (SECRET.removeprefix("whsec_").encode(), key):
        assert form not in content
        assert form.decode() not in caplog.text


def test_a_ping_says_what_came_back(tmp_path: Path) -> None:
    with receiving(204, 401) as receiver:
        (route,) = load_routes(file_of(tmp_path, route_to(receiver)))
        opened = open_outgoing_route(route, ENVIRONMENT)
        assert ping(opened, time.time()).taken
        assert ping(opened, time.time()).cause == "answered 401"
        opened.poster.close()
        pings = receiver.verified()
    assert [told["type"] for told in pings] == ["fieldwright.ping.v1"] * 2
    fits(pings[0])


def test_an_address_that_leads_into_the_own_network_gets_nothing(tmp_path: Path) -> None:
    from connectors.route_poster import RoutePoster

    poster = RoutePoster("https://localhost/hooks", [b"k" * 32], 2.0)
    told = poster.post("one", b"{}", time.time())
    poster.close()
    assert not told.taken
    assert "not public" in told.cause
