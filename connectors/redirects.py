"""A request and a redirect as its answer in, the request to the new address out: for calls that follow one.

Method and body stay. The credential goes along only where the new address is on the profile's own origin.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, urljoin

from connectors.addresses import parts
from connectors.messages import PreparedRequest, RawAnswer
from connectors.request import Frame, is_allowed, with_query
from engine.errors import Refused

MOST = 3
_NOT_DECLARED = "the redirect leads to a host that is not declared"
_STATUSES = frozenset({301, 302, 307, 308})


def redirected(request: PreparedRequest, answer: RawAnswer, frame: Frame) -> PreparedRequest | None:
    """The next request; None where ``answer`` is no redirect. Raises Refused where it may not be sent there."""
    location = answer.headers.get("location", "").strip()
    if answer.status not in _STATUSES or not location:
        return None
    try:
        url = urljoin(request.url, location).partition("#")[0]
        allowed = is_allowed(url, frame)
    except (Refused, ValueError):
        allowed = False
    if not allowed:
        raise Refused("invalid", _NOT_DECLARED, operation=request.operation, status=answer.status)
    if parts(url).origin != frame.origin and not frame.signs_in:
        kept = {name: value for name, value in request.headers.items() if name.lower() not in request.own_headers}
        return replace(request, url=url, headers=kept)
    credential = [pair for pair in parse_qsl(request.url.partition("?")[2]) if pair[0] in request.credential_query]
    return replace(request, url=with_query(url, credential))
