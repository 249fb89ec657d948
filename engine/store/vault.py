"""Secrets at rest: text and where it stands in, ``vault:<key id>:<base64>`` out, and back.

AES-256-GCM with a random nonce. Where a value stands is authenticated with it: one that is copied to another place
cannot be read there.
"""

from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from engine.errors import StoreUnavailable
from engine.store.vault_keys import Keys, keys_of_file, no_keys, own_keys, parse_keys

_PREFIX = "vault:"
_NONCE_BYTES = 12


class Vault:
    """Encrypts with the first key, decrypts with any. Keys are read at the first need, once. Safe for threads.

    ``sealed``, ``opened``, ``derived`` and ``ids`` raise InputError where there are no keys that can be used.
    """

    def __init__(self, read: Callable[[], Keys]) -> None:
        self._read, self._lock = read, threading.Lock()
        self._keys: Keys | None = None

    @classmethod
    def beside(cls, folder: Path) -> Vault:
        """The vault of a state folder, whose file of keys is made when it is first needed."""
        return cls(partial(own_keys, folder))

    @classmethod
    def given(cls, keys: str | None, file: Path | None = None) -> Vault:
        """The vault of keys as text, else of a file of them; of neither, one that says so when it is needed."""
        if keys is not None:
            return cls(partial(parse_keys, keys, "FIELDWRIGHT_KEYS"))
        return cls(partial(keys_of_file, file) if file is not None else no_keys)

    def ids(self) -> list[str]:
        """The ids of the keys, the one that encrypts first."""
        return list(self._known())

    def sealed(self, text: str, about: str) -> str:
        """``text`` encrypted for the place ``about``."""
        id_, key = next(iter(self._known().items()))
        nonce = secrets.token_bytes(_NONCE_BYTES)
        hidden = AESGCM(key).encrypt(nonce, text.encode(), about.encode())
        return f"{_PREFIX}{id_}:{base64.b64encode(nonce + hidden).decode('ascii')}"

    def opened(self, stored: str, about: str) -> str:
        """The text of what ``sealed`` gave, or of a value that an earlier version stored as it is.

        Raises StoreUnavailable, which names the key's id, where it cannot be read.
        """
        id_ = key_id_of(stored)
        if id_ is None:
            return stored
        key = self._known().get(id_)
        if key is None:
            raise StoreUnavailable(
                f"A secret in the store is encrypted with the key `{id_}`, which is not among those given"
                f" ({', '.join(self._known())}).",
                hint="Add that key again: docs/operations.md says how keys are changed.",
            )
        try:
            hidden = base64.b64decode(stored.rpartition(":")[2], validate=True)
            return AESGCM(key).decrypt(hidden[:_NONCE_BYTES], hidden[_NONCE_BYTES:], about.encode()).decode()
        except (InvalidTag, ValueError):
            raise StoreUnavailable(
                f"A secret in the store cannot be decrypted with the key `{id_}`: it is another key of that id, or"
                " the value was changed.",
                hint="Give the key that it was encrypted with: docs/operations.md says how keys are changed.",
            ) from None

    def derived(self, purpose: bytes) -> dict[str, bytes]:
        """32 bytes for each key, by its id: a key for another purpose, from which the vault's cannot be told."""
        return {id_: HKDF(SHA256(), 32, None, purpose).derive(key) for id_, key in self._known().items()}

    def _known(self) -> Keys:
        with self._lock:
            if self._keys is None:
                self._keys = self._read()
            return self._keys


def key_id_of(stored: str) -> str | None:
    """The id of the key a stored text is encrypted with; None where it is not encrypted."""
    return stored.split(":", 2)[1] if stored.startswith(_PREFIX) else None
