"""Telling a scoring service which inputs it is to forget, until it has taken it: what is due stands in the store."""

from __future__ import annotations

import logging

from engine.errors import CallError
from engine.pipeline.erasing import TO_TELL
from engine.ports import Scorer
from engine.scoring import RemoteScorer
from engine.store import Store

EVERY_S = 60.0
_AT_ONCE = 200
_log = logging.getLogger(__name__)


def tell_scorer(store: Store, scorer: Scorer) -> int:
    """How many inputs the service was told of; what could not be told stays due. Raises StoreUnavailable."""
    told = 0
    while isinstance(scorer, RemoteScorer) and (due := _due(store)):
        try:
            if not scorer.forget(due):
                _log.warning("the scoring service takes no erasures: %d of them were not told", len(due))
        except CallError as error:
            _log.warning("the scoring service could not be told of an erasure: %s", error.cause)
            return told
        _done(store, set(due))
        told += len(due)
    return told


def _due(store: Store) -> list[str]:
    return list(store.connections.get("", TO_TELL) or ())[:_AT_ONCE]


def _done(store: Store, told: set[str]) -> None:
    store.connections.change("", TO_TELL, lambda kept: [one for one in kept or () if one not in told])
