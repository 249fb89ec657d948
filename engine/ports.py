"""The few protocols by which stages meet what stands behind them."""

from __future__ import annotations

from typing import Protocol

from engine.model import Job, Json, ResumeFile, ResumeText, Score


class Scorer(Protocol):
    """The scoring step: the same inputs and version give the same score.

    ``score`` reads the résumé's text and the job's only. Raises ScoringUnavailable when it cannot answer now.
    """

    @property
    def version(self) -> str: ...

    def score(self, resume: ResumeText, job: Job) -> Score: ...


class JsonPoster(Protocol):
    """Posts JSON to an operator's own service and gives back its JSON.

    Raises CallError: Transient, Throttled or Refused.
    """

    def post(self, body: Json) -> Json: ...

    def tell(self, body: Json) -> None:
        """The same for what needs no answer but that it was taken."""
        ...


class ResumeReading(Protocol):
    """Turns a résumé file into text. ``read`` raises ResumeUnreadable."""

    def read(self, file: ResumeFile) -> ResumeText: ...
