"""What signing in captured in, the credential that goes onto requests out: headers, query, Basic, a signature."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.basic_auth import basic_header
from connectors.fields import rendered_fields
from connectors.request import Credential, Fields, Sign
from connectors.request_signing import signature_headers
from engine.clock import Clock
from engine.manifest.model import Authenticator, Signing
from engine.model import Json


def credential_of(
    way: Authenticator, context: Mapping[str, Json], clock: Clock, hidden: tuple[str, ...]
) -> Credential:
    """The credential of ``way`` for ``context``, {settings, auth}; ``hidden`` are the captured texts to mask.

    Raises ExpressionError, and Refused where a part of it cannot be sent.
    """
    basic = {"Authorization": basic_header(way.basic, context)} if way.basic else {}
    return Credential(
        headers={**basic, **dict(rendered_fields(way.headers, context))},
        query=tuple(rendered_fields(way.query, context)),
        sign=_signer(way.sign, context, clock) if way.sign else None,
        hidden=hidden,
    )


def _signer(signing: Signing, context: Mapping[str, Json], clock: Clock) -> Sign:
    def sign(method: str, url: str, body: bytes) -> Fields:
        return signature_headers(signing, context, method=method, url=url, body=body, now=clock.now())

    return sign


def read_by(way: Authenticator) -> frozenset[str]:
    """The names of ``auth`` that the credential is made of."""
    parts = [way.headers, way.query]
    templates = [*((way.basic.username, way.basic.password) if way.basic else ())]
    if way.sign is not None:
        parts.append(way.sign.headers)
        templates += [way.sign.key, way.sign.over]
    chains = (chain for part in (*parts, *templates) if part is not None for chain in part.references)
    return frozenset(chain[1] for chain in chains if chain[0] == "auth" and chain[1:])
