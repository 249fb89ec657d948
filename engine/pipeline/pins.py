"""Which mapping an event is worked on by: the one it was translated by, also when the files have changed since.

In: the present route and the hash that the event or the delivery carries. Out: the present route, or one that is
made from the texts that are kept. A process meets as few of those as there were changes while its events waited.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

from engine.errors import FieldwrightError, InputError
from engine.manifest.connection import Connection, connect
from engine.manifest.overlay import Texts, overlay_from
from engine.pipeline.route import Route
from engine.store.store import Store

UNUSABLE = "the mapping it was begun by cannot be used any more"
"""How the reason of what ends for that begins."""


class MappingUnusable(FieldwrightError):
    """The texts of the mapping by which something was begun cannot be used any more; the message says why."""


class Pins:
    """The routes of mappings from before. ``opened`` makes a route for a connection. Safe for many threads."""

    def __init__(
        self, store: Store, opened: Callable[[Connection], Route], environment: Mapping[str, str] = os.environ
    ) -> None:
        self._store, self._opened, self._environment = store, opened, environment
        self._routes: dict[tuple[str, str], Route] = {}
        self._opening = threading.Lock()

    def of(self, present: Route, digest: str | None) -> Route:
        """The route for what was begun by the mapping of ``digest``. Raises MappingUnusable.

        It is ``present`` where that is its mapping, where there was none, and where its texts were not kept.
        """
        if digest is None or digest == present.connection.manifest.digest:
            return present
        with self._opening:
            known = self._routes.get((present.name, digest))
            if known is not None:
                return known
            kept = self._store.mappings.texts(present.name, digest)
            if kept is None:
                return present
            route = self._opened(self._connection(kept, present.connection))
            self._routes[present.name, digest] = route
            return route

    def close(self) -> None:
        """Closes what the routes keep open."""
        with self._opening:
            for route in self._routes.values():
                route.caller.close()

    def _connection(self, kept: Mapping[str, str], present: Connection) -> Connection:
        try:
            made = connect(overlay_from(Texts(**kept)), self._environment)
        except (InputError, TypeError) as error:
            why = error.message if isinstance(error, FieldwrightError) else "its texts are not whole"
            raise MappingUnusable(f"{UNUSABLE}: {why.splitlines()[0]}") from None
        return replace(made, public_url=present.public_url)


def pinned(pins: Pins | None, present: Route, digest: str | None) -> Route:
    """The route that ``pins`` give; the present one where there are none. Raises MappingUnusable."""
    return present if pins is None else pins.of(present, digest)
