"""A prepared request → plain data as people name its parts: what mapping tests compare and ``plan --json`` prints."""

from __future__ import annotations

import json
from email import message_from_bytes
from email.message import Message
from urllib.parse import parse_qsl, unquote, urlsplit

from connectors.messages import PreparedRequest
from engine.model import Json


def composed(request: PreparedRequest) -> dict[str, Json]:
    """{operation, method, host, path, query, headers} and the body as json, form, multipart or text.

    Header names are in lower case; a query or form field that is repeated is a list. A file of a multipart body is
    {part, name, content_type, size, begins}, where ``begins`` is its first eight bytes as text.
    """
    parts = urlsplit(request.url)
    return {
        "operation": request.operation,
        "method": request.method,
        "host": parts.netloc,
        "path": unquote(parts.path),
        "query": _fields(parts.query),
        "headers": {name.lower(): value for name, value in request.headers.items()},
        **_body(request),
    }


def _fields(encoded: str) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        earlier = found.get(name)
        found[name] = value if earlier is None else [*(earlier if isinstance(earlier, list) else [earlier]), value]
    return found


def _body(request: PreparedRequest) -> dict[str, Json]:
    if not request.body:
        return {}
    kind = next((value for name, value in request.headers.items() if name.lower() == "content-type"), "")
    if kind.startswith("multipart/"):
        return {"multipart": _multipart(request.body, kind)}
    text = request.body.decode("utf-8", "replace")
    if kind.startswith("application/x-www-form-urlencoded"):
        return {"form": _fields(text)}
    try:
        return {"json": json.loads(text)}
    except ValueError:
        return {"text": text}


def _multipart(body: bytes, kind: str) -> Json:
    whole = message_from_bytes(b"Content-Type: " + kind.encode("latin-1", "replace") + b"\r\n\r\n" + body)
    fields: dict[str, Json] = {}
    file: dict[str, Json] | None = None
    for part in whole.get_payload():
        if not isinstance(part, Message):
            continue
        name = str(part.get_param("name", "", "content-disposition"))
        data = part.get_payload(decode=True)
        content = data if isinstance(data, bytes) else b""
        if part.get_filename() is None:
            fields[name] = content.decode("utf-8", "replace")
        else:
            begins = content[:8].decode("latin-1")
            file = {"part": name, "name": part.get_filename(), "content_type": part.get_content_type()}
            file |= {"size": len(content), "begins": begins}
    return {"fields": fields, **({"file": file} if file else {})}
