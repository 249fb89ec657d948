"""A request at a webhook door, as the manifest's expressions and its signature see it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from connectors.signatures import Signed
from engine.errors import ExpressionError
from engine.intake.strict_json import JsonRefused, read_json
from engine.intake.translate import received_text
from engine.manifest.language.expressions import Path, holds
from engine.manifest.model import SignatureRule
from engine.model import Json


@dataclass(frozen=True, slots=True)
class Knock:
    """A request at the door: header names in lower case, the raw query, the whole body. ``secret``: the rest of
    the address after the connection's name."""

    method: str
    secret: str | None
    headers: dict[str, str] = field(repr=False)
    query: bytes = field(repr=False)
    body: bytes = field(repr=False)


class Delivered:
    """A knock as the manifest's expressions see it: {headers, query, body, received}. ``body`` is unpacked; none
    over ``limit_bytes`` is read.
    """

    def __init__(self, knock: Knock, body: bytes, now: float, limit_bytes: int) -> None:
        self.knock, self.body, self.now = knock, body, now
        self.is_too_large = len(body) > limit_bytes
        self._is_parsed = False
        self._context: dict[str, Json] = {}

    def parse(self) -> None:
        """Reads the body. Raises JsonRefused."""
        if not self._is_parsed:
            self.context()["body"] = read_json(self.body)
            self._is_parsed = True

    def parse_if_json(self) -> None:
        if self.is_too_large:
            return
        try:
            self.parse()
        except JsonRefused:
            return

    def is_such(self, when: Path) -> bool:
        """Whether a condition over the delivery holds; not where it cannot be told."""
        self.parse_if_json()
        try:
            return holds(when(self.context()))
        except ExpressionError:
            return False

    def signed(self, rule: SignatureRule) -> Signed:
        """What the signature is checked against."""
        if rule.reads_body:
            self.parse_if_json()
        context = self.context()
        body = self.body if rule.over_decoded else self.knock.body
        return Signed(self.knock.headers, body, context["query"], context["body"])

    def context(self) -> dict[str, Json]:
        if not self._context:
            self._context = {
                "headers": self.knock.headers,
                "query": query_of(self.knock.query),
                "body": None,
                "received": received_text(int(self.now)),
            }
        return self._context


def query_of(query: bytes) -> dict[str, Json]:
    """A raw query as names and values; of a repeated name the last one counts."""
    if not query:
        return {}
    try:
        return dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=100))
    except ValueError:
        return {}
