"""Pretend ATSs for pilots, tests and demos: ``open_sandbox(name, **switches)`` gives one with state.

Importing this package imports no server library; ``open_sandbox`` and ``switches`` do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.errors import InputError

if TYPE_CHECKING:
    from sandbox.contract import PretendAts, SwitchValue

NAMES = ("smartrecruiters", "trackerrms")


def open_sandbox(name: str, **switches: Any) -> PretendAts:
    """A pretend ATS with these switches. Raises InputError for an unknown name, switch or value."""
    if name == "smartrecruiters":
        from sandbox.smartrecruiters import SmartRecruiters

        return SmartRecruiters(**switches)
    if name == "trackerrms":
        from sandbox.trackerrms import TrackerRms

        return TrackerRms(**switches)
    raise _unknown(name)


def switches(name: str) -> list[tuple[str, SwitchValue, str]]:
    """(name, default, description) of each switch. Raises InputError for an unknown sandbox."""
    if name == "smartrecruiters":
        from sandbox.smartrecruiters.switches import SWITCHES as KNOWN
    elif name == "trackerrms":
        from sandbox.trackerrms.switches import SWITCHES as KNOWN
    else:
        raise _unknown(name)
    return [(switch.name, switch.default, switch.description) for switch in KNOWN]


def _unknown(name: str) -> InputError:
    return InputError(f"No sandbox is called {name!r}", hint=f"There are: {', '.join(NAMES)}")
