"""Heads of the audit's chain, signed and kept where whoever can change the database cannot change them.

A head is one JSON line of a file: ``{seq, hash, sealed, at, key, signature}``, times in ISO 8601. It is signed with
Ed25519, so that an auditor who has the public key can check it and cannot make one.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from engine.clock import iso
from engine.errors import InputError
from engine.store.audit_seals import Head
from engine.store.vault import Vault

_PURPOSE = b"fieldwright: heads of the audit"
_LONGEST_LINE = 4096

PublicKeys = Mapping[str, Ed25519PublicKey]
"""Key id → the key."""


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head whose signature is good, and the line of its file."""

    seq: int
    hash: str
    at: str
    line: int


class HeadKey:
    """Signs heads. Made from 32 bytes that are derived from a key of the vault, and carries that one's id."""

    def __init__(self, id: str, material: bytes) -> None:
        self.id, self._key = id, Ed25519PrivateKey.from_private_bytes(material)

    @property
    def public(self) -> Ed25519PublicKey:
        return self._key.public_key()

    def signed(self, head: Head, now: float) -> str:
        """The line of a file that says what the head is at ``now`` (UTC s)."""
        said = {"seq": head.seq, "hash": head.hash, "sealed": iso(head.at), "at": iso(now), "key": self.id}
        signature = base64.b64encode(self._key.sign(_canonical(said))).decode()
        return json.dumps({**said, "signature": signature}, separators=(",", ":"))


def head_keys(vault: Vault) -> list[HeadKey]:
    """The keys that sign heads, one for each of the vault's; the first one signs. Raises InputError without keys."""
    return [HeadKey(id_, material) for id_, material in vault.derived(_PURPOSE).items()]


def append(file: Path, text: str) -> None:
    """Adds to a file and waits until it is on the disk. Raises InputError."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        with os.fdopen(descriptor, "a", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise InputError(f"The head of the audit cannot be added to {file}: {error.strerror}.") from None


def read_heads(file: Path, keys: PublicKeys) -> Iterator[SignedHead]:
    """The heads in a file, of which each signature was checked. Raises InputError at the first that is not good."""
    try:
        with file.open("rb") as stream:
            for number, line in enumerate(iter(lambda: stream.readline(_LONGEST_LINE), b""), 1):
                if line.strip():
                    yield _checked(line, f"{file}:{number}", number, keys)
    except OSError as error:
        raise InputError(f"The heads in {file} cannot be read: {error.strerror}.") from None


def public_text(key: Ed25519PublicKey) -> str:
    """A public key as base64 of its 32 bytes."""
    return base64.b64encode(key.public_bytes_raw()).decode()


def read_public_keys(file: Path) -> dict[str, Ed25519PublicKey]:
    """Keys from lines of ``id base64``. Raises InputError."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise InputError(f"The public keys in {file} cannot be read.") from None
    found = {}
    for number, line in enumerate(lines, 1):
        words = line.split()
        if words:
            try:
                id_, text = words
                found[id_] = Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
            except (ValueError, binascii.Error):
                hint = "Write what `fieldwright audit public-key` prints: a key's id and its base64."
                raise InputError(f"{file}:{number} is no public key.", hint=hint) from None
    return found


def _checked(line: bytes, where: str, number: int, keys: PublicKeys) -> SignedHead:
    try:
        said: dict[str, Any] = json.loads(line)
        signature = base64.b64decode(said.pop("signature"), validate=True)
        head = SignedHead(int(said["seq"]), str(said["hash"]), str(said["at"]), number)
        key = str(said["key"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError(f"{where} is no head of an audit.") from None
    if key not in keys:
        hint = f"Known are: {', '.join(keys) or 'none'}. Name the file of public keys with --public-key."
        raise InputError(f"{where} is signed with the key `{key[:40]}`, which is not known.", hint=hint)
    try:
        keys[key].verify(signature, _canonical(said))
    except InvalidSignature:
        raise InputError(f"{where} is not signed by the key `{key[:40]}`: somebody changed it.") from None
    return head


def _canonical(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
