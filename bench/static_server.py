"""A server that can do nothing but be fast: a list of candidates, every page rendered before the first request.

``python -m bench.static_server RECORDS PAGE_SIZE`` prints its port and serves until its input ends.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from typing import Any

_PAGE = re.compile(rb"pageId=(\d+)")
_CITIES = ("Leeds", "Gdańsk", "São Paulo", "Austin", "Lyon")


def record(number: int) -> dict[str, Any]:
    """A candidate as a list gives it, about 1 kB."""
    job = f"10000000-0000-4000-8000-{number % 40:012d}"
    return {
        "id": f"20000000-0000-4000-8000-{number:012d}",
        "internal": False,
        "firstName": f"Given{number}",
        "lastName": f"Family{number}",
        "email": f"person{number}@example.com",
        "phoneNumber": f"+1 555 {number % 10_000:04d}",
        "location": {"city": _CITIES[number % 5], "country": "Nowhere", "countryCode": "NW", "regionCode": "N1"},
        "web": {"linkedin": f"https://profiles.example/in/person{number}", "website": "https://person.example"},
        "createdOn": "2026-01-05T08:15:30.000Z",
        "updatedOn": f"2026-02-{1 + number % 28:02d}T10:20:30.000Z",
        "tags": ["referral", "relocates"],
        "primaryAssignment": {
            "job": {
                "id": job,
                "title": "Retail Shift Lead",
                "actions": {"details": {"url": f"https://api.example.com/jobs/{job}", "method": "GET"}},
            },
            "status": "NEW",
            "subStatus": None,
            "source": "Career site",
            "actions": {"details": {"url": f"https://api.example.com/candidates/{number}", "method": "GET"}},
        },
        "secondaryAssignments": [],
        "actions": {"details": {"url": f"https://api.example.com/candidates/{number}/details", "method": "GET"}},
    }


def pages(records: int, size: int) -> list[bytes]:
    """Each page as the whole bytes of its answer."""
    answers = []
    for start in range(0, records, size):
        more = {"nextPageId": str(start // size + 1)} if start + size < records else {}
        listed = {"limit": size, "offset": start, "totalFound": records, **more}
        body = json.dumps({**listed, "content": [record(number) for number in range(start, start + size)]}).encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        answers.append(head.encode() + body)
    return answers


class _Server(asyncio.Protocol):
    def __init__(self, answers: list[bytes]) -> None:
        self._answers, self._received = answers, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        if b"\r\n\r\n" in self._received:
            found = _PAGE.search(self._received)
            self._received = b""
            self._transport.write(self._answers[int(found[1]) if found else 0])  # type: ignore[attr-defined]


async def _serve(answers: list[bytes]) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Server(answers), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(pages(int(sys.argv[1]), int(sys.argv[2]))))
