"""A body's chunks off the wire in, the decoded body out: at most one encoding, at most so many decoded bytes."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

_STEP = 64 * 1024


@dataclass(frozen=True, slots=True)
class Decoded:
    """``problem`` says why ``body`` could not be had (it is then empty); ``received`` counts bytes on the wire."""

    body: bytes
    received: int
    problem: str | None = None


class _TooLarge(Exception):
    """The decoded body passes its limit."""


class _Plain:
    """No encoding: bytes pass through."""

    def feed(self, chunk: bytes, room: int) -> bytes:
        if len(chunk) > room:
            raise _TooLarge
        return chunk

    def ended(self) -> bool:
        return True


class _Inflating:
    """gzip or deflate, inflated step by step, never past the room that is left."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._inflater: zlib._Decompress | None = None
        self._fed = False

    def feed(self, chunk: bytes, room: int) -> bytes:
        out: list[bytes] = []
        while chunk:
            self._fed = True
            if self._inflater is None:
                self._inflater = zlib.decompressobj(self._window(chunk))
            piece = self._inflater.decompress(chunk, min(room + 1, _STEP))
            room -= len(piece)
            if room < 0:
                raise _TooLarge
            out.append(piece)
            chunk = self._inflater.unconsumed_tail
            if self._inflater.eof:
                # A gzip body may hold several members, one after the other.
                chunk = self._inflater.unused_data if self._encoding == "gzip" else b""
                chunk, self._inflater = (chunk, None) if chunk[:2] == b"\x1f\x8b" else (b"", self._inflater)
        return b"".join(out)

    def _window(self, chunk: bytes) -> int:
        if self._encoding == "gzip":
            return 16 + zlib.MAX_WBITS
        has_zlib_header = chunk[0] & 0x0F == 8 and int.from_bytes(chunk[:2], "big") % 31 == 0
        return zlib.MAX_WBITS if has_zlib_header else -zlib.MAX_WBITS

    def ended(self) -> bool:
        return not self._fed or (self._inflater is not None and self._inflater.eof)


def decoded(chunks: Iterable[bytes], encodings: str, limit_bytes: int) -> Decoded:
    """The body of ``chunks`` under the ``Content-Encoding`` header ``encodings``; reading stops at the limit."""
    named = [name for part in encodings.lower().split(",") if (name := part.strip()) not in ("", "identity")]
    if len(named) > 1:
        return Decoded(b"", 0, "the answer is encoded more than once")
    if named and named[0] not in ("gzip", "x-gzip", "deflate"):
        return Decoded(b"", 0, "the answer is in an encoding that was not asked for")
    decoder = _Inflating(named[0].removeprefix("x-")) if named else _Plain()
    return _drained(chunks, decoder, limit_bytes)


def _drained(chunks: Iterable[bytes], decoder: _Plain | _Inflating, limit_bytes: int) -> Decoded:
    pieces: list[bytes] = []
    received, room = 0, limit_bytes
    try:
        for chunk in chunks:
            received += len(chunk)
            piece = decoder.feed(chunk, room)
            room -= len(piece)
            pieces.append(piece)
    except _TooLarge:
        return Decoded(b"", received, f"the answer is larger than {limit_bytes:,} bytes")
    except zlib.error:
        return Decoded(b"", received, "the answer's compression is broken")
    if not decoder.ended():
        return Decoded(b"", received, "the compressed answer is cut off")
    return Decoded(b"".join(pieces), received)
