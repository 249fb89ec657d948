"""The pages of a list of ids and a way to read a batch in, the same pages with the records themselves out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from connectors.paging import Page
from engine.errors import AnswerUnusable
from engine.manifest.model import Fetch, Operation
from engine.model import Json

ReadBatch = Callable[[list[Json]], list[Json]]


def fetched(listing: Operation, fetch: Fetch, pages: Iterator[Page], read: ReadBatch) -> Iterator[Page]:
    """``pages`` with what ``read`` gives for their ids, each id once. Raises AnswerUnusable, and what it raises."""
    seen: set[Json] = set()
    for page in pages:
        ids = [found for record in page.records if (found := _id_of(listing, record)) not in seen]
        ids = list(dict.fromkeys(ids))
        seen.update(ids)
        batches = [ids[start : start + fetch.batch] for start in range(0, len(ids), fetch.batch)]
        yield replace(page, records=[record for batch in batches for record in read(batch)])


def _id_of(listing: Operation, record: Json) -> Json:
    found = listing.key(record) if listing.key is not None else record
    if found is None or isinstance(found, (dict, list)):
        raise AnswerUnusable(
            f"{listing.name}: what stands in the list is no id", hint="`key` says where the id stands in a record"
        )
    return found
