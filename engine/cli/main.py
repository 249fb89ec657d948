"""The command ``fieldwright``: finds the command's module, runs it, and tells people what went wrong.

A command's module is imported only when the command runs. To add one, add a line to ``COMMANDS``: its target is
``module:name`` of a function that typer understands, or of a ``typer.Typer`` that holds several.
Exit codes: 0 done, 1 it failed, 2 what was given is wrong.
"""

from __future__ import annotations

import gc
import os
import secrets
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer

from engine import __version__
from engine.errors import FieldwrightError, InputError

COMMANDS: dict[str, tuple[str, str]] = {
    "lint": (
        "engine.cli.lint:lint",
        "Check manifests, tenants' files, routes, mapping tests and cassettes.",
    ),
    "explain": ("engine.cli.explain:explain", "Say what the code of a finding means, and how to mend it."),
    "test": ("engine.cli.test:run_tests", "Run mapping tests: event in, requests out. Nothing is sent."),
    "contract": ("engine.cli.contract:contract", "Compare a manifest with the vendor's OpenAPI. Nothing is sent."),
    "record": ("engine.cli.record:record", "Record what an ATS answers, with made-up data, for mapping tests."),
    "plan": ("engine.cli.plan:plan", "Show what one event would lead to, and why. Nothing is sent."),
    "serve": ("engine.cli.serve:serve", "Run the service: events in, scores written back, until it is stopped."),
    "work": ("engine.cli.work:work", "Work off what `serve` takes, beside others, on a PostgreSQL database."),
    "doctor": ("engine.cli.doctor:doctor", "Check a tenant's connection, and say what is left to do by hand."),
    "docs": ("engine.cli.docs:docs", "Print a page about a connection: what it reads, writes and must be allowed."),
    "backfill": ("engine.cli.backfill:backfill", "Put what an ATS holds already through the engine."),
    "resume": ("engine.cli.resume:resume_command", "Have an ATS called again that was switched off after failing."),
    "act": ("engine.cli.act:act", "Make a call that a person decided on."),
    "feedback": ("engine.cli.feedback:feedback", "Enter a hiring manager's answer."),
    "diff": ("engine.cli.diff:diff", "Show what a tenant's file changes of its manifest."),
    "replay-diff": (
        "engine.cli.replay_diff:replay_diff",
        "Show what a changed manifest or tenant's file would have written for the last events.",
    ),
    "why": ("engine.cli.why:why", "Show where an output's value comes from, and how it got to its place."),
    "rebind": ("engine.cli.rebind:rebind", "Bind an output to a field that was renamed or made anew."),
    "events": ("engine.cli.events:app", "List events, show one event's whole way, send one through again."),
    "routes": (
        "engine.cli.routes:app",
        "List routes of outgoing events, test one, switch one on, send again.",
    ),
    "audit": ("engine.cli.audit:app", "List calls and what operators did; prove that nobody changed the record."),
    "erase": ("engine.cli.erase:erase_command", "Remove all that is known of one person."),
    "keys": ("engine.cli.keys:app", "Make, list and revoke the keys of the API."),
    "migrate": ("engine.cli.migrate:migrate_command", "Bring a database of an earlier version to this one's schema."),
    "vault": ("engine.cli.vault:app", "Make, tell and change the keys that secrets in the store are encrypted with."),
    "export": ("engine.cli.export:export", "Write a tenant's newest scores to a CSV or XLSX file."),
    "demo": ("engine.cli.demo:demo", "Put fifty applicants through three pretend tenants and show what came of it."),
    "reference": ("engine.cli.reference:reference", "Show what a key of a manifest means, with an example."),
    "sandbox": ("engine.cli.sandbox:sandbox", "Run a pretend ATS on this machine."),
}


_INTERRUPTED = 130  # what shells report after Ctrl-C


def run(arguments: Sequence[str] | None = None) -> None:
    """Runs the command of ``arguments`` (else the process's own) and ends the process."""
    said = list(sys.argv[1:] if arguments is None else arguments)
    given = [argument for argument in said if argument != "--debug"]
    debug = given != said or bool(os.environ.get("FIELDWRIGHT_DEBUG"))
    chosen = next((argument for argument in given if not argument.startswith("-")), None)
    try:
        application(chosen)(given, prog_name="fieldwright")
    except FieldwrightError as error:
        sys.exit(_told(error, debug))
    except KeyboardInterrupt:
        # typer catches Ctrl-C in a command, but not while the command's module is still being imported.
        sys.exit(_INTERRUPTED)
    except Exception as error:
        sys.exit(_unexpected(error, debug))


def application(chosen: str | None) -> typer.Typer:
    """The whole command line, of which only the command ``chosen`` can do its work: the others are not imported."""
    app = typer.Typer(
        name="fieldwright",
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="Reads an ATS's events, scores applications and writes the results back, by one YAML file per ATS.",
    )
    app.callback()(_root)
    for name, (target, summary) in COMMANDS.items():
        found = _load(target) if name == chosen else _absent
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name, help=summary, no_args_is_help=True)
        else:
            app.command(name, short_help=summary, help=_flowing(found.__doc__ or ""))(found)
    return app


def _load(target: str) -> Any:
    module, _, name = target.partition(":")
    # What is loaded stays: looking through it for garbage takes longer than many a command.
    gc.disable()
    try:
        return getattr(import_module(module), name)
    finally:
        gc.freeze()
        gc.enable()


def _flowing(text: str) -> str:
    """A docstring whose paragraphs are one line each, so that they are broken where the terminal ends only."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _absent() -> None:
    """Stands for a command that was not chosen."""


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"fieldwright {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and end.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an unexpected error.")] = False,
) -> None:
    pass


def _told(error: FieldwrightError, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    typer.secho(f"error: {error.message}", err=True, fg="red")
    if error.hint:
        typer.echo(f"  {error.hint}", err=True)
    return 2 if isinstance(error, InputError) else 1


def _unexpected(error: Exception, debug: bool) -> int:
    # The error's own text may hold a person's data or a secret: only its kind and place are told.
    if debug:
        traceback.print_exc()
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].name}:{frames[-1].lineno}" if frames else "start"
    reference = f"{type(error).__name__} in {where} ({secrets.token_hex(4)})"
    typer.secho(f"error: something unexpected happened: {reference}; --debug shows more", err=True, fg="red")
    return 1
