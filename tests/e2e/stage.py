"""A small demo on stage for tests: six applicants, two of them with a résumé that nobody can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.cli.demo import Report, run_demo
from engine.cli.demo_results import Result
from engine.cli.demo_stage import Stage, running_stage
from sandbox import people
from sandbox.contract import CandidateView
from sandbox.demo_tenants import demo_tenants
from sandbox.people import SampleApplicant

FIELDS, NO_FIELDS, STAFFING = "northwind-retail", "harbor-clinics", "lakeside-staffing"
READABLE = {FIELDS: "Ana", NO_FIELDS: "Marisol", STAFFING: "Rebecca"}
UNREADABLE = {FIELDS: "Leonard", NO_FIELDS: "Marcus"}


@dataclass(frozen=True)
class Played:
    """A demo that ran and is still on stage."""

    stage: Stage
    report: Report
    assignment: Mapping[str, list[SampleApplicant]]

    def result(self, tenant: str, first_name: str) -> Result:
        return next(
            one
            for one in self.report.results
            if one.applied.tenant == tenant and one.applied.name.startswith(first_name)
        )

    def view(self, tenant: str, first_name: str) -> CandidateView:
        """What the recruiter sees of them now."""
        applied = self.result(tenant, first_name).applied
        return applied.scene.tenant.ats.candidate_view(applied.candidate_id)


def assignment() -> dict[str, list[SampleApplicant]]:
    by_name = {applicant.first_name: applicant for applicant in people.applicants()}
    chosen = {tenant: [by_name[name]] for tenant, name in READABLE.items()}
    for tenant, name in UNREADABLE.items():
        chosen[tenant].append(by_name[name])
    return chosen


@contextmanager
def played_demo(folder: Path) -> Iterator[Played]:
    given = assignment()
    with running_stage(demo_tenants(), folder) as stage:
        yield Played(stage, run_demo(stage, given, within_s=60.0), given)
