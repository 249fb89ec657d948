"""A running service with routes: one other system that hangs holds up neither the ATS nor the others."""

from __future__ import annotations

from pathlib import Path

from engine.manifest.routes import load_routes
from engine.model import OutcomeKind
from engine.pipeline.route_work import open_outgoing_route
from tests.e2e.service import running, until
from tests.pipeline.receiver import receiving
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
