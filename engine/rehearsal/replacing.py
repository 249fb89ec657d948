"""Data of an ATS in, the same data out with secrets, persons' data and ids made up; its form and kinds stay.

About persons, every text is replaced that is not known to be harmless (a word of the manifest, a type or status, a
moment). About other things, what looks personal by key or form is, and long texts are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from engine.model import Json
from engine.rehearsal.made_up import MadeUp
from engine.rehearsal.subjects import Personal, Subjects, is_name, is_of_people, words_of
from engine.rehearsal.suspicions import is_email, is_secret_key, is_token, suspicion

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d[\d:.,]*(?:Z|[+-]\d\d:?\d\d)?")
_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}")
_URL = re.compile(r"(?i)[a-z][a-z0-9+.-]{1,20}://\S+|www\.\S+")
_PHONE = re.compile(r"\+?[\d \t().\-–/]{7,24}")
_UUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_STATE = re.compile(r"[A-Za-z][A-Za-z0-9_+.-]*(?:[ /][A-Za-z0-9_+.-]+){0,2}")
_STATE_KEY = re.compile(r"(?i)(?:type|status|stage|method|format|visibility|language|currency|kind)(?:name|desc)?$")
_MARK_KEY = re.compile(r"(?i)(?:next|page|sync|cursor|continu)\w*(?:token|id|key|url|uri|link)$|cursor$|^next$")
_RECORD_WORDS = frozenset({"created", "updated", "modified", "changed", "last"})
_TIME_WORDS = _RECORD_WORDS | {"added", "at", "on", "date", "time", "timestamp", "since", "until"}
_FILE = re.compile(r"[^/\n]{1,200}\.(?:pdf|docx?|rtf|txt|odt|pages|jpe?g|png|gif|csv|html?)", re.IGNORECASE)
_LONG, _MANY_WORDS = 60, 7
_LARGE = 1_000_000


@dataclass(frozen=True, slots=True)
class _Around:
    """Where a value stands: its key, the kind that it or a key above it gives, and whether it is about persons."""

    personal: bool
    key: str = ""
    kind: Personal | None = None
    in_address: bool = False


class Replacer:
    """Replaces in one recording. ``secrets`` are texts that must not stay anywhere; ``hosts`` are the ATS's own."""

    def __init__(self, subjects: Subjects, secrets: frozenset[str], hosts: frozenset[str]) -> None:
        self.subjects, self.made = subjects, MadeUp()
        self._secrets, self._hosts = sorted(secrets, key=len, reverse=True), hosts
        self._words = set(subjects.words)

    def learn_words(self, data: Json) -> None:
        """Takes the short texts of a configuration (names of fields, options, stages) for words that stay."""
        if isinstance(data, Mapping):
            for value in data.values():
                self.learn_words(value)
        elif isinstance(data, list):
            for value in data:
                self.learn_words(value)
        elif isinstance(data, str) and len(data) <= _LONG and not is_email(data):
            self._words.add(data)

    def replaced(self, data: Json, *, personal: bool, key: str = "") -> Json:
        """``data`` with what must not stay made up; ``personal``: it is about persons. ``key`` is what it is of."""
        return self._any(data, _Around(personal, key))

    def without_known(self, data: Json) -> Json:
        """``data`` with the names, addresses and numbers that were met anywhere made up wherever they stand."""
        if isinstance(data, Mapping):
            return {key: self.without_known(value) for key, value in data.items()}
        if isinstance(data, list):
            return [self.without_known(value) for value in data]
        if isinstance(data, str) and data not in self.subjects.words:
            return self.made.without_known(data, self.subjects.words.__contains__)
        return data

    def path(self, path: str) -> str:
        """The path of a request, its ids made up."""
        return self.made.path(path, self.subjects.words.__contains__)

    def link(self, header: str) -> str:
        """A header ``Link`` or ``Location``, its addresses made up."""
        if "<" not in header:
            return self._mark(header)
        return re.sub(r"<([^>]*)>", lambda found: f"<{self._address(found[1])}>", header)

    # ── the walk ─────────────────────────────────────────────────────────────────────────────────────────────

    def _any(self, data: Json, around: _Around) -> Json:
        if isinstance(data, Mapping):
            return {key: self._any(value, self._below(around, str(key))) for key, value in data.items()}
        if isinstance(data, list):
            return [self._any(value, around) for value in data]
        if isinstance(data, bool):
            return data and around.kind != "private"
        if isinstance(data, (int, float)):
            return self._number(data, around)
        return self._text(data, around) if isinstance(data, str) else data

    def _below(self, around: _Around, key: str) -> _Around:
        personal = around.personal or is_of_people(key)
        kind = self.subjects.kind(key, personal=personal)
        return replace(
            around,
            key=key,
            kind=kind or around.kind,
            personal=personal,
            in_address=around.in_address or kind == "address" or "home" in words_of(key),
        )

    def _number(self, data: float, around: _Around) -> Json:
        if around.kind == "private":
            return 0
        if isinstance(data, float) or str(data) in self._words:
            return data
        text = str(data)
        met = self.made.has_id(text) and around.personal
        if data >= 0 and (met or self._is_id(text, around.key)):
            return int(self.made.id(text))
        if around.kind == "phone" and data >= _LARGE:
            return int(self.made.phone(text))
        is_moment = len(text) in (10, 13) and not _TIME_WORDS.isdisjoint(words_of(around.key))
        return int(self.made.id(text)) if data >= _LARGE and not is_moment else data

    def _text(self, text: str, around: _Around) -> str:
        if not text.strip():
            return text
        for given in (self._secret(text, around), self._by_kind(text, around), self._by_form(text, around)):
            if given is not None:
                return given
        return self._other(text, around)

    def _secret(self, text: str, around: _Around) -> str | None:
        if around.key in self.subjects.marks or _MARK_KEY.search(around.key):
            return self._mark(text)
        if is_secret_key(around.key) or any(secret in text for secret in self._secrets):
            return self.made.secret(text)
        return None

    def _by_kind(self, text: str, around: _Around) -> str | None:
        """What stands under a key that says what it is."""
        if around.kind == "name" and (is_name(around.key) or text not in self._words):
            return self.made.file_name(text) if _FILE.fullmatch(text) else self.made.name(text)
        if around.kind == "phone" and sum(sign.isdecimal() for sign in text) >= 5:
            return self.made.phone(text)
        if around.kind == "link" and "." in text and not _URL.fullmatch(text):
            return self.made.url(text)
        if around.kind == "private" and _DATE.match(text):
            return re.sub(r"\d", "1", text)
        if around.kind in ("address", "private"):
            return self.made.text(text)
        return None

    def _by_form(self, text: str, around: _Around) -> str | None:
        """What tells by its form what it is; what may stay stays."""
        if is_email(text):
            return self.made.email(text)
        if text in self._words or len(text) == 1 or _MOMENT.fullmatch(text):
            return text
        if self.made.has_id(text) or self._is_id(text, around.key) or _UUID.fullmatch(text):
            return self.made.id(text)
        if _URL.fullmatch(text):
            return self._address(text)
        if is_token(text):
            return self.made.secret(text)
        if _DATE.fullmatch(text):
            return self._date(text, around)
        if _PHONE.fullmatch(text) and sum(sign.isdecimal() for sign in text) >= 7:
            return self.made.phone(text) if around.personal or text.startswith("+") else text
        return None

    def _other(self, text: str, around: _Around) -> str:
        if around.personal:
            state = _STATE_KEY.search(around.key) and not around.in_address
            if state and len(text) <= _LONG and _STATE.fullmatch(text):
                return text
            return self.made.file_name(text) if _FILE.fullmatch(text) else self.made.text(text)
        is_long = len(text) > _LONG or "\n" in text or len(text.split()) >= _MANY_WORDS
        return self.made.text(text) if is_long or suspicion(text, around.key) else text

    def _date(self, text: str, around: _Around) -> str:
        of_record = not _RECORD_WORDS.isdisjoint(words_of(around.key))
        return text if of_record or not around.personal else re.sub(r"\d", "1", text)

    def _is_id(self, text: str, key: str) -> bool:
        if not self.subjects.is_id(key) or text in self._words:
            return False
        return key in self.subjects.id_keys or len(text) >= 4

    def _mark(self, text: str) -> str:
        """The place of a next page: a number stays, of an address its form."""
        if text.isdecimal() and len(text) < 7:
            return text
        return self._address(text) if _URL.fullmatch(text) or text.startswith("/") else self.made.token(text)

    def _address(self, url: str) -> str:
        """An address of the ATS's own with its ids made up; any other becomes one at example.com."""
        found = re.fullmatch(r"(https?://[^/?#@\s]+)?(/[^?#]*)?(?:\?([^#]*))?(?:#.*)?", url)
        host = urlsplit(url).netloc.rpartition(":")[0] or urlsplit(url).netloc
        if found is None or host not in self._hosts | {""}:
            return self.made.url(url)
        query = "&".join(self._parameter(part) for part in (found[3] or "").split("&") if part)
        return f"{found[1] or ''}{self.path(found[2] or '')}{'?' if query else ''}{query}"

    def _parameter(self, part: str) -> str:
        name, equals, value = part.partition("=")
        short = value.isdecimal() and len(value) < 5
        return part if short or not value or value in self._words else f"{name}{equals}{self.made.token(value)}"
