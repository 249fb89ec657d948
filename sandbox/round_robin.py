"""A tiny balancer on loopback: each connection goes to the next of several addresses that takes it."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress

_PIECE = 65_536


class RoundRobin:
    """Listens from the start; ``targets`` are ports on 127.0.0.1, and may change at any time."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.targets: Sequence[int] = ()
        self._turns = itertools.count()
        threading.Thread(target=self._run, name="round-robin", daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        with caller, suppress(OSError):
            ports = list(self.targets)
            first = next(self._turns)
            for n in range(len(ports)):
                try:
                    target = socket.create_connection(("127.0.0.1", ports[(first + n) % len(ports)]), timeout=2)
                except OSError:
                    continue
                with target:
                    back = threading.Thread(target=_pass_on, args=(target, caller), daemon=True)
                    back.start()
                    _pass_on(caller, target)
                    back.join()
                return


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        source.settimeout(60)
        while piece := source.recv(_PIECE):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
