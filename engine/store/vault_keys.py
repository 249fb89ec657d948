"""The vault's keys: where they come from, as text. Never a key in a message.

A key is written ``id:base64`` of 32 bytes; several stand with commas or line ends between. The first one encrypts.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from engine.errors import InputError

Keys = Mapping[str, bytes]
"""Key id → 32 bytes, in the order given."""

FILE = "keys"
"""The name of the file of a set-up that was given no keys, in its state folder."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_BYTES = 32
_FORM = "A key is written ID:BASE64, as `fieldwright vault new-key` prints it; several with commas between."


def new_key(id: str | None = None) -> str:
    """A fresh key as text. Raises InputError for an id that cannot be one."""
    name = f"k{secrets.token_hex(3)}" if id is None else id
    if not _ID.fullmatch(name):
        raise InputError("That cannot be a key's id.", hint="Take up to 32 letters, digits, dots and hyphens.")
    return f"{name}:{base64.b64encode(secrets.token_bytes(_BYTES)).decode('ascii')}"


def parse_keys(text: str, where: str) -> Keys:
    """The keys in ``text``; ``where`` names it to people. Raises InputError."""
    lines = (line.partition("#")[0] for line in text.splitlines())
    found: dict[str, bytes] = {}
    for number, item in enumerate(filter(None, (part.strip() for line in lines for part in line.split(","))), 1):
        id_, key = _parsed(item, f"{where}: key {number}")
        if id_ in found:
            raise InputError(f"{where} holds two keys with the id `{id_}`.", hint="Give each key an id of its own.")
        found[id_] = key
    if not found:
        raise InputError(f"{where} holds no key.", hint=_FORM)
    return found


def keys_of_file(file: Path) -> Keys:
    """The keys in ``file``, which nobody but its owner may read. Raises InputError."""
    try:
        with file.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            if stat.S_IMODE(mode) & 0o077:
                raise InputError(f"Others may read the keys in {file}.", hint=f"Run: chmod 600 {file}")
            text = stream.read(1 << 20).decode("utf-8")
    except OSError as error:
        raise InputError(f"The keys in {file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InputError(f"The keys in {file} are no text.", hint=_FORM) from None
    return parse_keys(text, str(file))


def own_keys(folder: Path) -> Keys:
    """The keys of the file in ``folder``, which is made with a fresh one where it is not there. Raises InputError."""
    file = folder / FILE
    if not file.exists():
        try:
            _make(file)
        except OSError as error:
            raise InputError(f"The file of keys {file} cannot be made: {error.strerror}.") from None
    return keys_of_file(file)


def no_keys() -> Keys:
    """What a database that others share has, as long as no key is given. Raises InputError."""
    raise InputError(
        "There is no key to encrypt secrets with.",
        hint="Make one with `fieldwright vault new-key`, and set FIELDWRIGHT_KEYS or FIELDWRIGHT_KEYS_FILE.",
    )


def _make(file: Path) -> None:
    # Linked into place whole: another process that makes one at the same moment keeps its own, and we read that.
    descriptor, made = tempfile.mkstemp(prefix=".keys-", dir=file.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(f"{new_key()}\n")
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileExistsError):
            os.link(made, file)
    finally:
        Path(made).unlink()
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _parsed(item: str, where: str) -> tuple[str, bytes]:
    id_, colon, text = item.partition(":")
    try:
        key = base64.b64decode(text.strip(), validate=True) if colon else b""
    except (binascii.Error, ValueError):
        key = b""
    if not _ID.fullmatch(id_) or len(key) != _BYTES:
        raise InputError(f"{where} is none.", hint=_FORM)
    return id_, key
