"""HMAC request signing: a composed request in, the headers that carry its signature out."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from email.utils import formatdate
from urllib.parse import urlsplit

from connectors.addresses import not_sent
from connectors.fields import rendered_fields
from engine.manifest.model import Signing
from engine.model import Json


def signature_headers(
    signing: Signing, context: Mapping[str, Json], *, method: str, url: str, body: bytes, now: float
) -> dict[str, str]:
    """The headers for a request of ``method`` to ``url`` at ``now`` (UTC seconds).

    ``context`` is {settings, auth}. Raises ExpressionError, and Refused where the key is empty.
    """
    whole = {**context, "request": _described(method, url, body, now)}
    key = str(signing.key.render(context))
    if not key:
        raise not_sent("the key that requests are signed with is empty")
    digest = hmac.new(key.encode(), str(signing.over.render(whole)).encode(), hashlib.sha256).digest()
    signature = digest.hex() if signing.encoding == "hex" else base64.b64encode(digest).decode("ascii")
    return dict(rendered_fields(signing.headers, {**whole, "signature": signature}))


def _described(method: str, url: str, body: bytes, now: float) -> dict[str, Json]:
    """What templates see as ``request``; ``date`` and ``timestamp`` are the same moment, to the second."""
    address, moment = urlsplit(url), int(now)
    return {
        "method": method,
        "host": address.hostname or "",
        "path": address.path or "/",
        "query": address.query,
        "date": formatdate(moment, usegmt=True),
        "timestamp": moment,
        "body_sha256": hashlib.sha256(body).hexdigest(),
    }
