"""``fieldwright demo``: applicants through three pretend tenants and back, end to end, on this machine.

In: the fifty sample applicants, or a folder of résumés. Out: a table per tenant, what to open, and an exit code: 0
when every application ended with its results delivered (an unreadable résumé is told as such, and counts), else 1.
"""

from __future__ import annotations

import signal
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.demo_json import as_json_report
from engine.cli.demo_progress import shown_progress
from engine.cli.demo_results import Counts, Result, counts_of, results_of
from engine.cli.demo_run import Standing, apply_all, wait_for_all
from engine.cli.demo_stage import Stage, running_stage
from engine.cli.demo_text import demo_console, show_open, show_open_ones, show_results, show_summary
from engine.cli.options import AsJson
from engine.cli.output import print_json
from engine.errors import InputError
from sandbox import people
from sandbox.demo_tenants import DemoTenant, demo_tenants
from sandbox.people import SampleApplicant

WITHIN_S = 180.0
Assignment = Mapping[str, Sequence[SampleApplicant]]


@dataclass(frozen=True, slots=True)
class Report:
    """What a run came to. ``seconds`` is from the first application to the last outcome."""

    results: tuple[Result, ...]
    counts: Counts
    seconds: float

    @property
    def succeeded(self) -> bool:
        return all(result.delivered for result in self.results)


def demo(
    resumes: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Your own résumés (PDF, DOCX, TXT) instead of the sample ones.")
    ] = None,
    job: Annotated[
        str | None, typer.Option(metavar="KEY", help="With --resumes: the sample job they apply to.")
    ] = None,
    stay: Annotated[bool, typer.Option("--stay", help="Keep everything running until Ctrl-C.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The engine's port on 127.0.0.1; 0: a free one.")] = 0,
    count: Annotated[int, typer.Option(min=1, max=50, hidden=True, help="How many sample applicants.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Put fifty applicants through three pretend tenants and show what was written back, where and why.

    Starts the pretend ATSs and the engine on this machine; webhooks are delivered, lists are polled. The database
    and the tenants' files stay in a temporary folder, to be looked at afterwards.
    """
    tenants = demo_tenants()
    assignment = own_files(resumes, job, tenants) if resumes else _samples(job, count, tenants)
    wanted = [tenant for tenant in tenants if tenant.name in assignment]
    folder = Path(tempfile.mkdtemp(prefix="fieldwright-demo-"))
    with running_stage(wanted, folder, port) as stage:
        report = run_demo(stage, assignment) if as_json else _run_shown(stage, assignment)
        if as_json:
            print_json(as_json_report(stage, report.results, report.counts, report.seconds))
        else:
            show_open(demo_console(), stage, report.results, stay)
        if stay:
            _wait_for_stop()
    if not report.succeeded:
        raise typer.Exit(1)


def _samples(job: str | None, count: int, tenants: Sequence[DemoTenant]) -> Assignment:
    if job is not None:
        raise InputError("--job goes with --resumes: the sample applicants have jobs of their own.")
    return sample_assignment(count, tenants)


def sample_assignment(count: int, tenants: Sequence[DemoTenant]) -> Assignment:
    """The first ``count`` sample applicants, dealt out to the tenants in turn."""
    chosen = people.applicants()[:count]
    dealt = {tenant.name: chosen[n :: len(tenants)] for n, tenant in enumerate(tenants)}
    return {name: applicants for name, applicants in dealt.items() if applicants}


def own_files(folder: Path, job: str | None, tenants: Sequence[DemoTenant]) -> Assignment:
    """All files of ``folder`` to the first tenant, which has custom fields, and to the second, which has none."""
    if job is None:
        keys = ", ".join(sample.key for sample in people.jobs())
        raise InputError("--resumes needs the job they apply to.", hint=f"Add --job KEY, one of: {keys}")
    own = people.from_folder(folder, job)
    return {tenant.name: own for tenant in tenants[:2]}


def run_demo(
    stage: Stage,
    assignment: Assignment,
    told: Callable[[Standing], None] = lambda _: None,
    within_s: float = WITHIN_S,
) -> Report:
    """Lets everyone apply and waits until each application has an outcome, or ``within_s`` seconds are over."""
    started = time.monotonic()
    applied = apply_all(assignment, stage)
    ended = wait_for_all(applied, stage, within_s, told)
    seconds = time.monotonic() - started
    return Report(tuple(results_of(ended, stage)), counts_of(stage), seconds)


def _run_shown(stage: Stage, assignment: Assignment) -> Report:
    out = demo_console()
    totals = {name: len(applicants) for name, applicants in assignment.items()}
    out.print(f"{sum(totals.values())} applications to {len(totals)} tenants; the engine is at {stage.url}")
    with shown_progress(out, totals) as told:
        report = run_demo(stage, assignment, told)
    show_results(out, stage, report.results)
    show_summary(out, report.counts, report.results, report.seconds)
    show_open_ones(out, report.results, WITHIN_S)
    return report


def _wait_for_stop() -> None:
    """Returns at Ctrl-C or a termination signal."""
    stopping = threading.Event()
    before = {number: signal.signal(number, lambda *_: stopping.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    typer.echo("\nEverything keeps running; Ctrl-C stops it.", err=True)
    try:
        stopping.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    typer.echo("stopped", err=True)
