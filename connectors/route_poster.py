"""One outgoing event in, what the other side said of it out: signed as Standard Webhooks, over a checked address.

The address is the operator's: a public one, or where they said so, one of their own network or this machine. No
redirect is followed; an answer's content is not used.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from connectors.answers import asked_wait
from connectors.messages import PreparedRequest
from connectors.transport import HttpTransport, operator_parts
from engine.errors import CallError

_LARGEST_ANSWER = 64 * 1024
_CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
_GONE = 410


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a post. ``gone``: the other side wants none any more. ``wait_s`` is what it asked for, if."""

    taken: bool
    cause: str
    gone: bool = False
    wait_s: float | None = None


class RoutePoster:
    """Posts to one address. ``keys`` each give a signature: two of them while one takes the place of the other."""

    def __init__(
        self,
        url: str,
        keys: Sequence[bytes],
        timeout_s: float,
        reach: Literal["public", "loopback", "private"] = "public",
    ) -> None:
        """Raises InputError when ``url`` is no address."""
        origin, target = operator_parts(url)
        self._keys, self._timeout_s = tuple(keys), timeout_s
        if reach == "public":
            self._transport, self._url = HttpTransport(), url
        else:
            # The transport puts the origin that it was given in this one's place.
            self._url = f"https://operator{target}"
            made = HttpTransport(sandbox_origin=origin) if origin.startswith("http:") else None
            self._transport = made or HttpTransport.to_operator(origin)

    def post(self, id: str, body: bytes, now: float) -> Told:
        """Posts ``body`` under ``id``, signed at ``now`` (UTC s). Never raises for what the other side does."""
        headers = {"content-type": _CONTENT_TYPE, "user-agent": "fieldwright", **signed(id, body, now, self._keys)}
        request = PreparedRequest("route", "POST", self._url, headers, body, self._timeout_s, _LARGEST_ANSWER)
        try:
            raw = self._transport.send(request)
        except CallError as error:
            return Told(False, error.message)
        if 200 <= raw.status < 300:
            return Told(True, f"taken with status {raw.status}")
        if raw.status == _GONE:
            return Told(False, "it wants no more of these (410)", gone=True)
        follows = ", a redirect, which is not followed" if 300 <= raw.status < 400 else ""
        return Told(False, f"answered {raw.status}{follows}", wait_s=asked_wait(raw.headers, (), now))

    def close(self) -> None:
        """Closes what is kept alive."""
        self._transport.close()


def signed(id: str, body: bytes, now: float, keys: Sequence[bytes]) -> dict[str, str]:
    """The three headers of Standard Webhooks, with a ``v1`` signature of each key."""
    moment = str(int(now))
    content = f"{id}.{moment}.".encode() + body
    signatures = (base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode() for key in keys)
    marks = " ".join(f"v1,{signature}" for signature in signatures)
    return {"webhook-id": id, "webhook-timestamp": moment, "webhook-signature": marks}
