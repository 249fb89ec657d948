"""Which fields the outputs of a connection are bound to, kept in the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from engine.store.store import Store
from engine.writeback.known import Binding

_STATE = "bindings"


class Bindings:
    """The bindings of one connection."""

    def __init__(self, connection: str, store: Store) -> None:
        self._connection, self._store = connection, store

    def all(self) -> dict[str, Binding]:
        """Each output that is bound, with its field."""
        kept: Mapping[str, dict[str, str]] = self._store.connections.get(self._connection, _STATE) or {}
        return {output: Binding(**binding) for output, binding in kept.items()}

    def bind(self, new: Mapping[str, Binding]) -> None:
        """Binds outputs to fields. A field that is only called otherwise now holds what was written to it before."""
        with self._store.transaction():
            known = self.all()
            for output, binding in new.items():
                before = known.get(output)
                if before is not None and before.id == binding.id and before.target != binding.target:
                    self._store.written.renamed(self._connection, output, before.target, binding.target)
            self._keep({**known, **new})

    def forget(self, output: str) -> None:
        """Ends a binding: the output's field is looked for by its name alone."""
        with self._store.transaction():
            self._keep({name: binding for name, binding in self.all().items() if name != output})

    def _keep(self, bound: Mapping[str, Binding]) -> None:
        plain = {output: asdict(binding) for output, binding in bound.items()}
        self._store.connections.put(self._connection, _STATE, plain)
