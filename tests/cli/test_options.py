"""Options that several commands share: what takes the one takes the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from engine.cli import main


@pytest.mark.parametrize("name", sorted(main.COMMANDS))
def test_every_command_on_a_state_folder_takes_a_database_too(name: str) -> None:
    whole: Any = typer.main.get_command(main.application(name))
    found = [
        {option for parameter in leaf.params for option in parameter.opts} for leaf in _leaves(whole.commands[name])
    ]
    assert found
    assert all("--state" not in options or "--database" in options for options in found)


def _leaves(command: Any) -> Iterator[Any]:
    below = getattr(command, "commands", None)
    if below is None:
        yield command
    else:
        for one in below.values():
            yield from _leaves(one)
