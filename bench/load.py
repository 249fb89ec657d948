"""A lean HTTP load generator: 64 kept-alive connections, each sending its next request when the last is answered.

Run as a process of its own (``python -m bench.load``): it reads {host, port, connections, expect} and the requests'
file from its arguments, and prints {seconds, answered} as JSON.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class _Sender(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], expect: bytes, done: asyncio.Future[None]) -> None:
        self._requests, self._expect, self._done = requests, expect, done
        self._received = b""
        self.answered = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, gap, rest = self._received.partition(b"\r\n\r\n")
        if not gap:
            return
        found = _LENGTH.search(head)
        if len(rest) < (int(found[1]) if found else 0):
            return
        if not head.startswith(self._expect):
            self._end(RuntimeError(f"unexpected answer: {head[:80]!r}"))
            return
        self._received = b""
        self.answered += 1
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or RuntimeError("the server closed the connection"))

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._end(None)
        else:
            self._transport.write(request)  # type: ignore[attr-defined]

    def _end(self, error: BaseException | None) -> None:
        if not self._done.done():
            self._done.set_exception(error) if error else self._done.set_result(None)
            self._transport.close()


async def _run(host: str, port: int, connections: int, expect: bytes, requests: list[bytes]) -> dict[str, float]:
    loop, waiting = asyncio.get_running_loop(), iter(requests)
    senders, ends = [], []
    started = time.perf_counter()
    for _ in range(connections):
        done: asyncio.Future[None] = loop.create_future()
        ends.append(done)
        _, sender = await loop.create_connection(lambda done=done: _Sender(waiting, expect, done), host, port)  # type: ignore[misc]
        senders.append(sender)
    await asyncio.gather(*ends)
    return {"seconds": time.perf_counter() - started, "answered": sum(sender.answered for sender in senders)}


def main() -> None:
    host, port, connections, expect, file = sys.argv[1:]
    requests = [bytes.fromhex(line) for line in Path(file).read_text().splitlines()]
    result = asyncio.run(_run(host, int(port), int(connections), f"HTTP/1.1 {expect}".encode(), requests))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
