"""Which endpoint of an OpenAPI a manifest's call means: addresses with templates in, the best match out.

``{{ … }}`` of the manifest stands for anything that fits one part of the path, as ``{…}`` of the OpenAPI does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.contract.openapi import Endpoint
from engine.manifest.findings import nearest

_HOLE = "\ufffc"
_OUTPUT = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_VARIABLE = re.compile(r"\{[^{}/]*\}")


@dataclass(frozen=True, slots=True)
class Address:
    """The path that a call sends, with holes for what templates give; not ``whole``: what is before is not known."""

    path: str
    whole: bool

    @property
    def shown(self) -> str:
        return self.path.replace(_HOLE, "{…}") or "/"


def addresses(bases: Iterable[str], call: str) -> list[Address]:
    """The addresses of the call's template, below each of the profile's base addresses."""
    text = _OUTPUT.sub(_HOLE, call).split("?")[0]
    if not text.startswith("/"):
        return [_below_host(text)]
    return list(dict.fromkeys(_joined(_below_host(_OUTPUT.sub(_HOLE, base)), text) for base in bases))


def _below_host(address: str) -> Address:
    scheme, found, rest = address.partition("://")
    if not found:
        scheme, rest = "", address
    path = rest.partition("/")[2].rstrip("/")
    return Address(f"/{path}" if path else "", bool(found) and _HOLE not in scheme)


def _joined(base: Address, path: str) -> Address:
    return Address((base.path + path).rstrip("/"), base.whole)


def matches(endpoints: Iterable[Endpoint], wanted: Iterable[Address]) -> list[Endpoint]:
    """The endpoints of the path that fits best, one for each of its methods; none where no path fits."""
    given = list(wanted)
    ranked: dict[Endpoint, int] = {}
    for endpoint in endpoints:
        ranks = [
            rank
            for address in given
            for path in _paths(endpoint, address)
            if (rank := _rank(address, path)) is not None
        ]
        if ranks:
            ranked[endpoint] = min(ranks)
    best = min(ranked.values(), default=0)
    paths = [endpoint.path for endpoint, rank in ranked.items() if rank == best]
    return [endpoint for endpoint in ranked if endpoint.path in paths[:1]]


def nearest_path(endpoints: Iterable[Endpoint], wanted: Address) -> str | None:
    """The documented path that ``wanted`` was most likely meant to be."""
    by_shape = {_VARIABLE.sub("{}", path): path for endpoint in endpoints for path in _paths(endpoint, wanted)}
    near = nearest(wanted.path.replace(_HOLE, "{}"), by_shape)
    return by_shape[near] if near else None


def _paths(endpoint: Endpoint, address: Address) -> Iterator[str]:
    yield from ((base + endpoint.path).rstrip("/") for base in endpoint.bases)
    if not address.whole:
        yield endpoint.path.rstrip("/")


def _rank(address: Address, path: str) -> int | None:
    """How far from exact the match is, 0 for exact; None where the path does not fit."""
    sent, documented = address.path.split("/"), path.split("/")
    if len(sent) != len(documented):
        return None
    ranks = [_rank_part(*pair) for pair in zip(sent, documented, strict=True)]
    return None if None in ranks else sum(rank or 0 for rank in ranks)


def _rank_part(sent: str, documented: str) -> int | None:
    if sent == documented:
        return 0
    if _VARIABLE.search(documented):
        if _fills(_VARIABLE.split(documented), sent):
            return 0 if _HOLE in sent else 1
    elif _HOLE in sent and _fills(sent.split(_HOLE), documented):
        return 10
    return None


def _fills(fixed: list[str], text: str) -> bool:
    """Whether ``text`` is the ``fixed`` texts with something between each two of them."""
    first, *middle = fixed
    last = middle.pop()
    # Each is taken where it first fits, for good: to try others, too, would take for ever with many of them.
    between = "".join(f"(?>.+?{re.escape(one)})" for one in middle)
    return re.fullmatch(f"{re.escape(first)}{between}.+{re.escape(last)}", text, re.DOTALL) is not None
