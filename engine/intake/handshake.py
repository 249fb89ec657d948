"""A handshake by which an ATS tries a new address: a request in, the answer that the manifest declares out. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.errors import FieldwrightError
from engine.intake.delivered import Delivered
from engine.manifest.model import Handshake
from engine.model import Json


@dataclass(frozen=True, slots=True)
class HandsShaken:
    """To be answered at once; nothing is stored."""

    status: int
    headers: Mapping[str, str]


def shaken_by(handshake: Handshake, delivery: Delivered) -> HandsShaken | None:
    """The answer to a handshake; None where the request is none."""
    if _reads_body(handshake):
        delivery.parse_if_json()
    context = delivery.context()
    try:
        if not handshake.when(context):
            return None
        headers = handshake.reply.headers.render(context) if handshake.reply.headers else {}
    except FieldwrightError:
        return None
    texts = {str(name).lower(): _one_line(value) for name, value in headers.items()}
    return HandsShaken(handshake.reply.status, texts)


def _reads_body(handshake: Handshake) -> bool:
    trees = handshake.reply.headers
    chains = (*handshake.when.references, *(trees.references if trees else ()))
    return any(chain[0] == "body" for chain in chains)


def _one_line(value: Json) -> str:
    """A header's value: what could end the line is left out."""
    return "".join(character for character in str(value) if "\x20" <= character <= "\x7e")
