"""A text and the key it stands under in, what it looks like out: a secret, or something that tells who a person is.

Made-up values are known by their form: addresses at example.com, numbers that end in 555 01xx (or are kept free for
films), secrets that say they are made up. Names cannot be told from other words: no detector looks for them.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

MADE_UP_SECRET = "made-up-secret"

_EMAIL = re.compile(r"[\w.+'%-]{1,64}@((?:[\w-]{1,63}\.){1,8}[\w-]{2,63})")
_RESERVED = re.compile(r"(?i)(?:^|\.)(?:example\.(?:com|org|net)|example|test|invalid|localhost)$")
_PHONE = re.compile(r"(?<![\w.+])\+?\(?\d[\d \t().\-–/]{5,18}\d(?!\w)")
_MADE_UP_PHONE = re.compile(r"(?:55501\d\d|7700900\d{3}|1632960\d{3}|^1+)$")
_USER_IN_URL = re.compile(r"(?i)\b[a-z][a-z0-9+.-]{1,20}://[^/\s@]{1,200}@")
_PROFILE = re.compile(
    r"(?i)\b(?:linkedin\.com/in|github\.com|gitlab\.com|twitter\.com|x\.com|facebook\.com|instagram\.com"
    r"|xing\.com/profile|t\.me|wa\.me|skype:)/?(?!made-up)[\w%.+-]{2,}"
)
_TOKENS = re.compile(
    r"\beyJ[\w-]{8,}\.[\w-]{8,}|\b(?:[spr]k)_(?:live|test)_\w{10,}|\bgh[pousr]_\w{20,}|\bxox[abprs]-[\w-]{10,}"
    r"|\bAKIA[0-9A-Z]{16}\b|\bya29\.[\w-]{10,}|\bglpat-[\w-]{16,}|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|(?i:\b(?:bearer|basic|token))\s+(?!made-up|placeholder)(?=[\w.+/=-]*\d)[\w.+/=-]{12,}"
)
_RUN = re.compile(r"[A-Za-z0-9+/]{20,}={0,2}")
_WORD_IN_CAMEL = re.compile(r"[A-Z][a-z]{2,}")
_UUID = re.compile(r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_SECRET_KEY = re.compile(
    r"(?i)token|secret|passw(?:or)?d|authorization|api[-_ ]?key|credential|cookie|signature|private[-_ ]?key|session"
)
_NO_SECRET_KEY = re.compile(r"(?i)page|next|previous|sync|cursor|continuation|type|expires|secretary")
_PHONE_KEY = re.compile(r"(?i)phone|mobile|\btel|fax|whatsapp")
_HARMLESS_SECRET = re.compile(r"(?i)made-up|placeholder|removed|^\W*$|^\$\{(?:env|file):")

Kind = Literal["secret", "person"]


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What a text looks like; ``what`` is a phrase for people and holds nothing of the text."""

    kind: Kind
    what: str


def suspicion(text: str, key: str = "") -> Suspicion | None:
    """What ``text``, standing under ``key``, looks like; None where it is harmless."""
    if is_secret_key(key) and not _HARMLESS_SECRET.search(text):
        return Suspicion("secret", "a value under a key that names a secret")
    if _TOKENS.search(text):
        return Suspicion("secret", "a token")
    if _USER_IN_URL.search(text):
        return Suspicion("secret", "an address with a user name in it")
    if any(not _RESERVED.search(found[1]) for found in _EMAIL.finditer(text)):
        return Suspicion("person", "an e-mail address at a domain that may be real")
    if _PROFILE.search(text):
        return Suspicion("person", "the address of a person's profile")
    if any(_is_phone(found.group(), key) for found in _PHONE.finditer(text)):
        return Suspicion("person", "a phone number that may be real")
    return _random(text)


def is_secret_key(key: str) -> bool:
    """Whether ``key`` names a secret; the token of a next page is none."""
    return bool(_SECRET_KEY.search(key)) and not _NO_SECRET_KEY.search(key)


def is_email(text: str) -> bool:
    """Whether ``text`` is an e-mail address and nothing else."""
    return _EMAIL.fullmatch(text.strip()) is not None


def is_token(text: str) -> bool:
    """Whether ``text`` holds a token by its form: one that signs in, or one of random characters."""
    return bool(_TOKENS.search(text)) or _random(text) is not None


def _is_phone(found: str, key: str) -> bool:
    digits = re.sub(r"\D", "", found)
    if not 8 <= len(digits) <= 15 or _MADE_UP_PHONE.search(digits):
        return False
    return found.startswith("+") or _PHONE_KEY.search(key) is not None


def _random(text: str) -> Suspicion | None:
    for found in _RUN.finditer(_UUID.sub("", text)):
        inside = _decoded(found.group())
        if inside is not None:
            hidden = suspicion(inside)
            if hidden is not None:
                return hidden
        elif any(map(_is_random, found.group().strip("=").split("/"))):
            return Suspicion("secret", "a long text of random characters")
    return None


def _decoded(run: str) -> str | None:
    """The plain text that ``run`` is the base64 of, if it is."""
    if len(run) % 4 or len(run) < 24:
        return None
    try:
        text = base64.b64decode(run, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return text if all(sign.isprintable() or sign in "\t\r\n" for sign in text) else None


def _is_random(run: str) -> bool:
    run = _WORD_IN_CAMEL.sub(lambda found: found.group().lower(), run)
    classes = ["A" if sign.isupper() else "0" if sign.isdecimal() else "a" for sign in run]
    kinds = len(set(classes))
    if len(run) < 20 or "0" not in classes or kinds < 2:
        return False
    turns = sum(one != other for one, other in pairwise(classes))
    return turns >= len(run) * (0.35 if kinds == 3 else 0.25) and _entropy(run) >= 3.2


def _entropy(text: str) -> float:
    """Bits for each character of ``text``, by how often each stands in it."""
    shares = (count / len(text) for count in Counter(text).values())
    return -sum(share * math.log2(share) for share in shares)
