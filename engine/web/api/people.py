"""``/people/erase``: one person removed everywhere, and what of ours stands in the ATS still."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from engine.model import Json
from engine.pipeline.erasing import ErasedPerson
from engine.web.api.declared import Asked, Endpoint, Parameter

Erase = Callable[[str, str, str], ErasedPerson]
"""(tenant, candidate's id, actor) → what came of it."""


@dataclass(frozen=True, slots=True)
class People:
    """``erase`` is what the command line calls too."""

    erase: Erase

    def endpoints(self) -> list[Endpoint]:
        whom = (
            Parameter("tenant", "body", "Whose candidate.", required=True),
            Parameter("candidate", "body", "The candidate's id in the ATS.", required=True),
        )
        return [
            Endpoint("POST", "/people/erase", "admin", "Remove all that is known of a person.", self._erase, whom)
        ]

    def _erase(self, asked: Asked) -> Json:
        return asdict(self.erase(asked.values["tenant"], asked.values["candidate"], asked.caller.actor))
