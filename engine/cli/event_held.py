"""Writes that are held, as ``events list`` tells them: how many of which output, why, and what to do."""

from __future__ import annotations

from collections.abc import Mapping

from engine.cli.output import counted, printable
from engine.cli.tables import console
from engine.model import Json
from engine.runtime.rebinding import remedy

Held = Mapping[tuple[str, str], tuple[int, str]]
"""(tenant, output) → how many, and why."""


def show_held(held: Held) -> None:
    """A line for each output of which writes are held."""
    for (tenant, output), (number, why) in sorted(held.items()):
        said = f"Held at {tenant}: {counted(number, 'write')} of {output}: {why}; {remedy(tenant, output)}"
        console().print(printable(said))


def held_json(held: Held) -> list[dict[str, Json]]:
    """The same as plain data."""
    return [
        {"tenant": tenant, "output": output, "writes": number, "why": why, "do": remedy(tenant, output)}
        for (tenant, output), (number, why) in sorted(held.items())
    ]
