"""A webhook's body as sent in, unpacked out: gzip is known by how it begins, and what comes out is bounded."""

from __future__ import annotations

import zlib

_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


class Overlarge(Exception):
    """What is packed is larger than it may be."""


def unpacked(body: bytes, limit_bytes: int) -> bytes:
    """``body`` itself where it is not packed. Raises Overlarge, and ValueError for what is no whole gzip stream."""
    if not body.startswith(_GZIP):
        return body
    stream = zlib.decompressobj(_GZIP_WINDOW)
    try:
        data = stream.decompress(body, limit_bytes + 1)
    except zlib.error:
        raise ValueError("not gzip") from None
    if len(data) > limit_bytes:
        raise Overlarge
    if not stream.eof or stream.unused_data:
        raise ValueError("not one whole gzip stream")
    return data
