"""A list longer than what the limits allow in one go is read to its end, and not begun again and again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.intake.poll import Poller
from tests.pipeline.line import engineers, open_line

PEOPLE = 300


def test_a_list_of_more_pages_than_calls_a_minute_is_polled_to_its_end(tmp_path: Path) -> None:
    with open_line(tmp_path, "trackerrms", more="limits: {rate: 20/1m}\n") as line:
        person = replace(engineers(1)[0], resume_name="a.txt", resume_data=b"Python")
        for number in range(PEOPLE):
            line.ats.apply(replace(person, first_name=f"P{number}", email=f"p{number}@example.com"), line.job)
        poller = Poller(line.route.connection, line.route.caller, line.store, line.clock)
        report = poller.poll("applications")
        assert report.records == PEOPLE
        assert report.pages > 30
        assert line.calls()["list_applications"] == report.pages
