"""A lean HTTP load generator: kept-alive connections, each sending its next request when the last is answered.

Run as a process of its own: ``python -m bench.load HOST PORT CONNECTIONS STATUS FILE``, where each line of the file
is a whole request in hex. It prints {seconds, answered} as JSON. Sockets and a selector only: on a small machine the
client must not take the time that the server is measured by.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_TIMEOUT_S = 30.0


def _run(host: str, port: int, connections: int, status: str, requests: list[bytes]) -> dict[str, float]:
    expect, waiting = f"HTTP/1.1 {status}".encode(), iter(requests)
    selector = selectors.DefaultSelector()
    started = time.perf_counter()
    for _ in range(connections):
        opened = socket.create_connection((host, port), timeout=_TIMEOUT_S)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(opened, selectors.EVENT_READ)
        opened.sendall(next(waiting))
    answered = 0
    while selector.get_map():
        ready = selector.select(_TIMEOUT_S)
        if not ready:
            raise RuntimeError(f"no answer within {_TIMEOUT_S:g} s")
        for key, _ in ready:
            _answered(key.fileobj, expect)  # type: ignore[arg-type]
            answered += 1
            _go_on(selector, key.fileobj, waiting)  # type: ignore[arg-type]
    return {"seconds": time.perf_counter() - started, "answered": answered}


def _answered(opened: socket.socket, expect: bytes) -> None:
    """Takes one answer. Those expected here have no body, and come in one piece or a few."""
    received = opened.recv(65536)
    while received and not received.endswith(b"\r\n\r\n"):
        more = opened.recv(65536)
        if not more:
            break
        received += more
    if not received.startswith(expect):
        raise RuntimeError(f"unexpected answer: {received[:80]!r}")


def _go_on(selector: selectors.BaseSelector, opened: socket.socket, waiting: Iterator[bytes]) -> None:
    request = next(waiting, None)
    if request is not None:
        opened.sendall(request)
        return
    selector.unregister(opened)
    opened.close()


def main() -> None:
    host, port, connections, status, file = sys.argv[1:]
    requests = [bytes.fromhex(line) for line in Path(file).read_text().splitlines()]
    print(json.dumps(_run(host, int(port), int(connections), status, requests)))


if __name__ == "__main__":
    main()
