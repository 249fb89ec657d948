"""Basic authentication: a user name and a password as declared in, the value of the Authorization header out."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from connectors.addresses import not_sent
from engine.manifest.model import Basic
from engine.model import Json


def basic_header(basic: Basic, context: Mapping[str, Json]) -> str:
    """The header's value. Raises ExpressionError, and Refused for a user name that this form cannot carry."""
    username, password = str(basic.username.render(context)), str(basic.password.render(context))
    if ":" in username:
        raise not_sent("the user name of Basic authentication must not hold a colon")
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode("ascii")
