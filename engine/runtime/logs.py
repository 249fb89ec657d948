"""The log of a running service: one line per record, for people or as JSON, without secrets and without people.

A record's ``event`` (id), ``connection`` and ``outcome`` come as fields of their own. Of an exception its kind and
the places it passed are told, never its text: that may hold what a template or an answer held.
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
from engine.redaction import masked

FIELDS = ("event", "connection", "outcome")
_QUIET = ("httpx", "httpcore", "uvicorn", "fontTools", "fpdf", "pdfminer", "PIL", "asyncio", "multipart")
_MOST_FRAMES = 6
_ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class LineFormatter(logging.Formatter):
    """One line per record, of which ``secrets`` are masked. ``as_json``: an object per line."""

    def __init__(self, secrets: Iterable[str] = (), *, as_json: bool = False) -> None:
        super().__init__()
        self._secrets, self._as_json = tuple(secrets), as_json

    def format(self, record: logging.LogRecord) -> str:
        message = _one_line(masked(record.getMessage(), self._secrets))
        failure = _failure(record.exc_info) if isinstance(record.exc_info, tuple) else ""
        if self._as_json:
            return self._json(record, message, failure)
        told = f" ({failure})" if failure else ""
        return f"{iso(record.created)} {record.levelname.lower():<7} {message}{told}"

    def _json(self, record: logging.LogRecord, message: str, failure: str) -> str:
        line = {"at": iso(record.created), "level": record.levelname.lower(), "message": message}
        line |= {name: str(getattr(record, name)) for name in FIELDS if getattr(record, name, None) is not None}
        if failure:
            line["failure"] = failure
        return json.dumps(line, ensure_ascii=False)


def set_up(secrets: Iterable[str] = (), *, as_json: bool = False, stream: TextIO | None = None) -> None:
    """Sends the engine's log from INFO on to ``stream`` (standard error), and quiets what libraries say."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(LineFormatter(secrets, as_json=as_json))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)


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
