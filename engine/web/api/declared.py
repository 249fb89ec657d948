"""What a route of the API is: declared once, for answering and for the OpenAPI document alike."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import FieldwrightError
from engine.model import Json
from engine.store.api_keys import Role
from engine.store.browsing import Browse, Mark, Scope

LIMIT_PAGE = 200


class NotFound(FieldwrightError):
    """not found"""


class BadParameter(FieldwrightError):
    """A parameter cannot be used."""


class Conflict(FieldwrightError):
    """What is there does not allow it now."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the key's id, its role and the tenants that it may see (None: all)."""

    id: str
    role: Role
    scope: Scope

    @property
    def actor(self) -> str:
        """How the audit names them."""
        return f"key:{self.id}"

    def sees(self, tenant: str) -> bool:
        """Whether ``tenant`` is in the key's scope."""
        return self.scope is None or tenant in self.scope


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that may be answered. ``values`` are the parameters, checked; ``browse`` sees the scope only."""

    caller: Caller
    browse: Browse
    values: Mapping[str, str]

    def text(self, name: str) -> str | None:
        return self.values.get(name)

    @property
    def limit(self) -> int:
        """The size of the page that is asked for."""
        return int(self.values.get("limit", "50"))

    @property
    def behind(self) -> Mark | None:
        """Where the page begins. Raises BadParameter."""
        given = self.values.get("cursor")
        return mark_of(given) if given is not None else None


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a route: in its path, its query or its body (an object of texts)."""

    name: str
    place: str
    about: str
    one_of: tuple[str, ...] = ()
    required: bool = False
    schema: Mapping[str, Json] = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path. ``path`` begins behind ``/api/v1``; ``answer`` runs in a thread."""

    method: str
    path: str
    role: Role
    about: str
    answer: Callable[[Asked], Json]
    parameters: tuple[Parameter, ...] = ()


TENANT = Parameter("tenant", "query", "Only those of this tenant.")
PAGE = (
    Parameter("limit", "query", "At most so many.", schema={"type": "integer", "minimum": 1, "maximum": LIMIT_PAGE}),
    Parameter("cursor", "query", "`next` of the page before."),
)
ID = Parameter("id", "path", "Its id.", required=True)


def page_of(name: str, items: list[Any], last: Mark | None, limit: int) -> dict[str, Json]:
    """A page as it is answered: the items, and where the next page begins (None: there is none)."""
    return {name: items, "next": cursor_of(last) if last is not None and len(items) == limit else None}


def cursor_of(mark: Mark) -> str:
    """A mark as text that says nothing to its holder."""
    return base64.urlsafe_b64encode(json.dumps(mark).encode()).decode("ascii").rstrip("=")


def mark_of(text: str) -> Mark:
    """The mark of a cursor. Raises BadParameter."""
    try:
        time, id_ = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if isinstance(time, (int, float)) and isinstance(id_, str):
            return float(time), id_
    except (ValueError, TypeError, RecursionError, OverflowError):
        pass
    raise BadParameter("The cursor cannot be read.", hint="Give `next` of the page before, as it came.")
