"""The child process that reads untrusted PDF and DOCX files; ``python -m engine.scoring.resume_child``.

In, on stdin: messages of kind PDF or DOCX with a file's bytes. Out, on stdout: kind 1 with JSON
``{"text", "method", "pages"}`` or kind 0 with JSON ``{"problem"}``. Limits where the system has them: 512 MiB of
address space, 10 s of CPU for each file, no file or socket can be opened, nothing can be written.
"""

from __future__ import annotations

import json
import os
import sys
from typing import BinaryIO

from engine.errors import ResumeUnreadable
from engine.scoring.docx_text import text_of_docx
from engine.scoring.framing import receive, send
from engine.scoring.pdf_text import text_of_pdf
from engine.scoring.resume_kind import LIMIT_BYTES, ResumeKind
from engine.scoring.resume_warmup import warm_up

try:
    import resource
except ImportError:  # no such limits on this system: the parent's wall clock still holds
    resource = None  # type: ignore[assignment]

LIMIT_MEMORY_BYTES = 512 * 1024 * 1024
LIMIT_CPU_S = 10
READ, PROBLEM = 1, 0


def main() -> None:
    """Answer messages until stdin ends, or until memory ran out once: a fresh process is cheap."""
    requests, replies = sys.stdin.buffer, _private_stdout()
    warm_up()
    _limit_process(highest_descriptor=replies.fileno())
    while (message := receive(requests, LIMIT_BYTES)) is not None:
        _limit_cpu()
        kind, answer, fit = _answer(*message)
        send(replies, kind, json.dumps(answer).encode())
        if not fit:
            return


def _answer(kind: int, data: bytes) -> tuple[int, dict[str, object], bool]:
    try:
        text, method, pages = text_of_pdf(data) if kind == ResumeKind.PDF else text_of_docx(data)
    except ResumeUnreadable as unreadable:
        return PROBLEM, {"problem": unreadable.message}, True
    except MemoryError:
        return PROBLEM, {"problem": "too large (needs more than 512 MiB to read)"}, False
    except Exception:
        # The libraries raise almost anything on a damaged file, and its text may carry the file's content.
        return PROBLEM, {"problem": "damaged PDF" if kind == ResumeKind.PDF else "damaged DOCX"}, True
    return READ, {"text": text, "method": method, "pages": pages}, True


def _private_stdout() -> BinaryIO:
    """The real stdout for replies alone; what a library prints goes nowhere."""
    replies = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return replies


def _limit_process(highest_descriptor: int) -> None:
    if resource is None:
        return
    _limit(resource.RLIMIT_AS, LIMIT_MEMORY_BYTES)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    # No new descriptor means no file, no socket, and no other program that could load its libraries.
    _limit(resource.RLIMIT_NOFILE, highest_descriptor + 1)


def _limit(which: int, value: int) -> None:
    try:
        resource.setrlimit(which, (value, value))
    except (ValueError, OSError):
        return


def _limit_cpu() -> None:
    """10 s from now: the system counts a process's whole life."""
    if resource is None:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + LIMIT_CPU_S + 1, hard))


if __name__ == "__main__":
    main()
