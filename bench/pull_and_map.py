"""Candidates pulled and mapped per second, against bare httpx and json without any mapping in the same run.

``python -m bench.pull_and_map`` prints both and their ratio (goal: at least 0.3).
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

RECORDS = 20_000
PAGE_SIZE = 100
ROUNDS = 3
GOAL = 0.3


def main() -> list[str]:
    """The lines of the report."""
    rates: dict[str, list[float]] = {"bare": [], "mapped": []}
    with _static_server() as origin:
        for _ in range(ROUNDS):
            for name, pull in (("bare", _bare), ("mapped", _mapped)):
                rates[name].append(_rate(pull, origin))
    median = {name: statistics.median(found) for name, found in rates.items()}
    ratio = statistics.median(one / other for one, other in zip(rates["mapped"], rates["bare"], strict=True))
    return [
        f"pull and map: {median['mapped']:,.0f} records/s ({RECORDS:,} candidates, pages of {PAGE_SIZE})",
        f"bare httpx:   {median['bare']:,.0f} records/s without mapping, median of {ROUNDS} rounds",
        f"ratio:        {ratio:.2f} (goal {GOAL:.2f}: {'reached' if ratio >= GOAL else 'MISSED'})",
    ]


def _rate(pull: Callable[[str], int], origin: str) -> float:
    started = time.perf_counter()
    pulled = pull(origin)
    assert pulled == RECORDS, f"{pulled} of {RECORDS} records came"
    return RECORDS / (time.perf_counter() - started)


def _bare(origin: str) -> int:
    import httpx

    pulled, page = 0, "0"
    with httpx.Client(base_url=origin, trust_env=False) as client:
        while page:
            body = json.loads(client.get("/candidates", params={"limit": PAGE_SIZE, "pageId": page}).content)
            pulled += len(body["content"])
            page = body.get("nextPageId", "")
    return pulled


def _mapped(origin: str) -> int:
    from connectors.calls import Caller
    from connectors.transport import HttpTransport
    from engine.hydration.objects import mapper
    from engine.manifest.build import load
    from engine.manifest.connection import Connection
    from engine.model import Candidate
    from engine.redaction import Secret

    manifest = load(Path("mappings/smartrecruiters.yaml"))
    # The limits are what the ATS allows; here it is asked as fast as it answers.
    main = manifest.apis["main"]
    fast = {"main": replace(main, limits=replace(main.limits, rate=None, concurrency=None))}
    settings = {"host": "api.smartrecruiters.com", "credential": "api_key", "api_key": Secret("not-a-real-key")}
    connection = Connection("bench", replace(manifest, apis=fast), settings)
    candidates = mapper(Candidate, manifest.objects)
    assert candidates is not None
    pulled = 0
    with Caller(connection, transport=HttpTransport(sandbox_origin=origin)) as caller:
        for page in caller.pages("list_candidates", {}):
            pulled += len([candidates.map(record) for record in page.records])
    return pulled


@contextmanager
def _static_server() -> Iterator[str]:
    command = [sys.executable, "-m", "bench.static_server", str(RECORDS), str(PAGE_SIZE)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.communicate("", timeout=30)


if __name__ == "__main__":
    print("\n".join(main()))
