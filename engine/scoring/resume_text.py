"""A résumé's file → its text: ResumeFile in, ResumeText out, or ResumeUnreadable with a short reason.

PDF and DOCX are read in a few long-lived child processes, limited in memory, CPU and rights
(``engine.scoring.resume_child``); one that crashes, hangs or runs out is replaced and its file is unreadable.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from types import TracebackType

from engine.errors import ResumeUnreadable
from engine.model import ResumeFile, ResumeText
from engine.scoring.framing import receive, send
from engine.scoring.plain_text import LIMIT_CHARACTERS, text_of_text
from engine.scoring.resume_kind import ResumeKind, resume_kind

LIMIT_S = 10.0
START_LIMIT_S = 20.0
FILES_PER_CHILD = 500
_REPLY_LIMIT_BYTES = LIMIT_CHARACTERS * 12 + 1024
_TOO_LONG = "took longer than 10 s to read"
_CRASHED = "damaged file: its reader crashed"


class ResumeReader:
    """Reads résumés; safe to share between threads. Close it, or use it in a ``with`` statement.

    Args: processes (how many files are read at once), limit_s (wall seconds for one file).
    """

    def __init__(self, processes: int = 2, limit_s: float = LIMIT_S) -> None:
        self._limit_s = limit_s
        self._closed = False
        self._children: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(processes):
            self._children.put(None)
        self._processes = processes

    def read(self, file: ResumeFile) -> ResumeText:
        """The text of ``file``. Raises ResumeUnreadable."""
        kind = resume_kind(file.data)
        if kind is ResumeKind.TEXT:
            return _resume_text(text_of_text(file.data), "text", None)
        child = self._children.get()
        try:
            child = child or _Child()
            return child.read(kind, file.data, self._limit_s)
        finally:
            self._give_back(child)

    def _give_back(self, child: _Child | None) -> None:
        if child is not None and (child.spent or self._closed):
            child.stop()
            child = None
        self._children.put(child)

    def close(self) -> None:
        """Stop the child processes; files being read at this moment are finished first."""
        self._closed = True
        for child in [self._children.get() for _ in range(self._processes)]:
            if child is not None:
                child.stop()
            self._children.put(None)

    def __enter__(self) -> ResumeReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Child:
    """One reading process; ``spent`` once it must not be used again."""

    def __init__(self) -> None:
        self.spent = False
        self._read_files = 0
        self._process = subprocess.Popen(
            [sys.executable, "-B", "-m", "engine.scoring.resume_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )

    def read(self, kind: ResumeKind, data: bytes, limit_s: float) -> ResumeText:
        allowed_s = limit_s if self._read_files else limit_s + START_LIMIT_S
        self._read_files += 1
        expired = threading.Event()
        alarm = threading.Timer(allowed_s, self._expire, [expired])
        alarm.daemon = True
        alarm.start()
        try:
            reply = self._exchange(kind, data)
        finally:
            alarm.cancel()
        self.spent = reply is None or expired.is_set() or self._read_files >= FILES_PER_CHILD
        if reply is None:
            raise ResumeUnreadable(_TOO_LONG if expired.is_set() or self._cpu_ran_out() else _CRASHED)
        return self._unpacked(*reply)

    def _exchange(self, kind: ResumeKind, data: bytes) -> tuple[int, bytes] | None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            send(self._process.stdin, kind, data)  # type: ignore[arg-type]
            return receive(self._process.stdout, _REPLY_LIMIT_BYTES)  # type: ignore[arg-type]
        except OSError:
            return None

    def _unpacked(self, kind: int, payload: bytes) -> ResumeText:
        answer = json.loads(payload)
        if kind == 0:
            # The child leaves after it ran out of memory, and its next file must find a fresh one.
            self.spent = self.spent or "512 MiB" in answer["problem"]
            raise ResumeUnreadable(answer["problem"])
        return _resume_text(answer["text"], answer["method"], answer["pages"])

    def _expire(self, expired: threading.Event) -> None:
        expired.set()
        self._process.kill()

    def _cpu_ran_out(self) -> bool:
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return False
        return code == -getattr(signal, "SIGXCPU", 0)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _environment() -> dict[str, str]:
    """What the child needs to find its modules and nothing else: no secret of ours is in its reach."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    paths = [os.path.abspath(path) for path in sys.path]  # noqa: PTH100 - "" stands for the current folder
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1", "MALLOC_ARENA_MAX": "1"}


def _resume_text(text: str, method: str, pages: int | None) -> ResumeText:
    return ResumeText(text, hashlib.sha256(text.encode()).hexdigest(), method, pages)
