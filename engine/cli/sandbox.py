"""``fieldwright sandbox``: runs a pretend ATS with sample jobs and applicants on loopback, until Ctrl-C."""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.options import AsJson
from engine.cli.output import print_json
from engine.cli.tables import console, show, table
from engine.errors import InputError
from sandbox import NAMES, open_sandbox, switches

if TYPE_CHECKING:
    from sandbox.contract import PretendAts

_TENANT = "trial"
_CONTROL = "/_sandbox"
_FAULT, _CLEAR = '{"answer_5xx": 5}', '{"clear": true}'
_RESUME = base64.b64encode(b"Ana Example. Shift lead since 2022.").decode()
_APPLICANT = {"first_name": "Ana", "last_name": "Example", "email": "ana@example.com"}


def sandbox(
    name: Annotated[str, typer.Argument(help=f"Which one: {' or '.join(NAMES)}.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 9001,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="SWITCH=VALUE", help="Set a switch; may be given again.")
    ] = None,
    faults: Annotated[
        list[str] | None, typer.Option("--fault", metavar="FAULT=VALUE", help="Make something go wrong; likewise.")
    ] = None,
    applicants: Annotated[int, typer.Option(min=0, help="Sample applicants to begin with.")] = 12,
    tenant: Annotated[str, typer.Option(help="Name of the tenant in the file that is shown.")] = _TENANT,
    list_switches: Annotated[bool, typer.Option("--switches", help="List the switches and faults, and end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run a pretend ATS on this machine, with state, sample jobs and applicants, until Ctrl-C."""
    if list_switches:
        _list_switches(name, as_json)
        return
    ats = open_sandbox(name, **_pairs(settings or (), "--set"))
    ats.faults.set(**_pairs(faults or (), "--fault"))
    job_id = _fill(ats, applicants)
    _serve(ats, port, tenant, job_id, as_json)


def _serve(ats: PretendAts, port: int, tenant: str, job_id: str, as_json: bool) -> None:
    from sandbox.serving import start
    from sandbox.tenant_files import tenant_file

    running = start(ats.app, port)
    try:
        made = tenant_file(ats, tenant)
        if as_json:
            told = {"name": ats.name, "url": running.url, "tenant_file": made.text}
            print_json({**told, "environment": dict(made.environment), "sandbox": f"{tenant}={running.url}"})
        else:
            typer.echo(_told(ats.name, running.url, tenant, made.text, made.environment.items()))
            typer.echo(_controls(running.url, job_id))
        running.wait()
    except KeyboardInterrupt:
        typer.echo("stopped", err=True)
    finally:
        running.stop()
        ats.close()


def _told(name: str, url: str, tenant: str, text: str, environment: Iterable[tuple[str, str]]) -> str:
    file = "\n".join(f"    {line}" for line in text.splitlines())
    exports = "\n".join(f"    export {variable}={shlex.quote(value)}" for variable, value in environment)
    return (
        f"The pretend {name} runs at {url}; stop it with Ctrl-C.\n\n"
        f"  What a recruiter sees:    {url}/\n"
        f"  What it counts and holds: {url}{_CONTROL}/state\n\n"
        f"  A tenant for it, tenants/{tenant}.yaml:\n{file}\n\n"
        f"  Its secrets, pretended ones:\n{exports}\n\n"
        f"  Then give any command that calls the ATS: --sandbox {tenant}={url}\n"
        f"  What can be switched: fieldwright sandbox {name} --switches"
    )


def _controls(url: str, job_id: str) -> str:
    applicant = json.dumps({**_APPLICANT, "job_id": job_id, "resume_base64": _RESUME})
    return (
        "\n  Somebody applies:\n"
        f"    curl {url}{_CONTROL}/apply -d {shlex.quote(applicant)}\n"
        "  Five calls fail, and none any more:\n"
        f"    curl {url}{_CONTROL}/faults -d {shlex.quote(_FAULT)}\n"
        f"    curl {url}{_CONTROL}/faults -d {shlex.quote(_CLEAR)}"
    )


def _fill(ats: PretendAts, applicants: int) -> str:
    """Sample jobs and people who applied to them; the id of one of the jobs."""
    from sandbox import people

    known = people.applicants()
    if applicants > len(known):
        raise InputError(f"There are {len(known)} sample applicants, not {applicants}.")
    jobs = {job.key: ats.add_job(job) for job in people.jobs()}
    for applicant in known[:applicants]:
        ats.apply(applicant, jobs[applicant.applied_to])
    return next(iter(jobs.values()))


def _pairs(given: Iterable[str], option: str) -> dict[str, str]:
    pairs = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals:
            raise InputError(f"{option} needs name=value, not {text!r}.", hint="--switches lists the names.")
        pairs[key.strip()] = value
    return pairs


def _list_switches(name: str, as_json: bool) -> None:
    from sandbox.faults import Faults

    known = [{"name": key, "default": default, "says": says} for key, default, says in switches(name)]
    faults = Faults().as_dict()
    if as_json:
        print_json({"switches": known, "faults": faults})
        return
    out = console()
    show(table(("--set", "default", "what it does"), [_row(item) for item in known]))
    show(table(("--fault", "default"), [(key, str(value) or "(any)") for key, value in faults.items()]))
    out.print('While it runs, the same names as JSON; {"clear": true} ends all faults:')
    out.print('  curl http://127.0.0.1:9001/_sandbox/switches -d \'{"NAME": "VALUE"}\'')
    out.print('  curl http://127.0.0.1:9001/_sandbox/faults -d \'{"NAME": "VALUE"}\'')


def _row(item: Mapping[str, object]) -> tuple[str, str, str]:
    default = item["default"]
    return str(item["name"]), str(default).lower() if isinstance(default, bool) else str(default), str(item["says"])
