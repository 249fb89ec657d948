"""A request as the manifest declares it and its context in, a prepared request out. Nothing is sent here.

The credential, and the profile's own headers, go onto a request only when its origin is the profile's own. Raises
Refused (the address or a header may not be sent), ExpressionError (a template failed) and InputError (a file is
missing).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus, unquote_plus

from connectors.addresses import not_sent, parts, within
from connectors.fields import Pairs, pairs, rendered_fields
from connectors.messages import PreparedRequest, UploadFile
from engine.errors import ExpressionError, InputError, Refused
from engine.manifest.hosts import host_allowed
from engine.manifest.language.templates import Tree
from engine.manifest.model import Multipart, Request
from engine.model import Json

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_USER_AGENT = "fieldwright"
Fields = Mapping[str, str]
Body = tuple[bytes, str] | None
Sign = Callable[[str, str, bytes], Fields]
"""Method, address and body of a request in, the headers that carry its signature out."""


@dataclass(frozen=True, slots=True)
class Credential:
    """What signs a request in: headers, query parameters, a signature over it, and the texts to hide when shown."""

    headers: Fields = field(default_factory=dict, repr=False)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    sign: Sign | None = field(default=None, repr=False)
    hidden: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Frame:
    """What all requests of a profile share. They may go to ``origins`` and to the hosts that ``hosts`` cover.

    ``base_url`` is empty while it is not known. ``signs_in``: the request itself signs in, so that its credential
    goes wherever it may go.
    """

    base_url: str
    headers: Tree | None
    timeout_s: float
    largest_answer_bytes: int
    origins: frozenset[str]
    hosts: tuple[str, ...] = ()
    signs_in: bool = False

    @property
    def origin(self) -> str:
        """The profile's own origin."""
        return parts(self.base_url).origin if self.base_url else ""


def prepare(
    operation: str,
    request: Request,
    frame: Frame,
    context: Mapping[str, Json],
    *,
    credential: Credential,
    file: UploadFile | None = None,
    link: str | None = None,
    binary: bool = False,
) -> PreparedRequest:
    """``request`` composed with ``context``; ``link``, when given, is followed instead of path and query."""
    try:
        return _prepared(operation, request, frame, context, credential, file, link, binary)
    except ExpressionError as error:
        raise ExpressionError(f"{operation}: {error.message}", hint=error.hint) from None
    except Refused as error:
        error.operation = operation
        raise


def _prepared(
    operation: str,
    request: Request,
    frame: Frame,
    context: Mapping[str, Json],
    credential: Credential,
    file: UploadFile | None,
    link: str | None,
    binary: bool,
) -> PreparedRequest:
    if file is not None:
        context = {**context, "file": file.as_json()}
    url = _address(request, frame, context) if link is None else within(link, frame.base_url)
    if not is_allowed(url, frame):
        host = parts(url).host
        raise not_sent(f"{host} is on no origin of this manifest, nor among the `hosts` of the profile", operation)
    is_own = parts(url).origin == frame.origin
    signing = credential if is_own or frame.signs_in else Credential()
    body = _body(request, context, file, operation)
    url = with_query(url, list(signing.query))
    signed = signing.sign(request.method, url, body[0] if body else b"") if signing.sign else {}
    own = rendered_fields(frame.headers, context) if is_own else []
    given = [*own, *rendered_fields(request.headers, context)]
    return PreparedRequest(
        operation=operation,
        method=request.method,
        url=url,
        headers=_headers([*given, *signing.headers.items(), *signed.items()], body, binary, operation),
        body=body[0] if body else None,
        timeout_s=frame.timeout_s,
        largest_answer_bytes=frame.largest_answer_bytes,
        credential_headers=frozenset(credential.headers) | frozenset(signed),
        own_headers=frozenset(name.lower() for name in (*dict(own), *signing.headers, *signed)),
        credential_query=frozenset(name for name, _ in credential.query),
        hidden=credential.hidden,
    )


def is_allowed(url: str, frame: Frame) -> bool:
    """Whether a request of the profile may go to ``url``. Raises Refused where that is no address at all."""
    there = parts(url)
    return there.origin in (frame.origin, *frame.origins) or host_allowed(there.host, frame.hosts)


def _address(request: Request, frame: Frame, context: Mapping[str, Json]) -> str:
    path = _percent_encoded(str(request.path.render(context)))
    if path.startswith("//"):
        raise not_sent("a path must not begin with //")
    if request.path.kind == "address" or path.lower().startswith(("https:", "http:")):
        url = path
    elif not frame.base_url:
        raise not_sent("the base URL is not known before signing in")
    else:
        url = f"{frame.base_url.rstrip('/')}/{path.removeprefix('/')}" if path else frame.base_url
    query = request.query.render(context) if request.query else {}
    return with_query(url, list(pairs(query)), replace=False)


def _percent_encoded(path: str) -> str:
    return quote(path, safe="%/:=&?~#+!$,;'@()*[]")


def with_query(url: str, added: Pairs, *, replace: bool = True) -> str:
    """``url`` with ``added`` in its query, instead of what stands there under the same names."""
    if not added:
        return url
    address, _, query = url.partition("?")
    ours = {name for name, _ in added} if replace else set()
    kept = [pair for pair in query.split("&") if pair and unquote_plus(pair.partition("=")[0]) not in ours]
    ending = [f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in added]
    return f"{address}?{'&'.join([*kept, *ending])}"


def _headers(given: Pairs, body: Body, binary: bool, operation: str) -> dict[str, str]:
    named: dict[str, tuple[str, str]] = {}
    for name, value in (
        ("user-agent", _USER_AGENT),
        ("accept", "*/*" if binary else "application/json"),
        ("accept-encoding", "gzip"),
        *([("content-type", body[1])] if body else []),
        *given,
    ):
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise not_sent(f"the header `{name[:60]!a}` has a character that is not allowed", operation)
        named[name.lower()] = name, value
    return dict(named.values())


def _body(request: Request, context: Mapping[str, Json], file: UploadFile | None, operation: str) -> Body:
    if request.json is not None:
        return _json_body(request.json.render(context), operation), "application/json"
    if request.form is not None:
        text = "&".join(
            f"{quote_plus(name)}={quote_plus(value)}" for name, value in rendered_fields(request.form, context)
        )
        return text.encode("ascii"), "application/x-www-form-urlencoded"
    if request.multipart is None and not request.raw_file:
        return None
    if file is None:
        raise InputError(f"{operation} sends a file, and none was given")
    kind = file.content_type if _HEADER_VALUE.fullmatch(file.content_type) else "application/octet-stream"
    return _multipart_body(request.multipart, context, file, kind) if request.multipart else (file.data, kind)


def _json_body(value: Json, operation: str) -> bytes:
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        raise not_sent("the body cannot be written as JSON", operation) from None
    return text.encode("utf-8", "replace")


def _multipart_body(
    declared: Multipart, context: Mapping[str, Json], file: UploadFile, kind: str
) -> tuple[bytes, str]:
    pieces = [
        (f'form-data; name="{_quoted(name)}"', "", value.encode("utf-8", "replace"))
        for name, value in rendered_fields(declared.fields, context)
    ]
    place = f'form-data; name="{_quoted(declared.file)}"; filename="{_quoted(file.name)}"'
    pieces.append((place, f"\r\nContent-Type: {kind}", file.data))
    # The same content gives the same bytes, so that a request shown beforehand is the one that is sent.
    boundary = hashlib.sha256(b"\0".join(piece[2] for piece in pieces)).hexdigest()[:40]
    lines = [
        f"--{boundary}\r\nContent-Disposition: {place}{extra}\r\n\r\n".encode("utf-8", "replace") + content + b"\r\n"
        for place, extra, content in pieces
    ]
    return b"".join(lines) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _quoted(name: str) -> str:
    return name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
