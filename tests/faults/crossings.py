"""The points at which a process can fail or stand still: each commit, and each request that leaves.

``arm`` wraps the driver's commit and the one place that sends HTTP; nothing of the engine knows of it. The k-th
crossing fails, or stops the process, before (``<``) or after (``>``) it is made.
"""

from __future__ import annotations

import os
import signal
from typing import Any, Literal

from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import OperationalError

from connectors.messages import PreparedRequest, RawAnswer
from connectors.transport import HttpTransport
from engine.errors import Ambiguous, Transient

How = Literal["fail", "stop"]
Kind = Literal["commit", "send"]


class Points:
    """Counts crossings. ``at`` is such as ``12<``; None only counts."""

    def __init__(self, at: str | None, how: How) -> None:
        self._at, self._how = at, how
        self.crossed: list[str] = []

    def cross(self, edge: str, kind: Kind, name: str) -> None:
        if edge == "<":
            self.crossed.append(name)
        if self._at != f"{len(self.crossed)}{edge}":
            return
        if self._how == "fail":
            self._at = None
            raise _failure(kind, edge)
        os.kill(os.getpid(), signal.SIGSTOP)


def _failure(kind: Kind, edge: str) -> Exception:
    if kind == "commit":
        return OperationalError("COMMIT", {}, Exception("the connection was lost"))
    return Transient("could not be reached") if edge == "<" else Ambiguous("the answer was lost")


def arm(at: str | None, how: How = "kill") -> Points:
    """From here on this process counts, and what is to happen at the crossing ``at`` happens."""
    points = Points(at, how)
    commit, send = DefaultDialect.do_commit, HttpTransport.send

    def committing(self: DefaultDialect, connection: Any) -> None:
        points.cross("<", "commit", "commit")
        commit(self, connection)
        points.cross(">", "commit", "commit")

    def sending(self: HttpTransport, request: PreparedRequest) -> RawAnswer:
        points.cross("<", "send", request.operation)
        answer = send(self, request)
        points.cross(">", "send", request.operation)
        return answer

    DefaultDialect.do_commit = committing  # type: ignore[method-assign]
    HttpTransport.send = sending  # type: ignore[method-assign]
    return points
