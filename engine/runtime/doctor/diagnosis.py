"""What doctor found out about a tenant, as plain values. No secrets, nothing about a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.model import Json, as_plain

Verdict = Literal["ok", "failed", "by hand", "skipped"]


@dataclass(frozen=True, slots=True)
class Check:
    """One step of the checklist. ``says`` is what was seen, a phrase per line; ``do`` what a person has to do."""

    id: str
    title: str
    verdict: Verdict
    says: tuple[str, ...] = ()
    do: str = ""


@dataclass(frozen=True, slots=True)
class OutputReport:
    """Where an output goes now: ``place`` in words, None where it goes nowhere; ``why`` tells of rungs before it.

    ``is_held``: its writes wait until a person says which field they go to.
    """

    output: str
    place: str | None
    why: tuple[str, ...] = ()
    is_off: bool = False
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class ScopeNeed:
    """A scope that the credential needs, and the operations it is needed for."""

    scope: str
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Privileges:
    """The scopes that are ``needed``, and ``apart`` those for what is off or done by a person only."""

    needed: tuple[ScopeNeed, ...] = ()
    apart: tuple[ScopeNeed, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All of it. ``off`` maps what this tenant's ATS does not offer to the cause.

    ``scopes_apart`` are needed only for what is off or done by a person.
    """

    tenant: str
    ats: str
    checks: tuple[Check, ...]
    outputs: tuple[OutputReport, ...]
    scopes: tuple[ScopeNeed, ...]
    off: tuple[tuple[str, str], ...]
    scopes_apart: tuple[ScopeNeed, ...] = ()

    @property
    def is_well(self) -> bool:
        """Whether nothing failed; what is left to do by hand is no failure."""
        return not any(check.verdict == "failed" for check in self.checks)

    @property
    def by_hand(self) -> tuple[str, ...]:
        """What an administrator must still do, in the order of the checklist."""
        left = (check.do for check in self.checks if check.verdict in ("failed", "by hand") and check.do)
        return tuple(dict.fromkeys(left))

    def as_json(self) -> dict[str, Json]:
        """As plain data, for ``--json``."""
        plain: dict[str, Json] = as_plain(self)
        return {**plain, "off": dict(self.off), "by_hand": list(self.by_hand), "ok": self.is_well}
