"""Webhooks accepted per second, committed with full fsync, against a bare Starlette handler in the same run.

Both under uvicorn in a process of their own, same client, 64 connections, each request a new signed event.
``python -m bench.webhook_accept`` prints both and their ratio (goal: at least 0.5).
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CONNECTIONS = 64
REQUESTS = 4000
ROUNDS = 5
GOAL = 0.5
_SECRET = "not-a-real-signing-key"
_NAME = "bench"


def main() -> list[str]:
    """The lines of the report."""
    with tempfile.TemporaryDirectory(prefix="fieldwright-bench-") as folder:
        file = Path(folder) / "requests"
        rates: dict[str, list[float]] = {"bare": [], "door": []}
        with _serving("bare", folder) as bare, _serving("door", folder) as door:
            for number in range(ROUNDS + 1):
                for name, port in (("bare", bare), ("door", door)):
                    file.write_text("\n".join(_requests(number)))
                    rate = _rate(port, file)
                    if number:
                        rates[name].append(rate)
        stored = _stored(folder)
    median = {name: statistics.median(found) for name, found in rates.items()}
    ratio = statistics.median(door / bare for door, bare in zip(rates["door"], rates["bare"], strict=True))
    sent = REQUESTS * (ROUNDS + 1)
    reached = ratio >= GOAL and stored == sent
    return [
        f"webhook accept: {median['door']:,.0f} req/s signed and committed, {stored:,} of {sent:,} stored",
        f"bare handler:   {median['bare']:,.0f} req/s, {CONNECTIONS} connections, median of {ROUNDS} rounds",
        f"ratio:          {ratio:.2f} (goal {GOAL:.2f}: {'reached' if reached else 'MISSED'})",
    ]


def _rate(port: int, file: Path) -> float:
    client = [sys.executable, "-m", "bench.load", "127.0.0.1", str(port), str(CONNECTIONS), "202", str(file)]
    found = json.loads(subprocess.run(client, check=True, capture_output=True, text=True).stdout)
    return float(found["answered"] / found["seconds"])


def _requests(number: int) -> Iterator[str]:
    from connectors.signatures import Signed, sign
    from engine.manifest.build import load

    door = load(Path("mappings/smartrecruiters.yaml")).events.webhook
    assert door is not None
    assert door.signature is not None
    context = {"settings": {}, "subscription": {"secret": _SECRET}}
    for index in range(REQUESTS):
        headers = {
            "event-id": f"00000000-0000-4000-8000-{number:04d}{index:08d}",
            "event-name": "application.created",
            "event-version": "v201910",
            "link": f"<https://api.example.com/candidates/c{index}/jobs/j1>; rel=self",
            "smartrecruiters-timestamp": str(int(time.time())),
        }
        body = json.dumps({"job_id": "j1", "candidate_id": f"c{index}", "application_id": f"a{index}"}).encode()
        headers[door.signature.header] = sign(door.signature, Signed(headers, body), context=context)
        headers |= {
            "host": "127.0.0.1",
            "content-type": "application/json",
            "user-agent": "bench",
            "accept": "*/*",
            "content-length": str(len(body)),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        yield (f"POST /hooks/{_NAME} HTTP/1.1\r\n{head}\r\n".encode() + body).hex()


@contextmanager
def _serving(which: str, folder: str) -> Iterator[int]:
    command = [sys.executable, "-m", "bench.webhook_accept", "serve", which, folder]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield int(server.stdout.readline())
    finally:
        server.communicate("stop\n", timeout=30)


def _stored(folder: str) -> int:
    from engine.store import Store

    with Store.open(Path(folder) / "bench.db") as store:
        return sum(store.inbox.counts()["state"].values())


def _serve(which: str, folder: str) -> None:
    from engine.web.server import WebServer

    if which == "bare":
        server = WebServer(_bare())
        _until_stopped(server)
        return
    from engine.intake.subscriptions import STATE
    from engine.manifest.build import load
    from engine.manifest.connection import Connection
    from engine.store import Store
    from engine.store.group_commit import GroupCommit
    from engine.web.app import make_app

    manifest = load(Path("mappings/smartrecruiters.yaml"))
    connection = Connection(_NAME, manifest, {"signature_tolerance": 600})
    with Store.open(Path(folder) / "bench.db") as store:
        store.connections.put(_NAME, STATE, {"id": "s1", "secret": _SECRET})
        group_commit = GroupCommit(store.inbox)
        _until_stopped(WebServer(make_app({_NAME: connection}, store, group_commit)))
        group_commit.close()


def _bare() -> object:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    async def accept(request: Request) -> Response:
        await request.body()
        return Response(status_code=202)

    return Starlette(routes=[Route(f"/hooks/{_NAME}", accept, methods=["POST"])])


def _until_stopped(server: object) -> None:
    url = server.start()  # type: ignore[attr-defined]
    print(url.rsplit(":", 1)[1], flush=True)
    sys.stdin.readline()
    server.stop()  # type: ignore[attr-defined]


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        _serve(*sys.argv[2:])
    else:
        print("\n".join(main()))
