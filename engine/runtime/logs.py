"""The log of a running service: one line per record, for people or as JSON, without secrets and without people.

Each line tells the event and the connection that its thread works on, and in JSON the process' role and the logger.
Of an exception its kind and the places it passed are told, never its text: that may hold what a template or an
answer held. Of what a library says the text is told as the library has written it, without the values it fills in.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import TextIO

from engine.clock import iso
from engine.errors import InputError
from engine.redaction import masked
from engine.telemetry.working import working

FIELDS = ("event", "connection", "outcome", "route")
LEVELS = ("debug", "info", "warning", "error")
_OWN = ("engine", "connectors", "sandbox")
_QUIET = (
    *("httpx", "httpcore", "uvicorn", "fontTools", "fpdf", "pdfminer", "PIL", "asyncio", "multipart"),
    *("sqlalchemy", "alembic", "rq", "rq.worker", "redis", "opentelemetry"),
)
_MOST_FRAMES = 6
_ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class LineFormatter(logging.Formatter):
    """One line per record, of which ``secrets`` are masked. ``as_json``: an object per line, with the ``role``."""

    def __init__(self, secrets: Iterable[str] = (), *, as_json: bool = False, role: str = "") -> None:
        super().__init__()
        self._secrets, self._as_json, self._role = tuple(secrets), as_json, role

    def format(self, record: logging.LogRecord) -> str:
        message = _one_line(masked(_said(record), self._secrets))
        failure = _failure(record.exc_info) if isinstance(record.exc_info, tuple) else ""
        fields = _fields(record)
        if self._as_json:
            return self._json(record, message, fields, failure)
        told = f" ({failure})" if failure else ""
        about = " ".join(fields[name] for name in ("connection", "event") if name in fields)
        return f"{iso(record.created)} {record.levelname.lower():<7} {f'[{about}] ' if about else ''}{message}{told}"

    def _json(self, record: logging.LogRecord, message: str, fields: dict[str, str], failure: str) -> str:
        line = {"at": iso(record.created), "level": record.levelname.lower(), "message": message}
        line |= {"logger": record.name, **({"role": self._role} if self._role else {}), **fields}
        if failure:
            line["failure"] = failure
        return json.dumps(line, ensure_ascii=False)


def set_up(
    secrets: Iterable[str] = (),
    *,
    as_json: bool = False,
    stream: TextIO | None = None,
    level: str = "info",
    role: str = "",
) -> None:
    """Sends the engine's log from ``level`` on to ``stream`` (standard error); libraries tell errors only.

    ``role`` is what this process is (``serve``, ``work``). Raises InputError for an unknown level.
    """
    if level not in LEVELS:
        raise InputError(f"There is no log level {level!r}.", hint=f"Use one of: {', '.join(LEVELS)}")
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(LineFormatter(secrets, as_json=as_json, role=role))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in _OWN:
        logging.getLogger(name).setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)


def _said(record: logging.LogRecord) -> str:
    """The message; of a library's, which may fill in what it was given to read, only what stands in its code."""
    if record.name.partition(".")[0] in _OWN:
        return record.getMessage()
    if record.args and isinstance(record.msg, str):
        return record.msg
    return f"said something at {record.filename}:{record.lineno}"


def _fields(record: logging.LogRecord) -> dict[str, str]:
    now = working()
    known = {"event": now.event, "connection": now.connection}
    said = {name: getattr(record, name, None) or known.get(name) for name in FIELDS}
    return {name: str(value) for name, value in said.items() if value}


def _failure(info: _ExceptionInfo) -> str:
    """The kind of an exception and where it came from, the innermost place first."""
    kind, error, _ = info
    if kind is None or error is None:
        return ""
    frames = traceback.extract_tb(error.__traceback__)[-_MOST_FRAMES:]
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames)]
    return f"{kind.__name__} at {' < '.join(places)}" if places else kind.__name__


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)
