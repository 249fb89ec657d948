"""JWT assertions: claims as declared in, a JSON Web Token that we signed out."""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import InputError
from engine.manifest.model import Assertion
from engine.model import Json


def made_assertion(name: str, declared: Assertion, context: Mapping[str, Json], now: float) -> str:
    """The token, valid from ``now`` (UTC seconds) for its lifetime.

    ``context`` is {settings, auth}; ``name`` is for messages. Raises ExpressionError, and InputError where the key
    does not fit the algorithm.
    """
    # Loading it takes as long as a whole command: only those who sign in with an assertion wait for it.
    import jwt

    issued = int(now)
    claims = {**declared.claims.render(context), "iat": issued, "exp": issued + int(declared.lifetime_s)}
    headers = declared.headers.render(context) if declared.headers else None
    try:
        return jwt.encode(claims, str(declared.key.render(context)), declared.algorithm, headers=headers)
    except (jwt.PyJWTError, ValueError, TypeError):
        raise InputError(
            f"the key of sign-in step `{name}` cannot sign with {declared.algorithm}",
            hint="RS256 and ES256 take a private key as PEM text without a passphrase, HS256 a shared secret",
        ) from None
