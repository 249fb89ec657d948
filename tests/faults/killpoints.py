"""Where a process may die: each commit and each request that leaves, counted, before (<) and after (>) it happens.

Nothing of the engine is changed: the driver's commit and the transport's send are wrapped in the child process.
"""

from __future__ import annotations

import os
import signal
from typing import Any

from sqlalchemy.engine.default import DefaultDialect

from connectors.transport import HttpTransport


class Killpoints:
    """Counts crossings from ``arm`` on, and kills the process at the one named, such as ``7<``; "" kills never."""

    def __init__(self) -> None:
        self.crossed: list[str] = []
        self._kill_at, self._armed = "", False
        self._wrap(DefaultDialect, "do_commit", "commit")
        self._wrap(HttpTransport, "send", "send")

    def arm(self, kill_at: str) -> None:
        self._kill_at, self._armed = kill_at, True

    def _wrap(self, owner: type, name: str, kind: str) -> None:
        real = getattr(owner, name)

        def counting(*given: Any, **named: Any) -> Any:
            if not self._armed:
                return real(*given, **named)
            self.crossed.append(kind)
            number = len(self.crossed)
            self._die_at(f"{number}<")
            result = real(*given, **named)
            self._die_at(f"{number}>")
            return result

        setattr(owner, name, counting)

    def _die_at(self, point: str) -> None:
        if point == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
