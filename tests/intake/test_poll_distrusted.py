"""Polling a list that ignores page sizes, overlaps its pages and knows no delta: the pretend TrackerRMS."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from connectors.calls import Caller
from connectors.transport import HttpTransport
from engine.clock import SYSTEM
from engine.intake.poll import Poller
from engine.manifest.connection import Connection
from engine.redaction import Secret
from engine.store import Store
from sandbox import serving
from sandbox.trackerrms import TrackerRms
from tests.sandbox.trackerrms_tenant import JOB, applicant
from tests.web.front import manifest


def test_every_new_application_is_found_once_and_what_was_there_before_is_not(tmp_path: Path) -> None:
    base = manifest("trackerrms")
    unhurried = {name: replace(api, limits=replace(api.limits, rate=None)) for name, api in base.apis.items()}
    given = {"region": "row", "credential": "static_token", "static_token": Secret("sandbox-static-token")}
    of = Connection("beta", replace(base, apis=unhurried), given)
    ats = TrackerRms()
    running = serving.start(ats.app)
    try:
        with (
            Store.open(tmp_path / "store.db") as store,
            Caller(of, transport=HttpTransport(sandbox_origin=running.url)) as caller,
        ):
            poller = Poller(of, caller, store, SYSTEM)
            job = ats.add_job(JOB)
            for number in range(25):
                ats.apply(applicant(f"Old{number}", "Hand"), job)
            first = poller.poll("applications")
            assert (first.events_new, first.baseline) == (0, True)
            assert first.records >= 25
            for number in range(13):
                ats.apply(applicant(f"New{number}", "Hand"), job)
            assert poller.poll("applications").events_new == 13
            assert poller.poll("applications").events_new == 0
    finally:
        ats.close()
        running.stop()
