"""What every pretend ATS offers, and what a recruiter sees of a candidate in it.

In: sample jobs and applicants (``sandbox.people``). Out: provider ids and CandidateView objects. ``Switches`` are
the named, typed settings of a sandbox that the command line and ``/_sandbox/switches`` can change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from engine.errors import InputError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from sandbox.faults import Faults
    from sandbox.people import SampleApplicant, SampleJob

SwitchValue = bool | int | float | str


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field as shown: its label, its value as text, its type in the ATS's own word (``NUMBER``)."""

    label: str
    value: str
    kind: str = "TEXT"


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """A candidate at one job: the stage as shown, and the fields kept per application."""

    job_id: str
    job_title: str
    stage: str = ""
    source: str = ""
    fields: tuple[FieldView, ...] = ()

    def field(self, label: str) -> str | None:
        """The shown value of the field with this label, None when it has none."""
        return _value_of(self.fields, label)


@dataclass(frozen=True, slots=True)
class NoteView:
    """A note: its text as written, who wrote it, when (ISO 8601, UTC), and its kind or subject if the ATS has one."""

    text: str
    author: str = ""
    created_at: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """A file of a candidate. ``type`` is the ATS's own word for its kind (``RESUME``)."""

    id: str
    name: str
    type: str
    content_type: str
    data: bytes = field(repr=False, default=b"")

    @property
    def size_bytes(self) -> int:
        return len(self.data)


@dataclass(frozen=True, slots=True)
class CandidateView:
    """A candidate as a recruiter sees them. ``notes`` are newest first; ``fields`` are those of the person."""

    id: str
    name: str
    email: str = ""
    phone: str = ""
    location: str = ""
    applications: tuple[ApplicationView, ...] = ()
    fields: tuple[FieldView, ...] = ()
    tags: tuple[str, ...] = ()
    notes: tuple[NoteView, ...] = ()
    attachments: tuple[AttachmentView, ...] = ()

    def field(self, label: str) -> str | None:
        """The shown value of this field of the person, None when it has none."""
        return _value_of(self.fields, label)


def _value_of(fields: tuple[FieldView, ...], label: str) -> str | None:
    return next((item.value for item in fields if item.label == label), None)


@dataclass(frozen=True, slots=True)
class Switch:
    """One setting of a sandbox. The type of ``default`` is the switch's type; ``choices`` bounds a text.

    ``check`` reads a value and raises InputError when it means nothing.
    """

    name: str
    default: SwitchValue
    description: str
    choices: tuple[str, ...] = ()
    check: Callable[[Any], object] | None = None


class Switches:
    """The settings of one sandbox: read as attributes, changed by ``update``.

    Raises InputError for an unknown name or a value that does not fit; nothing is changed then.
    """

    def __init__(self, known: tuple[Switch, ...], given: Mapping[str, Any] | None = None) -> None:
        self._known = {switch.name: switch for switch in known}
        self._values: dict[str, SwitchValue] = {switch.name: switch.default for switch in known}
        self.update(given or {})

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_values"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __iter__(self) -> Iterator[tuple[str, SwitchValue]]:
        return iter(self._values.items())

    def update(self, given: Mapping[str, Any]) -> None:
        read = {name: self._read(name, value) for name, value in given.items()}
        self._values.update(read)

    def _read(self, name: str, value: Any) -> SwitchValue:
        switch = self._known.get(name)
        if switch is None:
            raise InputError(f"Unknown switch {name!r}", hint=f"Known: {', '.join(self._known)}")
        read = _typed(switch, value)
        if switch.choices and read not in switch.choices:
            raise InputError(f"Switch {name} cannot be {value!r}", hint=f"One of: {', '.join(switch.choices)}")
        if switch.check is not None:
            switch.check(read)
        return read


_BOOLEANS = {"true": True, "on": True, "yes": True, "1": True, "false": False, "off": False, "no": False, "0": False}


def _typed(switch: Switch, value: Any) -> SwitchValue:
    expected = type(switch.default)
    try:
        if expected is bool:
            return value if isinstance(value, bool) else _BOOLEANS[str(value).lower()]
        return expected(value)
    except (KeyError, TypeError, ValueError):
        raise InputError(f"Switch {switch.name} needs a {expected.__name__}, not {value!r}") from None


class PretendAts(Protocol):
    """A pretend ATS with state. ``app`` is its API, with the recruiter's page at ``/``."""

    name: str
    app: ASGIApp
    faults: Faults
    switches: Switches

    def add_job(self, job: SampleJob) -> str:
        """Opens a job; its provider id."""
        ...

    def apply(self, applicant: SampleApplicant, job_id: str) -> str:
        """Creates or reuses the candidate, applies, attaches the résumé, fires events; the candidate's id."""
        ...

    def add_prospect(self, applicant: SampleApplicant) -> str:
        """Creates or reuses the candidate, attaches the résumé, fires events: no application; the candidate's id."""
        ...

    def candidate_view(self, candidate_id: str) -> CandidateView:
        """What a recruiter sees. Raises KeyError for an unknown id."""
        ...

    def candidates(self) -> list[CandidateView]: ...

    def advance(self, seconds: float) -> None:
        """Moves the sandbox's clock, and with it what waits on it (deliveries, expiries), forward."""
        ...

    def state(self) -> dict[str, Any]:
        """The state in short, as plain JSON: counts, subscriptions, requests served."""
        ...

    def close(self) -> None:
        """Stops the delivery threads."""
        ...
