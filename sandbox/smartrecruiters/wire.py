"""Requests and answers of the pretend API, and its error envelope.

An ApiError raised by a handler becomes ``{"message", "errors": [{"code", "message"}]}`` (SmartRecruiters facts, 2.4).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote

from engine.clock import parse_iso

Headers = dict[str, str]


class ApiError(Exception):
    """An error answer: HTTP status, code, message for people."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        self.status, self.code = status, code
        self.message = message or code.replace("_", " ").capitalize()
        super().__init__(self.message)


@dataclass(slots=True)
class Request:
    """One request as the handlers see it. ``params`` are the path's parts; ``scopes`` what the credential may do."""

    method: str
    path: str
    query_string: bytes
    headers: Headers
    body: bytes
    base_url: str
    params: dict[str, str] = field(default_factory=dict)
    _query: dict[str, list[str]] | None = None

    @property
    def query(self) -> dict[str, list[str]]:
        if self._query is None:
            text = self.query_string.decode("latin-1")
            self._query = parse_qs(text, keep_blank_values=True) if text else {}
        return self._query

    def one(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return self.query.get(name, [default])[0]

    def whole_number(self, name: str, default: int, low: int, high: int) -> int:
        text = self.one(name) or str(default)
        if not text.isdecimal() or len(text) > 12 or not low <= int(text) <= high:
            raise ApiError(400, "BAD_REQUEST", f"{name} must be a number from {low} to {high}")
        return int(text)

    def moment(self, name: str) -> float | None:
        """A query parameter read as ISO 8601, in seconds; None when it is not there."""
        text = self.one(name)
        try:
            return parse_iso(text.replace(" ", "+")) if text else None
        except ValueError:
            raise ApiError(400, "BAD_REQUEST", f"{name} is not an ISO 8601 time") from None

    def json(self) -> Any:
        if "json" not in self.headers.get("content-type", ""):
            raise ApiError(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type must be application/json")
        try:
            body = json.loads(self.body, parse_constant=_refuse)
            # A lone surrogate can be read but never written again: refuse it before it is kept.
            if b"\\ud" in self.body.lower():
                _encode(body).encode()
            return body
        except (ValueError, RecursionError):
            raise ApiError(400, "BAD_REQUEST", "The body is not JSON") from None

    def json_object(self) -> dict[str, Any]:
        body = self.json()
        if not isinstance(body, dict):
            raise ApiError(400, "BAD_REQUEST", "The body must be a JSON object")
        return body


@dataclass(slots=True)
class Answer:
    """A status, a body and headers of its own."""

    status: int
    body: bytes = b""
    headers: Headers = field(default_factory=dict)
    content_type: str = "application/json;charset=UTF-8"


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def ok(body: Any, status: int = 200, headers: Headers | None = None) -> Answer:
    """A JSON answer."""
    return Answer(status, _encode(body).encode(), headers or {})


def no_content() -> Answer:
    return Answer(204)


def failed(error: ApiError) -> Answer:
    body = {"message": error.message, "errors": [{"code": error.code, "message": error.message}]}
    return ok(body, error.status)


def link(url: str, method: str = "GET") -> dict[str, str]:
    """One entry of an ``actions`` object."""
    return {"url": url, "method": method}


def filled(values: dict[str, Any]) -> dict[str, Any]:
    """``values`` without what is empty: the API leaves empty keys out (facts, 3.1)."""
    return {key: value for key, value in values.items() if value not in (None, "", [], {}, ())}


def next_link(path: str, query: dict[str, list[str]], page_id: str, name: str = "pageId") -> str:
    """The ``Link`` header of paging: relative, the id URL-encoded (facts, 2.5)."""
    kept = [(key, value) for key, values in query.items() for value in values if key != name]
    pairs = [*kept, (name, page_id)]
    text = "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in pairs)
    return f'<{path}?{text}>; rel="next"'
