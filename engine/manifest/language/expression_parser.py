"""JMESPath text in, jmespath's own syntax tree out, in which names, literals and functions know where they stand.

Their nodes have ``at``: the character, from 0, at which they begin.
"""

from __future__ import annotations

from typing import Any, ClassVar

from jmespath.parser import Parser

Token = dict[str, Any]
Located = dict[str, Any]


class LocatedParser(Parser):  # type: ignore[misc]
    """jmespath's parser; only what the nodes hold is more."""

    # Not the library's own cache: its trees know no places.
    _CACHE: ClassVar[dict[str, Any]] = {}

    def _token_nud_unquoted_identifier(self, token: Token) -> Located:
        return {**super()._token_nud_unquoted_identifier(token), "at": token["start"]}

    def _token_nud_quoted_identifier(self, token: Token) -> Located:
        return {**super()._token_nud_quoted_identifier(token), "at": token["start"]}

    def _token_nud_literal(self, token: Token) -> Located:
        return {**super()._token_nud_literal(token), "at": token["start"]}

    def _token_led_lparen(self, left: Located) -> Located:
        return {**super()._token_led_lparen(left), "at": left.get("at", 0)}
