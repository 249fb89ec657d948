"""Messages over a pipe: four bytes of length, one of kind, then the payload. Nothing is ever unpickled.

In: a binary stream. Out: (kind, payload), or None at its end.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

_HEAD = struct.Struct(">IB")


def send(stream: BinaryIO, kind: int, payload: bytes) -> None:
    stream.write(_HEAD.pack(len(payload), kind))
    stream.write(payload)
    stream.flush()


def receive(stream: BinaryIO, limit_bytes: int) -> tuple[int, bytes] | None:
    """The next message, or None when the stream ended or the message would be longer than ``limit_bytes``."""
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    length, kind = _HEAD.unpack(head)
    if length > limit_bytes:
        return None
    payload = stream.read(length)
    return (kind, payload) if len(payload) == length else None
