"""Text as it comes from any reader → the one form that is stored, scored and quoted.

``tidied`` gives NFKC text without control or icon characters, line ends as ``\\n``, at most LIMIT_CHARACTERS long.
"""

from __future__ import annotations

import re
import unicodedata

from engine.errors import ResumeUnreadable

LIMIT_CHARACTERS = 200_000

_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPLIT_WORD = re.compile(r"(?<=\w)[\u00ad\u0002\ufffe]\n?")
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufffc-\uffff\ue000-\uf8ff]"
)
_BLANKS = re.compile(r"[^\S\n]+")
_EDGES = re.compile(r" ?\n ?")
_BLANK_LINES = re.compile(r"\n{3,}")
_CUT = 4


def tidied(text: str) -> str:
    """``text`` in its one form; idempotent."""
    text = text[: LIMIT_CHARACTERS * _CUT].encode("utf-8", "ignore").decode("utf-8")
    text = _SPLIT_WORD.sub("", _LINE_ENDS.sub("\n", text))
    text = _UNPRINTABLE.sub(" ", unicodedata.normalize("NFKC", text))
    text = _EDGES.sub("\n", _BLANKS.sub(" ", text))
    return _BLANK_LINES.sub("\n\n", text).strip()[:LIMIT_CHARACTERS].strip()


def decoded(data: bytes) -> str:
    """A text file's characters: by its byte order mark, else UTF-8, else Windows-1252."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def text_of_text(data: bytes) -> str:
    """The text of a plain text file. Raises ResumeUnreadable when there is nothing but blanks in it."""
    text = tidied(decoded(data))
    if not text:
        raise ResumeUnreadable("empty file")
    return text
