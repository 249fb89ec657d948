"""multipart/form-data, read from a whole body into its parts (RFC 7578)."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message

from sandbox.smartrecruiters.wire import ApiError, Request


@dataclass(frozen=True, slots=True)
class Part:
    """One part; ``filename`` is None for a plain field."""

    name: str
    filename: str | None
    content_type: str
    data: bytes


def parts(request: Request) -> dict[str, Part]:
    """The parts by name. Raises ApiError 415 or 400 when the body is not multipart."""
    kind = _header(request.headers.get("content-type", ""))
    boundary = kind.get_param("boundary")
    if kind.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        raise ApiError(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type must be multipart/form-data")
    pieces = (b"\r\n" + request.body).split(b"\r\n--" + boundary.encode())
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise ApiError(400, "INVALID_FILE", "The multipart body is cut short")
    found = [_part(piece) for piece in pieces[1:-1]]
    return {part.name: part for part in found}


def _part(piece: bytes) -> Part:
    head, separator, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    headers = dict(line.split(":", 1) for line in head.decode("utf-8", "replace").split("\r\n") if ":" in line)
    by_name = {name.strip().lower(): value.strip() for name, value in headers.items()}
    disposition = _header(by_name.get("content-disposition", ""), "content-disposition")
    name = disposition.get_param("name", header="content-disposition")
    if not separator or not isinstance(name, str):
        raise ApiError(400, "INVALID_FILE", "A part has no name")
    return Part(name, disposition.get_filename(), by_name.get("content-type", "text/plain"), data)


def _header(value: str, name: str = "content-type") -> Message:
    message = Message()
    message[name] = value or "application/octet-stream"
    return message
