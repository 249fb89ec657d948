"""A running service with routes: one other system that hangs holds up neither the ATS nor the others."""

from __future__ import annotations

import signal
from pathlib import Path

from engine.manifest.routes import load_routes
from engine.model import OutcomeKind
from engine.pipeline.route_work import open_outgoing_route
from sandbox.smartrecruiters import SmartRecruiters
from tests.e2e.service import running, until
from tests.e2e.test_restart import Process, pretend_ats
from tests.pipeline.line import engineers
from tests.pipeline.receiver import Receiver, receiving
from tests.pipeline.test_outgoing import ENVIRONMENT, file_of, route_to


def test_a_system_that_hangs_holds_up_neither_the_ats_nor_the_others(tmp_path: Path) -> None:
    with receiving() as hanging, receiving() as fine:
        hanging.free.clear()
        routes = load_routes(file_of(tmp_path, route_to(hanging, "hanging", ", timeout: 5s"), route_to(fine, "fine")))
        outgoing = {route.name: open_outgoing_route(route, ENVIRONMENT) for route in routes}
        with running(tmp_path, outgoing=outgoing) as service:
            for number in range(4):
                service.apply(number)
            service.settle()
            until(lambda: len(fine.posts) >= 4, "the other system has all")
            until(lambda: len(hanging.posts) >= 2, "the hanging one was tried")
            delivered = [kind for kind in service.outcomes() if kind is OutcomeKind.DELIVERED]
            assert len(delivered) >= 4
            hanging.free.set()
    told = fine.verified()
    assert len({one["data"]["ids"]["candidate"] for one in told}) == 4


def test_a_served_process_killed_while_it_sends_tells_everybody_after_its_restart(tmp_path: Path) -> None:
    with receiving() as receiver, pretend_ats(tmp_path) as (ats, job, environment):
        receiver.free.clear()
        file = str(file_of(tmp_path, route_to(receiver)))
        environment = {**environment, **ENVIRONMENT}
        first = Process(tmp_path, environment, "--routes", file)
        until(lambda: is_subscribed(ats), "the subscription is made")
        candidates = [ats.apply(person, job) for person in engineers(3)]
        until(lambda: receiver.posts, "the first is on its way")
        port = first.told["url"].rpartition(":")[2]
        first.end(signal.SIGKILL)
        receiver.free.set()
        second = Process(tmp_path, environment, "--routes", file, "--port", port)
        try:
            until(lambda: told_of(receiver) >= set(candidates), "all are told")
        finally:
            assert second.end(signal.SIGTERM) == 0
    sent = [post.id for post in receiver.posts]
    assert len({(post.id, post.body) for post in receiver.posts}) == len(set(sent))
    assert len(sent) > len(set(sent))
    assert receiver.verified()


def is_subscribed(ats: SmartRecruiters) -> bool:
    return any(item.active for item in ats.deliveries.subscriptions.values())


def told_of(receiver: Receiver) -> set[str]:
    return {post.event["data"]["ids"]["candidate"] for post in receiver.posts}
