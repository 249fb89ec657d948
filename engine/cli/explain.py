"""``fieldwright explain``: a finding's code in; what it means, why it matters and how to mend it, out."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from engine.cli.options import AsJson
from engine.cli.output import print_json
from engine.cli.tables import show, table
from engine.errors import InputError
from engine.manifest.codes import Code, codes
from engine.manifest.findings import did_you_mean


def explain(
    code: Annotated[str | None, typer.Argument(help="A code, such as never-matched; without one, all.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what the code of a finding means: what is wrong, why it matters, how to mend it, with an example."""
    known = codes()
    if code is None:
        _list(list(known.values()), as_json)
        return
    if code not in known:
        hint = did_you_mean(code, known) or "`fieldwright explain` lists them all."
        raise InputError(f"There is no code `{code}`.", hint=hint)
    if as_json:
        print_json(asdict(known[code]))
    else:
        _show(known[code])


def _list(known: list[Code], as_json: bool) -> None:
    if as_json:
        print_json([asdict(code) for code in known])
    else:
        show(table(("code", "severity", "what"), [(code.name, code.severity, code.what) for code in known]))


def _show(code: Code) -> None:
    typer.echo(
        f"{typer.style(code.name, bold=True)} ({code.severity})\n\n{code.what}\n{code.why}\n\nTo mend: {code.mend}"
    )
    if code.example:
        typer.echo(f"\n    {code.example}")
