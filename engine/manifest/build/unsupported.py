"""What some ATSs need and a manifest cannot say: refused when it is loaded, with the reason and what else to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from engine.manifest.findings import Finding
from engine.manifest.yaml.reader import PathKey
from engine.manifest.yaml.source import Source
from engine.model import Json


@dataclass(frozen=True, slots=True)
class Unsupported:
    """One thing that is not supported: where it would stand (``*``: any name or number), why not, what instead.

    ``applies`` says which values are meant; any unless given.
    """

    place: tuple[str, ...]
    why: str
    instead: str
    applies: Callable[[Json], bool] | None = None


_XML = "a body of XML cannot be composed: templates compose JSON, forms and multipart"
_NO_XML = "use the ATS's REST or JSON API for this call, or leave it out and let the rungs fall back"
_REDIRECT = "a delivery is not answered with a redirect: the ATS would look for a result at an address of ours"
_PLAIN_REPLY = "answer with a status 2xx (stored) or 4xx (refused), and write the result by an operation"
_CONTRACT = "the ATS would call addresses of ours under a contract of its own, and these cannot be declared"


def _is_redirect(status: Json) -> bool:
    return isinstance(status, int) and 300 <= status < 400


_CALLS = (("operations", "*"), ("apis", "*", "auth", "*", "steps", "*"))
TABLE = (
    *(Unsupported((*call, body), _XML, _NO_XML) for call in _CALLS for body in ("xml", "soap")),
    Unsupported(
        ("events", "token_endpoint"),
        "the ATS would ask us for a token before it delivers, and there is no such address here",
        "let it sign deliveries, or use Basic authentication: `events.webhook.signature`, `basic` or `url_secret`",
    ),
    Unsupported(("events", "webhook", "acknowledge"), _REDIRECT, _PLAIN_REPLY, _is_redirect),
    Unsupported(("events", "webhook", "handshake", "reply", "status"), _REDIRECT, _PLAIN_REPLY, _is_redirect),
    Unsupported(("events", "webhook", "handshake", "*", "reply", "status"), _REDIRECT, _PLAIN_REPLY, _is_redirect),
    Unsupported(("endpoints",), _CONTRACT, "take its webhooks, or poll; results are written by `write_back`"),
    Unsupported(
        ("assessments",), _CONTRACT, "write the result to a custom field, a note or an attachment by `write_back`"
    ),
)


def refused(source: Source, data: Json) -> list[Finding]:
    """A finding for each place of the document that says something that is not supported."""
    found = []
    for entry in TABLE:
        for path, value in _places(data, entry.place, ()):
            if entry.applies is None or entry.applies(value):
                line, column = source.mark(path, key=entry.applies is None)
                what = f"`{entry.place[-1]}` is not supported: {entry.why}"
                found.append(Finding(source.file, line, column, "unsupported", what, entry.instead))
    return found


def without_echoes(findings: list[Finding], refusals: list[Finding]) -> list[Finding]:
    """``findings`` and ``refusals``, each place told once: why it is not supported says more than its form."""
    told = {(one.line, one.column) for one in refusals}
    return [*(one for one in findings if (one.line, one.column) not in told), *refusals]


def _places(data: Json, pattern: tuple[str, ...], path: PathKey) -> Iterator[tuple[PathKey, Json]]:
    if not pattern:
        yield path, data
    elif isinstance(data, Mapping):
        for key in data if pattern[0] == "*" else [key for key in pattern[:1] if key in data]:
            yield from _places(data[key], pattern[1:], (*path, key))
    elif isinstance(data, list) and pattern[0] == "*":
        for index, item in enumerate(data):
            yield from _places(item, pattern[1:], (*path, index))
