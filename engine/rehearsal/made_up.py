"""Real values in, made-up ones of the same form out: the same value always becomes the same, within one recording.

``known`` are the real values that were replaced, for a last look at what is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from urllib.parse import unquote, urlsplit

from engine.rehearsal.suspicions import MADE_UP_SECRET

_NAMES = ("Avoren", "Belisk", "Corvane", "Delphar", "Emberly", "Farrowin", "Galdric", "Havenor", "Isolvane", "Jorvik")
_WORDS = (
    *("", "a", "et", "sit", "amet", "lorem", "tempor", "aliquam", "voluptas", "veritatis", "architecto"),
    *("consequatur", "perspiciatis", "reprehenderit", "exercitationem"),
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_INSIDE = re.compile(
    r"<(?P<tag>/?[a-zA-Z][a-zA-Z0-9]*)[^<>]*>|&#?\w{1,10};|(?P<email>[\w.+'%-]{1,64}@[\w.-]{1,200})"
    r"|(?P<url>(?:https?://|www\.)[^\s<>\"']{1,2000})"
)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_FILE_ENDING = re.compile(r"\.[A-Za-z0-9]{2,5}$")
RESUME = (
    "Made-up résumé\n\nExperience\nShift lead, Example Trading, 2022 to 2026\n- led a team of six, planned shifts\n\n"
    "Skills: sales, cash handling, scheduling\n"
)


class MadeUp:
    """The made-up values of one recording."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], str] = {}
        self._used: set[str] = set()
        self._numbers = count(1)
        self.known: set[str] = set()

    def id(self, value: str) -> str:
        """An id of the same length and kind of characters."""
        return self._once("id", value, lambda: self._unused(lambda number: _like_id(value, number)))

    def has_id(self, value: str) -> bool:
        """Whether ``value`` was met as an id."""
        return ("id", value) in self._made

    def name(self, value: str) -> str:
        """A name, word by word, so that first, last and whole names go together."""
        return _WORD.sub(lambda found: self._name_word(found.group()), re.sub(r"\d", "0", value))

    def email(self, value: str) -> str:
        """An address at example.com."""
        return self._once(
            "email", value.strip().lower(), lambda: self._unused(lambda number: f"person{number}@example.com")
        )

    def phone(self, value: str) -> str:
        """A number that ends in 555 01xx, with the signs of ``value`` between its digits."""
        return self._once("phone", value, lambda: _like_phone(value, next(self._numbers)))

    def url(self, value: str) -> str:
        """An address at example.com; a file's ending stays."""
        ending = _FILE_ENDING.search(urlsplit(value).path)
        return self._once(
            "url",
            value,
            lambda: self._unused(
                lambda number: f"https://example.com/made-up-{number}{ending.group() if ending else ''}"
            ),
        )

    def secret(self, value: str) -> str:
        """What stands where a secret stood."""
        return self._once("secret", value, lambda: self._unused(lambda number: f"{MADE_UP_SECRET}-{number}"))

    def token(self, value: str) -> str:
        """What stands for a mark of the ATS's, such as the place of a next page."""
        return self._once("token", value, lambda: self._unused(lambda number: f"made-up-token-{number}"))

    def text(self, value: str) -> str:
        """Words of about the same length, with the punctuation and the markup (without attributes) of ``value``."""
        parts: list[str] = []
        last = 0
        for found in _INSIDE.finditer(value):
            parts += [_like_text(value[last : found.start()]), self._inside(found)]
            last = found.end()
        return "".join([*parts, _like_text(value[last:])])

    def file_name(self, value: str) -> str:
        """A file's name with the ending of ``value``."""
        ending = _FILE_ENDING.search(value)
        return self._once(
            "file",
            value,
            lambda: self._unused(lambda number: f"made-up-{number}{ending.group() if ending else ''}"),
        )

    def without_known(self, text: str, stays: Callable[[str], bool]) -> str:
        """``text`` with every real name, e-mail address or phone number in it made up; ``stays``: a word is kept."""
        for (kind, value), made in self._made.items():
            if kind in ("email", "phone") and value in text:
                text = text.replace(value, made)
        names = {value: made for (kind, value), made in self._made.items() if kind == "name" and len(value) > 2}
        return _WORD.sub(
            lambda found: found.group() if stays(found.group()) else names.get(found.group(), found.group()), text
        )

    def path(self, path: str, is_word: Callable[[str], bool]) -> str:
        """The path of an address: what ``is_word`` knows stays, all else are ids."""
        parts = ((part, unquote(part)) for part in path.split("/"))
        return "/".join(part if not part or is_word(plain) else self.id(plain) for part, plain in parts)

    def _inside(self, found: re.Match[str]) -> str:
        """What stands for a tag, an address or a link within a text."""
        if found["tag"]:
            return f"<{found['tag']}>"
        if found["email"]:
            return self.email(found["email"])
        return self.url(found["url"]) if found["url"] else found.group()

    def _name_word(self, word: str) -> str:
        made = self._once("name", word, lambda: _NAMES[len(self._made) % len(_NAMES)])
        return made.upper() if word.isupper() and len(word) > 1 else made.lower() if word.islower() else made

    def _once(self, kind: str, value: str, make: Callable[[], str]) -> str:
        if (kind, value) not in self._made:
            self._made[kind, value] = make()
            if kind in ("email", "phone", "secret", "url") and len(value) >= 7:
                self.known.add(value)
        return self._made[kind, value]

    def _unused(self, make: Callable[[int], str]) -> str:
        while (made := make(next(self._numbers))) in self._used:
            pass
        self._used.add(made)
        return made


def _like_id(value: str, number: int) -> str:
    if value.isascii() and value.isdecimal():
        return str(10 ** (min(len(value), 17) - 1) + number - 1) if len(value) > 1 else str(number)
    if _UUID.fullmatch(value):
        return f"00000000-0000-4000-8000-{number:012d}"
    plain = "".join("a" if sign.islower() else "A" if sign.isalpha() else sign for sign in value[:60])
    plain = re.sub(r"\d", "0", re.sub(r"[^\w.-]", "-", plain, flags=re.ASCII))
    tail = str(number)
    return (plain[: -len(tail)] if len(plain) > len(tail) else "a") + tail


def _like_phone(value: str, number: int) -> str:
    length = sum(sign.isdecimal() for sign in value)
    made = "5" * max(0, length - 7) + f"55501{number % 100:02d}"
    digits = iter(made)
    written = "".join(next(digits, "") if sign.isdecimal() else sign for sign in value if not sign.isalpha())
    return written + "".join(digits)


def _like_text(text: str) -> str:
    return re.sub(r"\d", "1", _WORD.sub(lambda found: _like_word(found.group()), text)).replace("@", " ")


def _like_word(word: str) -> str:
    made = _WORDS[min(len(word), len(_WORDS) - 1)]
    return made.upper() if word.isupper() else made.capitalize() if word[:1].isupper() else made
