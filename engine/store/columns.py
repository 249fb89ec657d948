"""The columns of the tables: text from outside, in a form that every database takes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Dialect, Text, TypeDecorator


def storable(text: str) -> str:
    """``text`` as any database takes it: lone surrogates and NUL become visible escapes, alike each time."""
    if "\x00" in text:
        text = text.replace("\x00", "\\x00")
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


class Words(TypeDecorator[str]):
    """Text from outside, stored in its ``storable`` form."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


def text_column(name: str, **options: Any) -> Column[str]:
    """A column of text from outside that must be there."""
    return Column(name, Words, nullable=False, **options)


def key_column(name: str) -> Column[str]:
    """A column of text that is, or is a part of, the primary key."""
    return Column(name, Words, primary_key=True)
