"""The demo's results in words: a table per tenant, what was written where and why, the summary, what to open next.

In: ``Result`` objects and counts. Out: lines and tables on a console.
"""

from __future__ import annotations

import shlex
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.cli.demo_results import Counts, Placed, Result
from engine.cli.demo_stage import Scene, Stage
from engine.cli.output import printable

NO_SUCH_FIELD = "there is no field of this name"
_WIDTH = 120
_PLACES = {"attachment": "PDF", "field": "custom field"}
_SHORT = {"attachment": "PDF", "field": "fields"}
_OUTPUTS = {"match_score": "score", "audit_log_id": "audit id", "screened": "screened tag"}


def demo_console() -> Console:
    """Standard output; 120 columns wide where no terminal says otherwise."""
    width = None if sys.stdout.isatty() else _WIDTH
    return Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)


def show_results(out: Console, stage: Stage, results: Sequence[Result]) -> None:
    """The tables, each with what was written where and why below it."""
    for scene in stage.scenes:
        mine = [result for result in results if result.applied.scene is scene]
        if mine:
            out.print()
            out.print(Text.assemble((scene.tenant.name, "bold"), f": {scene.tenant.says}"))
            out.print(_table(mine))
            for line in _where_and_why(mine):
                out.print(line)


def _table(results: Sequence[Result]) -> Table:
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0), expand=True)
    made.add_column("applicant, job", ratio=20, overflow="fold")
    made.add_column("score", justify="right", width=5)
    made.add_column("first reason", ratio=38, overflow="fold")
    made.add_column("written to (and why not to a better place)", ratio=45, overflow="fold")
    for result in results:
        score = Text("–" if result.match is None else str(result.match), style="bold")
        written = " · ".join(_places(result.placed)) or "nothing"
        reason = Text(printable(result.first_reason), style="" if result.match is not None else "yellow")
        who = Text.assemble(printable(result.applied.name), "\n", (result.applied.job, "dim"))
        made.add_row(who, score, reason, printable(written))
    return made


def _places(placed: Sequence[Placed]) -> Iterable[str]:
    """``fields: score, reasons``; with the cause in brackets where it is not the first choice."""
    grouped: dict[tuple[str, tuple[tuple[str, str], ...]], list[Placed]] = {}
    for one in placed:
        key = (one.place, tuple(dict.fromkeys(("", why) for _, why in one.passed)))
        grouped.setdefault(key, []).append(one)
    for (place, causes), here in grouped.items():
        cause = f" ({_cause(here)})" if causes else ""
        what = "" if place == "tag" else f": {', '.join(_words(one.output) for one in here)}"
        yield f"{_SHORT.get(place, place)}{what}{cause}"


def _cause(here: Sequence[Placed]) -> str:
    """Why none of these outputs went to a better place, as briefly as can be."""
    passed = list(dict.fromkeys(cause for one in here for cause in one.passed))
    if all(why == NO_SUCH_FIELD for _, why in passed):
        names = [place.removeprefix("custom ") for place, _ in passed]
        return f"no {names[0]}" if len(names) == 1 else "no such fields"
    return "; ".join(dict.fromkeys(why for _, why in passed))


def _where_and_why(results: Sequence[Result]) -> Iterable[Text]:
    """A line per way an output went, with how many went it."""
    ways = Counter((one.output, _target(one), one.passed) for result in results for one in result.placed)
    for (output, target, passed), count in ways.items():
        why = "; ".join(f"{place}: {why}" for place, why in passed)
        yield Text(f"  {count:>3} × {_words(output)} → {target}{f', because {why}' if why else ''}", style="dim")


def _target(placed: Placed) -> str:
    place = _PLACES.get(placed.place, placed.place)
    return f"{place} “{placed.target}”" if placed.place in ("field", "tag", "stage") else place


def _words(output: str) -> str:
    return _OUTPUTS.get(output, output.replace("_", " "))


def show_summary(out: Console, counts: Counts, results: Sequence[Result], seconds: float) -> None:
    """How it went in a few lines."""
    ended = Counter(result.outcome.kind.value if result.outcome else "still open" for result in results)
    unreadable = sum(bool(result.score and result.score.problem) for result in results)
    out.print()
    said = f"{len(results)} applications in {seconds:.0f} s: {_counted(ended)}"
    out.print(Text(said + (f" ({unreadable} with an unreadable résumé)" if unreadable else ""), style="bold"))
    out.print(f"Events accepted: {_counted(counts.accepted)}. All outcomes: {_counted(counts.outcomes)}.")
    throttled = "none" if not counts.throttled else str(counts.throttled)
    out.print(f"Requests to the ATSs: {_counted(counts.requests)}; throttled (429): {throttled}.")


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items(), key=lambda item: -item[1]))


def show_open_ones(out: Console, results: Sequence[Result], within_s: float) -> None:
    """Says which applications had no outcome in time, and which ended otherwise than delivered."""
    late = [result for result in results if result.outcome is None]
    if late:
        out.print(f"Not done after {within_s:.0f} s: {_named(late)}. `events list` shows what they wait for.")
    for result in results:
        if result.outcome is not None and not result.delivered:
            where = f"{result.applied.name} at {result.applied.tenant} ({result.event_id})"
            out.print(f"Not delivered: {printable(where)}: {result.outcome.kind.value}, {result.outcome.why}")


def _named(results: Sequence[Result]) -> str:
    return printable(", ".join(f"{result.applied.name} at {result.applied.tenant}" for result in results))


def show_open(out: Console, stage: Stage, results: Sequence[Result], stays: bool) -> None:
    """What to open, and what to try next."""
    out.print("\nOpen" if stays else "\nThese pages were up while it ran; `make demo ARGS=--stay` keeps them up")
    for scene in stage.scenes:
        _line(out, scene.tenant.name, f"{scene.url}/    all candidates, as a recruiter sees them")
        best = _with_pdf(scene, results)
        if best is not None:
            _line(out, "  the best of them", best.page)
    _line(out, "the engine", f"{stage.url}/health")
    out.print("\nLook")
    _line(out, "database", str(stage.settings.database))
    _line(out, "tenants' files", str(stage.settings.tenants))
    if stage.log.exists():
        _line(out, "warnings logged", str(stage.log))
    out.print("\nTry")
    for line in _to_try(stage, results):
        out.print(f"  {_command()} {line}", soft_wrap=True)


def _to_try(stage: Stage, results: Sequence[Result]) -> Iterable[str]:
    state = shlex.quote(str(stage.settings.state))
    yield f"events list --state {state}"
    ended = next((result.event_id for result in results if result.event_id), None)
    if ended:
        yield f"events show {ended} --state {state}"
    yield f"diff {stage.scenes[0].tenant.name} --tenants {shlex.quote(str(stage.settings.tenants))}"
    yield "lint mappings/      then break a line of a manifest on purpose, and run it again"


def _command() -> str:
    """The command as the user can type it: by its path where it is not on the search path."""
    return "fieldwright" if shutil.which("fieldwright") else sys.argv[0]


def _with_pdf(scene: Scene, results: Sequence[Result]) -> Result | None:
    mine = [result for result in results if result.applied.scene is scene]
    return next((one for one in mine if any(placed.place == "attachment" for placed in one.placed)), None)


def _line(out: Console, what: str, where: str) -> None:
    out.print(f"  {what:<20} {where}", soft_wrap=True)
