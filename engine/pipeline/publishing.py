"""A file to upload in, the same with a public address out, for an ATS that fetches files instead of taking them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace

from connectors.messages import UploadFile
from engine.errors import Refused
from engine.pipeline.falling import Work
from engine.store.published import PublishedFile
from engine.store.store import Store

PREFIX = "/files/"
NewToken = Callable[[], str]


def new_token() -> str:
    """The last part of a public address: nobody guesses it."""
    return secrets.token_urlsafe(32)


def with_address(store: Store, work: Work, file: UploadFile, token: str) -> UploadFile:
    """``file`` with its address under ``token``. Raises Refused where this engine has no public address."""
    connection, place = work.route.connection, work.place
    if connection.public_url is None:
        raise Refused("missing", "this engine has no public address (--public-url)", operation=place.operation)
    published = PublishedFile(file.name, file.content_type, file.data)
    store.published.put(token, connection.name, work.delivery.candidate_id, published, place.link_lasts_s)
    return replace(file, url=f"{connection.public_url}{PREFIX}{token}")


def is_fetched(work: Work) -> bool:
    """Whether a call of the place names the file's address."""
    operations = work.route.connection.manifest.operations
    called = (operations[step.call].request for step in work.place.write)
    return any(chain[:2] == ("file", "url") for request in called for chain in request.references)
