"""A process that works by the files as they were when it started: ``FOLDER DATABASE ORIGIN``.

Each line it reads is a thing to do once, ``translate``, ``work`` or ``deliver``; it answers each with a line.
"""

from __future__ import annotations

import sys
from pathlib import Path

from engine.clock import ManualClock
from tests.faults.test_pinned_mapping import Worker


def main() -> None:
    folder, url, origin = sys.argv[1:]
    worker = Worker(Path(folder), origin, ManualClock(), url)
    do = {
        "translate": worker.events.translate_received,
        "work": worker.events.work_once,
        "deliver": worker.deliveries.deliver_once,
    }
    print(worker.digest, flush=True)
    for line in sys.stdin:
        print(do[line.strip()](), flush=True)
    worker.close()


if __name__ == "__main__":
    main()
